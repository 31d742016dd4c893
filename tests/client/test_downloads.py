"""Downloads end whole and checked, over lines that break, from servers with and without ranges."""

import hashlib
import re
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from j_feature_store import Conflict, Damaged, DataFile, Forbidden, Unavailable, UnexpectedAnswer
from j_feature_store._async.connection import Connection as AsyncConnection
from j_feature_store._sync.connection import Connection
from j_feature_store._sync.transfers import LinkIsOver
from j_feature_store.place import Place

CONTENT = bytes(range(256)) * 12_000
"""Three pieces."""


@dataclass
class Shelf:
    """One file, and how it is given: `breaks`, on so many answers, after a third of what was asked for."""

    content: bytes = CONTENT
    has_ranges: bool = True
    breaks: int = 0
    status: int = 200
    url: str = ""
    asked: list[str | None] = field(default_factory=list[str | None])
    tokens: list[str | None] = field(default_factory=list[str | None])

    def give(self, request: BaseHTTPRequestHandler) -> None:
        ranged = request.headers.get("Range")
        self.asked.append(ranged)
        self.tokens.append(request.headers.get("Authorization"))
        found = re.fullmatch(r"bytes=(\d+)-", ranged or "") if self.has_ranges else None
        start = int(found[1]) if found else 0
        request.send_response(206 if found and self.status == 200 else self.status)
        request.send_header("Content-Length", str(len(self.content) - start))
        request.end_headers()
        rest = self.content[start:]
        if self.breaks:
            self.breaks -= 1
            rest = rest[: len(rest) // 3]
        request.wfile.write(rest)
        request.close_connection = True


@pytest.fixture
def shelf() -> Generator[Shelf]:
    shelf = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shelf.give(self)

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shelf.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield shelf
        server.shutdown()


def a_file(shelf: Shelf, name: str = "part-0.parquet") -> DataFile:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return DataFile(name, None, 1, len(CONTENT), sha256, f"{shelf.url}/{name}")


@pytest.fixture
def connection(shelf: Shelf) -> Generator[Connection]:
    connection = Connection(Place(shelf.url, "default", "jfs_x"), timeout=10.0, retries=1, patience=10.0)
    with connection.http.client:
        yield connection


def test_a_file_comes_whole_under_its_name(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    path = connection.transfers.fetch(a_file(shelf), tmp_path)

    assert path == tmp_path / "part-0.parquet"
    assert path.read_bytes() == CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["part-0.parquet"]


def test_one_that_is_there_is_not_fetched_again(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    connection.transfers.fetch(a_file(shelf), tmp_path)
    connection.transfers.fetch(a_file(shelf), tmp_path)

    assert shelf.asked == [None]


def test_one_that_breaks_off_is_gone_on_with(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    shelf.breaks = 3

    path = connection.transfers.fetch(a_file(shelf), tmp_path)

    assert path.read_bytes() == CONTENT
    starts = [int((asked or "bytes=0-")[6:-1]) for asked in shelf.asked]
    assert len(starts) == 4
    assert starts == sorted(starts)
    assert starts[0] == 0 < starts[1]


async def test_one_that_is_awaited_is_gone_on_with_too(shelf: Shelf, tmp_path: Path) -> None:
    shelf.breaks = 2
    connection = AsyncConnection(Place(shelf.url, "default"), timeout=10.0, retries=1, patience=10.0)

    async with connection.http.client:
        path = await connection.transfers.fetch(a_file(shelf), tmp_path)

    assert path.read_bytes() == CONTENT
    assert len(shelf.asked) == 3


def test_a_server_without_ranges_begins_anew(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    shelf.has_ranges, shelf.breaks = False, 1

    assert connection.transfers.fetch(a_file(shelf), tmp_path).read_bytes() == CONTENT


def test_what_is_not_what_was_announced_is_no_file(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    shelf.content = CONTENT[:-1] + b"!"

    with pytest.raises(Damaged, match=r"part-0.parquet .* sha256"):
        connection.transfers.fetch(a_file(shelf), tmp_path)

    assert len(shelf.asked) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_remnant_that_is_damaged_is_fetched_anew(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    file = a_file(shelf)
    (tmp_path / f".{file.name}.{file.sha256[:12]}.part").write_bytes(b"x" * 1_000)

    assert connection.transfers.fetch(file, tmp_path).read_bytes() == CONTENT


def test_another_file_that_is_there_stays(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    there = tmp_path / "part-0.parquet"
    there.write_bytes(b"of someone")

    with pytest.raises(Conflict, match=rf"{there} is there already, and is another file: move it away"):
        connection.transfers.fetch(a_file(shelf), tmp_path)

    assert (there.read_bytes(), shelf.asked) == (b"of someone", [])
    assert list(tmp_path.iterdir()) == [there]


def test_a_server_that_is_gone_is_given_up(shelf: Shelf, tmp_path: Path) -> None:
    connection = Connection(Place("http://127.0.0.1:9", "default"), timeout=1.0, retries=1, patience=1.0)
    file = DataFile("a.parquet", None, 1, 10, "0" * 64, "/files/a")

    with connection.http.client, pytest.raises(Unavailable, match=r"a\.parquet came to 0 bytes"):
        connection.transfers.fetch(file, tmp_path)


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (410, b"", LinkIsOver),
        (400, b'{"code": "FORBIDDEN", "message": "Not for you."}', Forbidden),
        (500, b"<html>", UnexpectedAnswer),
    ],
)
def test_a_refusal_is_told(
    shelf: Shelf, connection: Connection, tmp_path: Path, status: int, content: bytes, error: type[Exception]
) -> None:
    shelf.status, shelf.content = status, content

    with pytest.raises(error):
        connection.transfers.fetch(a_file(shelf), tmp_path)


def test_a_name_that_leads_out_of_the_folder_is_none(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    for name in ("../a", "a/b", "..", ""):
        with pytest.raises(UnexpectedAnswer):
            connection.transfers.fetch(a_file(shelf, name), tmp_path)


def test_the_token_is_told_to_the_server_alone(shelf: Shelf, connection: Connection, tmp_path: Path) -> None:
    connection.transfers.fetch(a_file(shelf), tmp_path)
    (tmp_path / "part-0.parquet").unlink()
    elsewhere = Connection(Place("http://store.example", "default", "jfs_x"), timeout=10.0, retries=1, patience=1.0)
    with elsewhere.http.client:
        elsewhere.transfers.fetch(a_file(shelf), tmp_path)

    assert shelf.tokens == ["Bearer jfs_x", None]
