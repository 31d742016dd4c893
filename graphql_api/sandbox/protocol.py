"""What goes through the pipes: frames of four bytes of length, then msgpack."""

import struct
from typing import BinaryIO

import msgspec

from graphql_api.engines.connections import Limits
from graphql_api.engines.join_shapes import JoinProgress
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import ComputeProblem, SqlProblem

HEADER = struct.Struct(">I")
LONGEST_FRAME = 1 << 30


class Birth(msgspec.Struct, frozen=True):
    """What a child is told on its command line, before it reads anything."""

    parent: int
    limits: Limits
    address_bytes: int
    cpu_seconds: int
    file_bytes: int


class Call(msgspec.Struct, frozen=True, tag=True):
    request: Request
    readable: list[str]


class Interrupt(msgspec.Struct, frozen=True, tag=True):
    """Stop what is being computed, if anything is."""


class Told(msgspec.Struct, frozen=True, tag=True):
    """How far a call is, before its answer."""

    progress: JoinProgress


class Done(msgspec.Struct, frozen=True, tag=True):
    answer: msgspec.Raw


class Problem(msgspec.Struct, frozen=True, tag=True):
    problem: SqlProblem | ComputeProblem


def frame(body: bytes) -> bytes:
    return HEADER.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    return body if len(body) == length else None
