"""An S3 server on a folder: a bucket is a folder in it."""

import os
from pathlib import Path

from graphql_api.embedded import programs
from graphql_api.embedded.folder import S3Keys
from graphql_api.embedded.ports import asked
from graphql_api.embedded.supervised import Program


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def program(port: int, folder: Path, keys: S3Keys, log_file: Path, lock: int) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)

    async def answers() -> bool:
        return await is_ready(port)

    return Program(
        name="S3",
        command=(
            *(str(programs.rclone()), "serve", "s3", "--config", os.devnull, "--addr", f"127.0.0.1:{port}"),
            *("--dir-cache-time", "1s", str(folder)),
        ),
        answers=answers,
        log_file=log_file,
        # By the environment, which other users of the machine cannot read as they can the command line.
        environment={**os.environ, "RCLONE_AUTH_KEY": f'"{keys.access_key_id},{keys.secret_access_key}"'},
        inherited=(lock,),
    )


def sweep(folder: Path) -> None:
    """Remove what a put that was cut off left behind; no listing shows it."""
    for leftover in folder.rglob(".rclone_temp_put_*"):
        leftover.unlink()


async def is_ready(port: int) -> bool:
    """Whether it answers a listing of its buckets; without a signature the answer is S3's own refusal."""
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    return b"<Error><Code>" in await asked(port, request.encode(), whole=True)
