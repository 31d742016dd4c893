"""Is the process alive, and is all there that it needs?"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Probe = Callable[[], Awaitable[object]]
PATIENCE_SECONDS = 2.0


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readiness(probes: Mapping[str, Probe]) -> Response:
    """Each dependency by its name; 503 while one is away."""
    states = dict(zip(probes, await asyncio.gather(*map(_state, probes.values())), strict=True))
    ready = all(state["state"] == "up" for state in states.values())
    return JSONResponse({"ready": ready, "dependencies": states}, status_code=200 if ready else 503)


async def _state(probe: Probe) -> dict[str, object]:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await probe()
    except TimeoutError:
        return {"state": "down", "why": f"no answer within {PATIENCE_SECONDS:g} s"}
    except Exception as error:
        return {"state": "down", "why": f"{type(error).__name__}: {str(error)[:200]}"}
    return {"state": "up", "milliseconds": round((time.perf_counter() - began) * 1000, 1)}
