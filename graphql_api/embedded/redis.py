"""Redis that loses nothing over a restart and evicts nothing."""

import os
from pathlib import Path

from graphql_api.embedded import programs
from graphql_api.embedded.ports import asked
from graphql_api.embedded.supervised import Program


def url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def program(port: int, folder: Path, log_file: Path, lock: int) -> Program:
    folder.mkdir(parents=True, exist_ok=True)

    async def answers() -> bool:
        return await is_ready(port)

    return Program(
        name="Redis",
        command=(
            *(str(programs.redis_server()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            # An evicted row would be a silent MISSING.
            *("--maxmemory-policy", "noeviction"),
        ),
        answers=answers,
        log_file=log_file,
        # Scripts compare strings by the server's locale; they must compare bytes.
        environment={**os.environ, "LC_ALL": "C"},
        inherited=(lock,),
    )


async def is_ready(port: int) -> bool:
    """Whether it answers a PING; while it still loads its file it refuses."""
    return await asked(port, b"PING\r\n") == b"+PONG\r\n"
