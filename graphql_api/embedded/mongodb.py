"""MongoDB as a replica set of one."""

from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from graphql_api.embedded import programs
from graphql_api.embedded.supervised import Program

REPLICA_SET = "rs0"


def url(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"


def program(port: int, folder: Path, log_file: Path, lock: int) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    parameters = {
        # A worker that is killed within a transaction blocks the run's document for this long.
        "transactionLifetimeLimitSeconds": "5",
        "diagnosticDataCollectionEnabled": "false",
        # There is no other member that could take over while clients drain.
        "shutdownTimeoutMillisForSignaledShutdown": "100",
    }

    async def answers() -> bool:
        return await is_primary(port)

    return Program(
        name="MongoDB",
        command=(
            *(str(programs.mongod()), "--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1"),
            *("--replSet", REPLICA_SET, "--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.5", "--nounixsocket"),
            *(word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")),
        ),
        answers=answers,
        log_file=log_file,
        inherited=(lock,),
    )


async def is_primary(port: int) -> bool:
    """Whether the node takes writes; where its set is missing or knows it by another port, that is put right."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500, socketTimeoutMS=5_000
    )
    async with client:
        try:
            if (await client.admin.command("hello"))["isWritablePrimary"]:
                return True
            await _found_or_move_set(client, f"127.0.0.1:{port}")
        except PyMongoError:
            return False
    return False


async def _found_or_move_set(client: AsyncMongoClient[dict[str, Any]], host: str) -> None:
    config = await client["local"]["system.replset"].find_one()
    if config is None:
        await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
    elif config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        await client.admin.command("replSetReconfig", config, force=True)
