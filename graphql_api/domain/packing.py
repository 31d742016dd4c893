"""How an online row lies in Redis: the final layout, which every room that writes or reads rows takes from here.

Key:    the data id in hex, `:`, then the entity's join keys as one msgpack array (TIMESTAMP as microseconds).
Value:  24 bytes of order (event, created, commit; see below), 12 bytes run id (zeros: pushed), a bitmap of nulls
        (bit i % 8 of byte i // 8 set: feature i is null), then the features' JSON texts joined by commas, without
        brackets, in the order of the data's layout.

Order: three big-endian unsigned 64-bit numbers, signed ones offset by 2**63, so that bytes compare as numbers do.
"""

import struct
from collections.abc import Sequence

import msgspec

LAYOUT = 1
"""The number of this layout, which the online store bears: two programs that differ in it never share one."""

KeyValue = bool | int | str
_ORDER = struct.Struct(">QQQ")
_OFFSET = 1 << 63
ORDER_BYTES = 24
RUN_BYTES = 12
PUSHED = bytes(RUN_BYTES)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[KeyValue])


def packed_key(data_id: int, keys: Sequence[KeyValue]) -> bytes:
    return b"%x:" % data_id + _encoder.encode(keys)


def unpacked_key(key: bytes) -> list[KeyValue]:
    """The join keys of a row's key."""
    return _decoder.decode(key[key.index(b":") + 1 :])


def packed_order(event: int, created: int, commit: int) -> bytes:
    return _ORDER.pack(event + _OFFSET, created + _OFFSET, commit)


def unpacked_order(row: bytes) -> tuple[int, int, int]:
    event, created, commit = _ORDER.unpack_from(row)
    return event - _OFFSET, created - _OFFSET, commit


def bitmap_bytes(features: int) -> int:
    return (features + 7) // 8


def packed_row(order: bytes, run_id: bytes, texts: Sequence[bytes]) -> bytes:
    """`texts`: each feature as JSON, `null` where it is null."""
    nulls = bytearray(bitmap_bytes(len(texts)))
    for index, text in enumerate(texts):
        if text == b"null":
            nulls[index // 8] |= 1 << index % 8
    return b"".join((order, run_id, nulls, b",".join(texts)))
