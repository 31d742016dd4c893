"""A small registry on real servers: sales in Parquet, a view over them, and workers that carry its runs out."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from graphql_api.documents.base import new_id
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import SourceColumnPart, SourcePart
from graphql_api.documents.feature_views import (
    FeaturePart,
    FeatureViewVersionDocument,
    SqlTransformationPart,
    ValidationPart,
    ViewEntityPart,
    ViewKeyPart,
)
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import DataSourceKind, RunState
from graphql_api.domain.gathering import end_all
from graphql_api.domain.packing import bitmap_bytes, packed_key, unpacked_order
from graphql_api.domain.types import ValueType
from graphql_api.runs import log
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.tools import Tools
from graphql_api.runs.worker import Worker
from graphql_api.stores.offline import OfflineStore
from tests.runs.making import data_copy, new_run, sales_view

SQL = "SELECT shop, sold_at AS event_timestamp, amount FROM sales"
_COLUMNS = (
    SourceColumnPart(name="shop", data_type="VARCHAR", value_type=ValueType.STRING),
    SourceColumnPart(name="sold_at", data_type="TIMESTAMP WITH TIME ZONE", value_type=ValueType.TIMESTAMP),
    SourceColumnPart(name="amount", data_type="BIGINT", value_type=ValueType.INT64),
)

Sale = tuple[str | None, int | None, int | None]
"""Shop, moment, amount."""


@dataclass(frozen=True)
class Shop:
    tools: Tools
    queue: RunQueue
    place: str
    folder: Path
    copy: DataCopyDocument
    version: FeatureViewVersionDocument

    async def put(self, name: str, sales: Sequence[Sale]) -> str:
        """An object of sales among the view's sources."""
        rows = ", ".join(f"({_text(shop)}, {_text(moment)}, {_text(amount)})" for shop, moment, amount in sales)
        path = self.folder / f"{name}.parquet"
        with duckdb.connect() as connection:  # pyright: ignore[reportUnknownMemberType]
            connection.execute(
                "COPY (SELECT shop::VARCHAR AS shop, make_timestamptz(moment::BIGINT) AS sold_at, "
                "amount::BIGINT AS amount "
                f"FROM (VALUES {rows}) AS sales(shop, moment, amount)) TO '{path}' (FORMAT parquet)"
            )
        uri = f"{self.place}{name}.parquet"
        await self.tools.objects.put_bytes(uri, path.read_bytes())
        return uri

    async def ask(self, start: int | None, end: int, *, default_start: bool = False) -> MaterializationDocument:
        run = new_run(self.copy, start, end, is_static=self.version.is_static)
        changes = {"version_id": self.version.id, "default_start": default_start}
        return await self.queue.enqueue(run.model_copy(update=changes))

    async def online(self) -> dict[str, tuple[int, object, int]]:
        """For each shop its row's moment, amount and commit."""
        shops = [f"shop-{number}" for number in range(20)]
        rows = await self.tools.online.read([packed_key(self.copy.id, [shop]) for shop in shops])
        found: dict[str, tuple[int, object, int]] = {}
        for shop, row in zip(shops, rows, strict=True):
            if row is not None:
                event, _, commit = unpacked_order(row)
                texts = row[24 + 12 + bitmap_bytes(1) :]
                found[shop] = (event, msgspec.json.decode(texts), commit)
        return found

    async def offline(self) -> list[tuple[int, str, int]]:
        """All that is visible: moment, shop, amount."""
        rows: list[tuple[int, str, int]] = []
        for number, file in enumerate(await OfflineStore(self.tools.database).visible(self.copy.id)):
            path = self.folder / f"visible-{number}.parquet"
            await self.tools.objects.fetch(self.tools.objects.uri(file.key), path)
            found = duckdb.read_parquet(str(path)).project("epoch_us(event_timestamp), shop, amount").fetchall()
            rows += [row for row in found if not file.ranges or any(r.start <= row[0] < r.end for r in file.ranges)]
        return sorted(rows)

    async def watched(
        self, run: MaterializationDocument, seconds: float = 30.0
    ) -> AsyncGenerator[MaterializationDocument]:
        """The run as it is, again and again, for so long at most."""
        async with asyncio.timeout(seconds):
            while True:
                yield await log.load(self.tools.database, run)
                await asyncio.sleep(0.05)

    async def ended(self, run: MaterializationDocument, seconds: float = 30.0) -> MaterializationDocument:
        async with aclosing(self.watched(run, seconds)) as watched:
            async for found in watched:
                if found.state.is_terminal:
                    return found
        raise AssertionError("unreachable")

    async def done(self, start: int | None, end: int) -> MaterializationDocument:
        """A run that succeeds, whoever works."""
        run = await self.ended(await self.ask(start, end))
        assert run.state == RunState.SUCCEEDED, run.failure
        return run


async def open_shop(
    tools: Tools,
    place: str,
    folder: Path,
    *,
    sql: str = SQL,
    timed: bool = True,
    amount: ValueType = ValueType.INT64,
    validations: tuple[ValidationPart, ...] = (),
    parameters: Mapping[str, object] | None = None,
) -> Shop:
    copy = await data_copy(secrets.randbelow(1 << 30) + 1)
    await sales_view(copy)
    source = SourcePart(
        source_id=new_id(),
        name="sales",
        kind=DataSourceKind.FILES,
        uris=(f"{place}*.parquet",),
        columns=_COLUMNS,
        event_timestamp="sold_at" if timed else None,
        created_timestamp=None,
    )
    version = FeatureViewVersionDocument(
        project_id=copy.project_id,
        view_id=copy.view_id,
        view_name="sales",
        number=1,
        entities=(
            ViewEntityPart(
                entity_id=new_id(),
                entity_name="shop",
                keys=(ViewKeyPart(name="shop", join_key="shop", value_type=ValueType.STRING),),
            ),
        ),
        features=(FeaturePart(name="amount", value_type=amount),),
        transformation=SqlTransformationPart(
            sql=sql, sources=(source,), outputs=(), has_created=False, fingerprint=copy.fingerprint
        ),
        validations=validations,
        is_static=not timed,
        data_fingerprint=copy.fingerprint,
        data_id=copy.id,
        created_by="tester",
    )
    await version.insert()
    return Shop(tools, RunQueue(tools.database), place, folder, copy, version)


def _text(value: object) -> str:
    return "NULL" if value is None else repr(value)


@asynccontextmanager
async def working(
    tools: Tools, *, slots: int = 2, lease_seconds: float = 5.0, run_attempts: int = 3
) -> AsyncGenerator[Worker]:
    worker = Worker(tools, slots=slots, lease_seconds=lease_seconds, run_attempts=run_attempts)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await end_all([task])
