"""Reads the rows that the engine has packed for Redis (`PackedFile`): msgpack arrays of binaries and nil, in a row."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from graphql_api.errors import RunFault

_SIZES = {0xC4: struct.Struct(">B"), 0xC5: struct.Struct(">H"), 0xC6: struct.Struct(">I")}
_NIL = 0xC0
_BUFFER = 1 << 20


@dataclass(slots=True)
class Batch:
    """`rows`: key and row. `removals`: key, what replaces its row, and the order of the row that was taken away."""

    rows: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    removals: list[tuple[bytes, bytes | None, bytes]] = field(default_factory=list[tuple[bytes, bytes | None, bytes]])

    def __len__(self) -> int:
        return len(self.rows) + len(self.removals)


def batches(path: Path, most: int) -> Iterator[Batch]:
    """Everything in the file, in its order, `most` entries at a time."""
    batch = Batch()
    with path.open("rb", _BUFFER) as file:
        while head := file.read(1):
            _entry(file, head[0], batch)
            if len(batch) == most:
                yield batch
                batch = Batch()
    if len(batch):
        yield batch


def _entry(file: BinaryIO, head: int, batch: Batch) -> None:
    parts = [_binary(file) for _ in range(head & 0x0F)]
    match parts:
        case [bytes() as key, bytes() as row] if head == 0x92:
            batch.rows.append((key, row))
        case [bytes() as key, row, bytes() as held] if head == 0x93:
            batch.removals.append((key, row, held))
        case _:
            raise _damaged()


def _binary(file: BinaryIO) -> bytes | None:
    kind = _exactly(file, 1)[0]
    if kind == _NIL:
        return None
    size = _SIZES.get(kind)
    if size is None:
        raise _damaged()
    (length,) = size.unpack(_exactly(file, size.size))
    return _exactly(file, length)


def _exactly(file: BinaryIO, length: int) -> bytes:
    part = file.read(length)
    if len(part) != length:
        raise _damaged()
    return part


def _damaged() -> RunFault:
    return RunFault("DATA_DAMAGED", "The packed online rows cannot be read.", retryable=True)
