"""Is the process alive, and is all there that it needs?"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

log = logging.getLogger(__name__)

Probe = Callable[[], Awaitable[object]]
PATIENCE_SECONDS = 2.0


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readiness(probes: Mapping[str, Probe]) -> Response:
    """Each dependency by its name; 503 while one is away."""
    states = dict(zip(probes, await asyncio.gather(*map(_state, probes, probes.values())), strict=True))
    ready = all(state["state"] == "up" for state in states.values())
    return JSONResponse({"ready": ready, "dependencies": states}, status_code=200 if ready else 503)


async def _state(name: str, probe: Probe) -> dict[str, object]:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await probe()
    except TimeoutError:
        return _down(name, f"no answer within {PATIENCE_SECONDS:g} s")
    except Exception as error:  # the border: each client says in its own way that its server is away
        return _down(name, f"{type(error).__name__}: {str(error)[:200]}")
    return {"state": "up", "milliseconds": round((time.perf_counter() - began) * 1000, 1)}


def _down(name: str, why: str) -> dict[str, object]:
    log.warning("Not ready, %s is down: %s", name, why)
    return {"state": "down", "why": why}
