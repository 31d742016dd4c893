"""What the embedded servers promise, asked of the real ones."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient
from redis.exceptions import RedisError

from graphql_api.embedded.ports import Ports
from tests.servers import RunningServers, redis_at, running, start, when_ready

SECONDS = 30.0


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not (held := claim()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def all_ended(pids: dict[str, int]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids.values())


def remember(servers: RunningServers, word: str) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(servers.mongodb_url)
    with client, redis_at(servers.redis_url) as redis:
        client["kept"]["words"].insert_one({"_id": word})
        redis.set(word, word)


def recall(servers: RunningServers) -> tuple[list[str], list[str]]:
    client: MongoClient[dict[str, Any]] = MongoClient(servers.mongodb_url)
    with client, redis_at(servers.redis_url) as redis:
        documents = client["kept"]["words"].find().sort("_id")
        return [document["_id"] for document in documents], sorted(redis.scan_iter())


def test_a_second_start_finds_ports_keys_and_data_again(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        remember(first, "before")

    with running(tmp_path) as second:
        recalled = recall(second)

    assert recalled == (["before"], ["before"])
    assert (second.mongodb_url, second.redis_url, second.s3_endpoint_url) == (
        first.mongodb_url,
        first.redis_url,
        first.s3_endpoint_url,
    )
    assert second.s3_secret_access_key == first.s3_secret_access_key
    assert all_ended(first.pids | {f"second {name}": pid for name, pid in second.pids.items()})


def test_no_server_outlives_a_parent_that_is_killed_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with start(tmp_path) as parent:
        servers = when_ready(parent)
        remember(servers, "acknowledged")
        parent.kill()
    assert eventually(lambda: all_ended(servers.pids))

    with running(tmp_path) as again:
        assert recall(again) == (["acknowledged"], ["acknowledged"])


def test_servers_that_die_come_back_on_their_ports_with_their_data(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        remember(servers, "before")
        for pid in servers.pids.values():
            os.kill(pid, signal.SIGKILL)

        def serve_again() -> bool:
            try:
                return recall(servers) == (["before"], ["before"])
            except RedisError:
                return False

        assert eventually(lambda: all_ended(servers.pids))
        assert eventually(serve_again)
        remember(servers, "after")
        assert recall(servers) == (["after", "before"], ["after", "before"])


def test_a_data_folder_in_use_is_refused_and_its_holder_is_named(tmp_path: Path) -> None:
    with start(tmp_path) as holder:
        when_ready(holder)
        with start(tmp_path) as second:
            _, message = second.communicate(timeout=SECONDS)
        holder.send_signal(signal.SIGTERM)

    assert second.returncode == 1
    assert message.decode() == (
        f"DATA_DIR={tmp_path} is in use by the process {holder.pid}. "
        "Stop that one, or choose another folder with DATA_DIR.\n"
    )


def test_mongodb_becomes_primary_on_another_port_where_its_own_is_taken(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        remember(first, "before")
    taken = Ports(tmp_path / "ports.json").port_for("mongodb")

    with socket.socket() as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the server before has just closed its sockets
        neighbour.bind(("127.0.0.1", taken))
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)  # and from here on the port is nobody else's
        with running(tmp_path) as second:
            recalled = recall(second)
            remember(second, "written on the new port")

    assert recalled == (["before"], ["before"])
    assert second.mongodb_url != first.mongodb_url
    with running(tmp_path) as third:
        assert third.mongodb_url == second.mongodb_url
        assert recall(third)[0] == ["before", "written on the new port"]


def test_a_server_that_is_given_is_used_and_none_is_started_for_it(servers: RunningServers, tmp_path: Path) -> None:
    with running(tmp_path, MONGODB_URL=servers.mongodb_url, S3_ENDPOINT_URL=servers.s3_endpoint_url) as own:
        assert own.mongodb_url == servers.mongodb_url
        assert own.s3_endpoint_url == servers.s3_endpoint_url
        assert list(own.pids) == ["Redis"]


def test_what_a_cut_off_upload_left_is_swept_at_the_start(tmp_path: Path) -> None:
    bucket = tmp_path / "s3" / "bucket"
    bucket.mkdir(parents=True)
    (bucket / ".rclone_temp_put_1").write_bytes(b"half")
    (bucket / "whole.parquet").write_bytes(b"whole")

    with running(tmp_path):
        assert [file.name for file in bucket.iterdir()] == ["whole.parquet"]


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with start(in_the_way) as process:
        _, message = process.communicate(timeout=SECONDS)

    assert message.decode() == f"DATA_DIR={in_the_way} cannot be written: File exists. Choose another folder.\n"
