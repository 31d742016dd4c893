"""Runs of one copy of data without workers: the engine computes in place, and commits are those of the product.

Beside it a model of the same in plain Python, written from the rules alone."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from beanie import PydanticObjectId

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import CommitDocument, CommitKind
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument, ViewEntityPart, ViewKeyPart
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.models import bind
from graphql_api.domain.times import TimeRange
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import MergeRows, Relation, Slice, Staged, View
from graphql_api.runs import finish
from graphql_api.runs.commit import commit
from graphql_api.runs.compaction import CHORE, commit_merged
from graphql_api.runs.files import staged_document
from graphql_api.runs.hold import Hold, is_hold_of
from graphql_api.runs.leases import take
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.tools import Tools
from graphql_api.stores.offline import ALL_TIME, OfflineStore, VisibleFile
from tests.engines.support import Bench, a_view, at, columns
from tests.runs.making import data_copy, new_run, sales_version, sales_view

SQL = "SELECT shop, t AS event_timestamp, c AS created_timestamp, amount FROM src"
_NAMES = columns("shop VARCHAR", "t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE", "amount BIGINT")


class Row(NamedTuple):
    shop: str
    event: int
    created: int
    amount: int


class Held(NamedTuple):
    """A row, and the commit and the run that it came with."""

    row: Row
    commit: int
    run: str


@dataclass
class Model:
    """What is visible as of each commit, by the rule of a covered range run again."""

    states: dict[int, list[Held]] = field(default_factory=lambda: {0: []})

    def run(self, number: int, run: str, span: TimeRange, source: Iterable[Row]) -> None:
        new = [row for row in source if span.start <= row.event < span.end]
        written = {row[:3] for row in new}
        latest: dict[tuple[str, int], int] = {}
        for row in new:
            latest[row.shop, row.event] = max(row.created, latest.get((row.shop, row.event), row.created))
        kept = [
            old
            for old in self.states[max(self.states)]
            if not span.start <= old.row.event < span.end
            or (
                latest.get((old.row.shop, old.row.event), old.row.created) > old.row.created
                and old.row[:3] not in written
            )
        ]
        self.states[number] = sorted([*kept, *(Held(row, number, run) for row in new)])

    def merged(self, number: int) -> None:
        self.states[number] = self.states[max(self.states)]


@dataclass
class Ledger:
    tools: Tools
    bench: Bench
    copy: DataCopyDocument
    version: FeatureViewVersionDocument
    local: dict[str, Path] = field(default_factory=dict[str, Path])
    """By the key of the object."""
    _read: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    @property
    def view(self) -> View:
        return a_view(SQL, [], keys="shop:STRING", features=("amount:INT64",), has_created=True)

    @property
    def store(self) -> OfflineStore:
        return OfflineStore(self.tools.database)

    async def run(self, span: TimeRange, source: Sequence[Row], *, chunks: int = 2) -> tuple[int, str]:
        """A run from its claim to its end; its commit and its id."""
        hold = await self.claim(span)
        rows = ", ".join(f"('{row.shop}', {at(row.event)}, {at(row.created)}, {row.amount})" for row in source)
        file = self.bench.source(
            f"SELECT shop, t, c, amount::BIGINT AS amount FROM (VALUES {rows}) AS r(shop, t, c, amount)"
        )
        relation = Relation("src", _NAMES, event_timestamp="t", files=[file])
        view = a_view(SQL, [relation], keys="shop:STRING", features=("amount:INT64",), has_created=True)
        old = self.slices(await self.store.visible(self.copy.id, span))
        cuts = [span.start + (span.end - span.start) * part // chunks for part in range(chunks + 1)]
        made = [self.bench.compute(view, start, end, old=old).files for start, end in pairwise(cuts)]
        return await self.finish(hold, *[await self.stage(hold.id, files) for files in made])

    async def claim(self, span: TimeRange) -> Hold[MaterializationDocument]:
        queue = RunQueue(self.tools.database)
        run = new_run(self.copy, span.start, span.end).model_copy(update={"version_id": self.version.id})
        await queue.enqueue(run)
        hold = await queue.claim("ledger", 600)
        assert hold
        assert is_hold_of(hold, MaterializationDocument)
        assert hold.id == run.id
        return hold

    async def finish(self, hold: Hold[MaterializationDocument], *checkpoints: PydanticObjectId) -> tuple[int, str]:
        await hold.write({"checkpoints": checkpoints})
        assert await commit(hold, rows=0, latest_event=None)
        await finish.succeed(hold, Reporter(hold))
        assert hold.run.commit is not None
        return hold.run.commit, str(hold.id)

    async def write(self, span: TimeRange, rows: Sequence[Row]) -> tuple[int, str]:
        """A run that computed just these rows, in one file."""
        hold = await self.claim(span)
        checkpoint = await self.stage(hold.id, [_written(self.bench, rows)] if rows else [])
        return await self.finish(hold, checkpoint)

    async def stage(self, run_id: PydanticObjectId, files: Sequence[Staged]) -> PydanticObjectId:
        """The files as objects that a checkpoint names."""
        checkpoint = new_id()
        for file in files:
            key = f"data/{self.copy.id:x}/{run_id}/{hashlib.sha256(file.path.encode()).hexdigest()[:12]}.parquet"
            await self.tools.objects.put_file(key, Path(file.path))
            self.local[key] = Path(file.path)
            document = staged_document(file, key, run_id=run_id, checkpoint_id=checkpoint)
            await self.tools.database["staged_files"].insert_one(document)
        return checkpoint

    async def merge(self, span: TimeRange, files: int = 2) -> int:
        """All that is visible in a range as a commit of its own, whatever is worth it; its number."""
        copy = await self.now()
        slices = self.slices(await self.store.visible(copy.id, span))
        made = self.bench.ask(
            MergeRows(self.view, slices, files, self.bench.out()), readable=[piece.path for piece in slices]
        )
        work = new_id()
        document = CommitDocument(
            data_id=copy.id,
            number=0,
            kind=CommitKind.COMPACTION,
            run_id=work,
            attempt=0,
            start=span.start,
            end=span.end,
            checkpoints=(await self.stage(work, made),),
            rows=0,
        )
        await take(self.tools.database, CHORE, "ledger", 600)
        assert await commit_merged(self.tools.database, document, as_of=copy.last_commit, owner="ledger")
        return copy.last_commit + 1

    async def now(self) -> DataCopyDocument:
        copy = await DataCopyDocument.get(self.copy.id)
        assert copy
        return copy

    def slices(self, files: Iterable[VisibleFile]) -> list[Slice]:
        return [
            Slice(str(self.local[file.key]), file.commit, file.run_id, [(part.start, part.end) for part in file.ranges])
            for file in files
        ]

    def forget_local(self) -> None:
        """What is read from now on comes from the object store."""
        self.local.clear()
        self._read.clear()

    async def rows(self, window: TimeRange = ALL_TIME, *, up_to: int | None = None, **more: Any) -> list[Held]:
        """All that is visible in a window, as of a commit."""
        return await self.held(await self.store.visible(self.copy.id, window, up_to=up_to, **more))

    async def held(self, files: Iterable[VisibleFile]) -> list[Held]:
        found: list[Held] = []
        for file in files:
            if file.key not in self.local:
                self.local[file.key] = self.bench.folder / file.key.replace("/", "-")
                await self.tools.objects.fetch(self.tools.objects.uri(file.key), self.local[file.key])
            if file.key not in self._read:
                self._read[file.key] = _read(self.local[file.key])
            for row in self._read[file.key]:
                event = row["event_timestamp"]
                if not file.ranges or any(part.start <= event < part.end for part in file.ranges):
                    held = Row(row["shop"], event, row["created_timestamp"], row["amount"])
                    found.append(Held(held, row.get("__commit", file.commit), row.get("__run", file.run_id)))
        return sorted(found)


_MOMENT = pa.timestamp("us", "UTC")
_SCHEMA = pa.schema(
    [("shop", pa.string()), ("event_timestamp", _MOMENT), ("created_timestamp", _MOMENT), ("amount", pa.int64())]
)


def _written(bench: Bench, rows: Sequence[Row]) -> Staged:
    """As the engine stages them."""
    path = Path(bench.out()) / "rows.parquet"
    ordered = sorted(rows)
    pq.write_table(  # pyright: ignore[reportUnknownMemberType]
        pa.table(dict(zip(_SCHEMA.names, zip(*ordered, strict=True), strict=True)), schema=_SCHEMA), path
    )
    events = [row.event for row in rows]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Staged(
        str(path), "ROWS", sha256, path.stat().st_size, len(rows), min(events), max(events),
        [ordered[0].shop], [ordered[-1].shop],
    )  # fmt: skip


def _read(path: Path) -> list[dict[str, Any]]:
    """Moments as microseconds."""
    table = pq.read_table(path)  # pyright: ignore[reportUnknownMemberType]
    for name in ("event_timestamp", "created_timestamp"):
        table = table.set_column(table.column_names.index(name), name, table.column(name).cast(pa.int64()))
    return table.to_pylist()


async def wipe(tools: Tools) -> None:
    """For the next test of a module."""
    names = ("data_copies", "commits", "staged_files", "training_datasets", "materializations", "leases")
    for name in (*names, "feature_views", "feature_view_versions", "projects"):
        await tools.database[name].delete_many({})
    for found in await tools.objects.page("data/"):
        await tools.objects.delete(found.key)


async def open_ledger(tools: Tools, folder: Path, data_id: int = 1) -> Ledger:
    await bind(tools.database)  # since another test may have had a database of its own
    copy = await data_copy(data_id)
    await sales_view(copy)
    version = await sales_version(copy)
    key = ViewKeyPart(name="shop", join_key="shop", value_type=ValueType.STRING)
    await version.set({"entities": [ViewEntityPart(entity_id=new_id(), entity_name="shop", keys=(key,)).model_dump()]})
    return Ledger(tools, Bench(folder), copy, version)
