"""All that a reader could see of a copy of data, without what differs from run to run."""

from dataclasses import dataclass
from typing import Any

import duckdb

from graphql_api.domain.packing import ORDER_BYTES, RUN_BYTES
from graphql_api.stores.offline import OfflineStore
from tests.runs.workshop import Shop

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Seen:
    """`offline`: shop, event, created, amount, commit. `online`: key without the data's id -> row without the run's."""

    offline: list[Row]
    online: dict[bytes, bytes]


async def everything(shop: Shop) -> Seen:
    return Seen(await _offline(shop), await _online(shop))


async def _offline(shop: Shop) -> list[Row]:
    rows: list[Row] = []
    for number, file in enumerate(await OfflineStore(shop.tools.database).visible(shop.copy.id)):
        path = shop.folder / f"{shop.copy.id}-{number}.parquet"
        await shop.tools.objects.fetch(shop.tools.objects.uri(file.key), path)
        found: list[Row] = (
            duckdb.read_parquet(str(path))
            .project(f"shop, epoch_us(event_timestamp), epoch_us(created_timestamp), amount, {file.commit}")
            .fetchall()
        )
        path.unlink()
        rows += [row for row in found if not file.ranges or any(r.start <= row[1] < r.end for r in file.ranges)]
    return sorted(rows)


async def _online(shop: Shop) -> dict[bytes, bytes]:
    ask = shop.tools.online._redis.ask  # pyright: ignore[reportPrivateUsage]
    keys: list[bytes] = await ask("KEYS", b"%x:*" % shop.copy.id)
    rows = await shop.tools.online.read(keys)
    return {
        key.split(b":", 1)[1]: row[:ORDER_BYTES] + row[ORDER_BYTES + RUN_BYTES :]
        for key, row in zip(keys, rows, strict=True)
        if row is not None
    }
