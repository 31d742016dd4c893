"""Workers as processes of their own, to be stopped and killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.runs import log
from graphql_api.runs.log import Database
from graphql_api.settings import Settings
from tests.environments import environment_of

_CODE = """
import asyncio
from graphql_api.doors.worker import run_worker
from graphql_api.settings import Settings
from tests.environments import environment_of
asyncio.run(run_worker(Settings()))
"""


@dataclass
class WorkerProcesses:
    environment: dict[str, str]
    started: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])

    async def start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", _CODE, env=self.environment)
        self.started.append(process)
        return process


@asynccontextmanager
async def worker_processes(
    settings: Settings, *, lease_seconds: float = 2.0, chunk_rows: int = 20
) -> AsyncGenerator[WorkerProcesses]:
    more = {"LEASE_SECONDS": str(lease_seconds), "CHUNK_ROWS": str(chunk_rows)}
    processes = WorkerProcesses(environment_of(settings) | more)
    try:
        yield processes
    finally:
        for process in processes.started:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                await process.wait()


async def reached(database: Database, run: MaterializationDocument, chunks: int) -> MaterializationDocument:
    """Return when so many chunks are finished, or the run has ended."""
    async with asyncio.timeout(60):
        while True:
            found = await log.load(database, run)
            if len(found.checkpoints) >= chunks or found.state.is_terminal:
                return found
            await asyncio.sleep(0.01)
