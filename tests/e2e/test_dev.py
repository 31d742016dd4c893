"""`jfs dev` from the first line to the last: what it starts serves, and none of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from graphql_api.embedded import bound
from graphql_api.embedded.ports import Ports, is_free

SECONDS = 90.0


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not (held := claim()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return held


@contextmanager
def dev(folder: Path, port: int, **environment: str) -> Generator[subprocess.Popen[str]]:
    given = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    process = subprocess.Popen(
        bound.command(sys.executable, "-m", "graphql_api", "dev", "--no-demo"),
        env=given | {"DATA_DIR": str(folder / "data"), "PORT": str(port), "AUTH": "none"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def serves(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def have_ended(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def a_port(folder: Path) -> int:
    return Ports(folder / "port.json").port_for("api")


def test_it_serves_and_ends_with_all_it_started(tmp_path: Path) -> None:
    port = a_port(tmp_path)
    with dev(tmp_path, port) as process:
        assert eventually(lambda: serves(port))
        started = family(process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 0
    assert output.endswith("Stopped. The data stays for the next start.\n")
    assert have_ended(started)
    assert is_free(port)


def test_nothing_outlives_it_when_it_is_killed(tmp_path: Path) -> None:
    port = a_port(tmp_path)
    with dev(tmp_path, port) as process:
        assert eventually(lambda: serves(port))
        started = family(process)
        process.kill()
        assert len(started) >= 5
        assert eventually(lambda: have_ended(started))


def test_an_api_that_dies_is_started_again(tmp_path: Path) -> None:
    port = a_port(tmp_path)
    with dev(tmp_path, port) as process:
        assert eventually(lambda: serves(port))
        (api,) = (each for each in family(process) if "graphql_api.doors.processes.api" in each.cmdline())
        api.kill()
        assert eventually(lambda: have_ended([api]))
        assert eventually(lambda: serves(port))


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path: Path) -> None:
    port = a_port(tmp_path)
    with dev(tmp_path / "first", port) as first:
        assert eventually(lambda: serves(port))
        with dev(tmp_path / "second", port) as second:
            output, _ = second.communicate(timeout=SECONDS)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=SECONDS)

    assert second.returncode == 1
    assert output.startswith(f"Port {port} on 127.0.0.1 cannot be listened on: the process ")
    assert output.endswith(f"or choose another port: make run PORT={port + 1}\n")
    assert not (tmp_path / "second" / "data").exists()


def test_an_address_that_lets_strangers_in_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with dev(tmp_path, a_port(tmp_path), HOST="0.0.0.0") as process:
        output, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert output.startswith("AUTH=none lets everyone in as an admin")
    assert not (tmp_path / "data").exists()
