"""Reading what the engine packed for the online store: msgpack arrays of byte strings, one after the other."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Packed = tuple[bytes | None, ...]
"""`(key, row)`, or `(key, row or None, order of the row that was taken away)`."""

_NIL, _BIN8, _BIN16, _BIN32 = 0xC0, 0xC4, 0xC5, 0xC6
_LENGTHS = {_BIN8: struct.Struct(">B"), _BIN16: struct.Struct(">H"), _BIN32: struct.Struct(">I")}
_SHORT_ARRAY, _SHORT_ARRAY_END = 0x90, 0x9F


def packed_rows(path: Path) -> Iterator[Packed]:
    """One an entity. Raises ValueError where the file is not what was promised."""
    with path.open("rb", buffering=1 << 20) as file:
        while head := file.read(1):
            if not _SHORT_ARRAY <= head[0] <= _SHORT_ARRAY_END:
                raise ValueError(f"{path}: no array at {file.tell() - 1}")
            yield tuple(_value(file) for _ in range(head[0] - _SHORT_ARRAY))


def _value(file: BinaryIO) -> bytes | None:
    [kind] = _exactly(file, 1)
    if kind == _NIL:
        return None
    if kind not in _LENGTHS:
        raise ValueError(f"no byte string at {file.tell() - 1}")
    form = _LENGTHS[kind]
    [length] = form.unpack(_exactly(file, form.size))
    return _exactly(file, length)


def _exactly(file: BinaryIO, size: int) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise ValueError("the file ends within a row")
    return found
