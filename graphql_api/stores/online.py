"""The newest row of each entity, one string value a row, as domain/packing.py lays it out."""

import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Self, cast

from redis.exceptions import NoScriptError

from graphql_api.domain.packing import ORDER_BYTES, KeyValue, unpacked_key
from graphql_api.errors import Fenced
from graphql_api.stores.online_scripts import KEEP_NEWEST, TAKE_AWAY, TAKE_FENCE, Script
from graphql_api.stores.redis_client import RedisClient
from graphql_api.stores.same_tick import SameTickReads

ROWS_A_CALL = 500
BYTES_A_CALL = 1_000_000
KEYS_A_READ = 2_000
KEYS_A_SCAN = 1_000
SCANS_A_SAMPLE = 200
TOMBSTONE_SECONDS = 86_400

_FENCE = struct.Struct(">QQ")
_TOMBSTONE = b"\xff" * _FENCE.size
_LAYOUT = "layout"

Row = tuple[bytes, bytes]
"""Its key and its packed value."""
Removal = tuple[bytes, bytes | None, bytes]
"""A key, what takes the place of its row (None: nothing), and the order of the row that was taken away."""


class OnlineStore:
    """Rows of one copy of data may be written by several processes at once, in any order: the newest wins.

    Every write carries (commit, attempt), and moves the copy's fence up to it; a writer below the fence is Fenced.
    All raise Unavailable within `timeout_seconds` where Redis does not answer, and work again once it does.
    Every write may be repeated: what is already there stays as it is."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        self._redis = RedisClient(url, timeout_seconds=timeout_seconds)
        self._reads = SameTickReads(self._read, most_keys=KEYS_A_READ)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._reads.aclose()
        await self._redis.aclose()

    async def layout(self) -> int | None:
        """The number of the layout that its rows have; None where no program has said."""
        number = await self._redis.ask("GET", _LAYOUT)
        return None if number is None else int(number)

    async def declare_layout(self, number: int) -> None:
        """Say which layout its rows have, where no program has said."""
        await self._redis.ask("SET", _LAYOUT, number, "NX")

    async def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """One answer a key, in the order asked; None where no row is held. One trip for all who ask in a tick."""
        return await self._reads.read(keys)

    async def take_fence(self, data_id: int, commit: int, attempt: int) -> None:
        """From here on no writer of an earlier commit or attempt changes a row.

        Raises Fenced where a later one has been here."""
        await self._run(TAKE_FENCE, data_id, commit, attempt, [], [])

    async def write(self, data_id: int, commit: int, attempt: int, items: Iterable[Row]) -> int:
        """Keep each row that is not older than the one held; return how many were kept."""
        kept = 0
        for batch in _batches(items):
            kept += await self._run(KEEP_NEWEST, data_id, commit, attempt, list(batch), list(batch.values()))
        return kept

    async def take_away(self, data_id: int, commit: int, attempt: int, items: Iterable[Removal]) -> int:
        """Replace or remove rows that a re-run took away; return how many changed.

        Where the held row is not the one taken away, the replacement is one more row of which the newest wins."""
        changed = 0
        for batch in _distinct(items):
            rows = [part for _, row, order in batch for part in (row or b"", order)]
            changed += await self._run(TAKE_AWAY, data_id, commit, attempt, [key for key, _, _ in batch], rows)
        return changed

    async def remove_copy(self, data_id: int) -> int:
        """Remove every row of a copy of data, and keep its late writers out for a day; return how many there were."""
        await self._redis.ask("SET", _fence_key(data_id), _TOMBSTONE, "EX", TOMBSTONE_SECONDS)
        cursor, removed = b"0", 0
        while True:
            cursor, keys = await self._redis.ask("SCAN", cursor, "MATCH", b"%x:*" % data_id, "COUNT", KEYS_A_SCAN)
            if keys:
                removed += cast(int, await self._redis.ask("UNLINK", *keys))
            if cursor in (b"0", 0):
                return removed

    async def sample(self, data_id: int, most: int) -> list[list[KeyValue]]:
        """Join keys of entities that have a row in a copy of data, another sample each time.

        What is looked at is bounded: of a copy with few rows among very many of others, fewer may be found than there
        are, or none."""
        # From anywhere in the table: its end is where the cursor is 0, and from there once more from the start.
        cursor: bytes | int = random.getrandbits(64)
        found: set[bytes] = set()
        ends = 0
        for _ in range(SCANS_A_SAMPLE):
            cursor, keys = await self._redis.ask("SCAN", cursor, "MATCH", b"%x:*" % data_id, "COUNT", KEYS_A_SCAN)
            found |= set(keys)
            ends += cursor in (b"0", 0)
            if len(found) >= most or ends == 2:
                break
        return [unpacked_key(key) for key in random.sample(list(found), min(most, len(found)))]

    async def _read(self, keys: list[bytes]) -> list[bytes | None]:
        return cast(list[bytes | None], await self._redis.ask("MGET", *keys))

    async def _run(
        self, script: Script, data_id: int, commit: int, attempt: int, keys: list[bytes], rows: list[bytes]
    ) -> int:
        rest = (len(keys) + 1, _fence_key(data_id), *keys, _FENCE.pack(commit, attempt), *rows)
        try:
            answer = await self._redis.ask("EVALSHA", script.sha, *rest)
        except NoScriptError:  # a server that has started since
            answer = await self._redis.ask("EVAL", script.text, *rest)
        if answer == -1:
            raise Fenced(f"A later writer than commit {commit}, attempt {attempt} has data copy {data_id:x}.")
        return cast(int, answer)


def _fence_key(data_id: int) -> bytes:
    return b"fence:%x" % data_id


def _batches(items: Iterable[Row]) -> Iterator[dict[bytes, bytes]]:
    """Each key once a batch, with its newest row: a script sees only what was held before it began."""
    batch: dict[bytes, bytes] = {}
    size = 0
    for key, row in items:
        held = batch.get(key)
        if held is None or row[:ORDER_BYTES] >= held[:ORDER_BYTES]:
            batch[key] = row
            size += len(row)
        if len(batch) == ROWS_A_CALL or size >= BYTES_A_CALL:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _distinct(items: Iterable[Removal]) -> Iterator[list[Removal]]:
    batch: dict[bytes, Removal] = {}
    for item in items:
        if item[0] in batch or len(batch) == ROWS_A_CALL:
            yield list(batch.values())
            batch = {}
        batch[item[0]] = item
    if batch:
        yield list(batch.values())
