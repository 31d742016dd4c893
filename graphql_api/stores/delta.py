"""Delta tables that others read without this server: a folder, or a prefix of our bucket, and one writer.

Each commit of a table names the commit of the data up to which it goes, as the version of an application (`txn`), so
that the table itself says what it holds. Two writers cannot both win, as long as a log entry is never written over:
file systems keep that promise, and object stores that know conditional PUT. On others nothing is exported.
"""

import asyncio
import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from graphql_api.domain.times import FIRST_MOMENT, LAST_MOMENT, Intervals, TimeRange, rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.layout import COMMIT, EVENT, RUN, row_columns
from graphql_api.engines.shapes import View
from graphql_api.errors import Conflict, InvalidInput, UserError
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore

EXPORTS = "exports/"
"""Below this prefix of the bucket tables may lie."""
STEP = 1_000
"""Microseconds to which ranges that are replaced are widened: a log's statistics are in whole milliseconds."""
_KEPT_HOURS = 168
_PART = re.compile(r"part-\d{5}-[0-9a-f-]{36}-c\d{3}\.(zstd|snappy)\.parquet")
"""What the library calls the files that it writes."""
_FILE_BYTES = 128 << 20
_SMALL_BYTES = 16 << 20
_MANY_SMALL = 64
_ARROW: Mapping[ValueType, pa.DataType] = {
    ValueType.BOOL: pa.bool_(),
    ValueType.INT64: pa.int64(),
    ValueType.FLOAT64: pa.float64(),
    ValueType.STRING: pa.string(),
    ValueType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ValueType.BOOL_LIST: pa.list_(pa.bool_()),
    ValueType.INT64_LIST: pa.list_(pa.int64()),
    ValueType.FLOAT64_LIST: pa.list_(pa.float64()),
    ValueType.STRING_LIST: pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class DeltaPlace:
    """Where a table lies, and what opens it."""

    uri: str
    options: dict[str, str] = field(repr=False)

    @property
    def key(self) -> str | None:
        """Of the bucket; None for a folder."""
        return self.uri.split("/", 3)[3] if self.uri.startswith("s3://") else None


def delta_place(text: str, settings: Settings) -> DeltaPlace:
    """Raises InvalidInput for a place where this server may not write."""
    if "://" not in text:
        return DeltaPlace(str(Path(text).absolute()), {})
    ours = f"s3://{settings.s3_bucket}/{EXPORTS}"
    uri = text.rstrip("/")
    if not uri.startswith(ours) or "//" in uri.removeprefix(ours) or not uri.removeprefix(ours):
        raise InvalidInput(f"{text} is no place for an export: give a folder, or a name below {ours}.")
    endpoint = settings.s3_endpoint_url
    options = {
        "AWS_ACCESS_KEY_ID": settings.s3_access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
        "AWS_REGION": settings.s3_region,
        "AWS_CONDITIONAL_PUT": "etag",
    }
    if endpoint:
        options |= {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower()}
    return DeltaPlace(uri, options)


async def require_safe(place: DeltaPlace, objects: ObjectStore) -> None:
    """Raises InvalidInput where two writers could each write the same entry of the log, or the place holds something
    else."""
    if place.key is None:
        await asyncio.to_thread(_require_own_folder, Path(place.uri))
    elif not await objects.keeps_the_first(f"{place.key}/"):
        raise InvalidInput(
            "The object store writes over an object although it was asked not to (it knows no conditional PUT), so two "
            "writers could break the table. Export to a folder, or use an object store that does: the embedded one "
            "does not."
        )


def _require_own_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{folder} is a file: give a folder.")
    if folder.exists() and any(folder.iterdir()) and not (folder / "_delta_log").is_dir():
        raise InvalidInput(f"{folder} holds other files: give a folder that is empty or does not exist.")


def schema_of(view: View) -> pa.Schema:
    """Every column is nullable, for tables that any engine reads."""
    columns = [pa.field(column.name, _ARROW[column.value_type]) for column in row_columns(view)]
    return pa.schema([*columns, pa.field(COMMIT, pa.int64()), pa.field(RUN, pa.string())])


def widened(ranges: Intervals) -> Intervals:
    """To whole steps, within what a moment can be."""
    return Intervals.of(
        TimeRange(max(part.start // STEP * STEP, FIRST_MOMENT), min(-(-part.end // STEP) * STEP, LAST_MOMENT + 1))
        for part in ranges
    )


class ExportTable:
    """One table, opened anew for each export, by the only writer. Blocking: to be called in a thread."""

    def __init__(self, place: DeltaPlace, application: str) -> None:
        self._place = place
        self._application = application
        self._table: DeltaTable | None = None

    def open(self, schema: pa.Schema, title: str) -> int:
        """The commit up to which the table holds the data, 0 where there is none yet: it is then made, empty, so that
        whatever a first export that dies leaves behind lies in a table of its own.

        Raises InvalidInput where the table is somebody else's, or cannot be read; Conflict where another makes it."""
        options = self._place.options
        with _told(self._place):
            try:
                table = DeltaTable(self._place.uri, storage_options=options)
            except TableNotFoundError:
                description = "Exported by J Feature Store, which alone writes here."
                table = DeltaTable.create(
                    self._place.uri, schema, mode="error", name=title, description=description, storage_options=options,
                    commit_properties=self._naming(0),
                )  # fmt: skip
            held = table.transaction_version(self._application)
        self._table = table
        if held is None:
            raise InvalidInput(f"{self._place.uri} is another table: it was not made by an export of this data.")
        return held

    def replace(
        self, ranges: Intervals | None, schema: pa.Schema, batches: Iterator[pa.RecordBatch], *, commit: int
    ) -> None:
        """In these ranges of event timestamps (None: everywhere) the open table holds these rows from now on, in one
        step.

        Raises Conflict where another writer was faster."""
        broken: list[BaseException] = []
        reader = pa.RecordBatchReader.from_batches(schema, _watched(batches, broken))
        assert self._table is not None, "the table is not open"
        try:
            with _told(self._place):
                write_deltalake(
                    self._table,
                    reader,
                    mode="overwrite",
                    predicate=None if ranges is None else " OR ".join(map(_condition, ranges)),
                    commit_properties=self._naming(commit),
                    writer_properties=WriterProperties(compression="ZSTD"),
                    target_file_size=_FILE_BYTES,
                )
        except UserError:
            if broken:
                raise broken[0] from None
            raise

    def _naming(self, commit: int) -> CommitProperties:
        return CommitProperties(
            custom_metadata={"dataCommit": str(commit)}, app_transactions=[Transaction(self._application, commit)]
        )

    def tidy(self) -> list[str]:
        """Merge small files where there are many, and remove those that the table has not named for a week.

        Return the names of files that lie beside them as long, and that only an export which died can have left."""
        with _told(self._place):
            table = DeltaTable(self._place.uri, storage_options=self._place.options)
            sizes = cast("Sequence[int]", pa.table(table.get_add_actions(flatten=True))["size_bytes"].to_pylist())
            if sum(size < _SMALL_BYTES for size in sizes) >= _MANY_SMALL:
                table.optimize.compact(target_size=_FILE_BYTES, writer_properties=WriterProperties(compression="ZSTD"))
            table.vacuum(retention_hours=_KEPT_HOURS, dry_run=False)
            # A full vacuum would remove whatever else lies below, also the files of a table in a folder within.
            unnamed = table.vacuum(retention_hours=_KEPT_HOURS, dry_run=True, full=True)
        return [name for name in unnamed if _PART.fullmatch(name)]


def remove_from_folder(folder: Path, names: Sequence[str]) -> None:
    """Of a table that lies in a folder; and what was half written there a week ago, which no list of it shows."""
    old = time.time() - timedelta(hours=_KEPT_HOURS).total_seconds()
    half = [path for path in folder.glob("part-*.parquet#*") if path.stat().st_mtime < old]
    for path in [*(folder / name for name in names), *half]:
        path.unlink(missing_ok=True)


def _watched(batches: Iterator[pa.RecordBatch], broken: list[BaseException]) -> Iterator[pa.RecordBatch]:
    """What goes wrong on the way is kept: the library tells of it in words alone."""
    try:
        yield from batches
    except BaseException as error:
        broken.append(error)
        raise


def _condition(part: TimeRange) -> str:
    bounds = [f"{EVENT} >= '{rfc3339(part.start)}'"]
    bounds += [f"{EVENT} < '{rfc3339(part.end)}'"] if part.end <= LAST_MOMENT else []
    return f"({' AND '.join(bounds)})"


@contextmanager
def _told(place: DeltaPlace) -> Generator[None]:
    """What the library says, in the words of this server."""
    try:
        yield
    except CommitFailedError as error:
        raise Conflict(f"Another export to {place.uri} was faster; nothing was written. Try again.") from error
    except (DeltaError, OSError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InvalidInput(f"The table at {place.uri} cannot be read or written: {reason}") from error
