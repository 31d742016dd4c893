"""Online rows of a commit, packed as `domain.packing` lays them out: each entity's newest row, and what becomes of
those whose newest row the commit took away.

DuckDB chooses the rows and makes their bytes, a column at a time; Python only adds the keys.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import msgspec

from graphql_api.domain.packing import packed_key, packed_order
from graphql_api.domain.types import ValueType
from graphql_api.engines.json_text import json_text
from graphql_api.engines.layout import COMMIT, CREATED, EVENT, RUN, row_columns, visible_rows
from graphql_api.engines.shapes import PackedFile, PackOnline, Slice, View
from graphql_api.engines.text import columns_of, quoted

_BATCH = 20_000
_NEW, _GONE, _REST = "__new", "__gone", "__rest"


def pack_online(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> PackedFile:
    view = request.view
    path = Path(request.folder) / f"online-{request.commit}.msgpack"
    _create_newest(connection, view, _NEW, request.new)
    _create_gone(connection, request)
    with path.open("wb") as file:
        count = _write(file, _plain(connection, request))
        count += _write(file, _taken_away(connection, request))
    return PackedFile(str(path), count, _latest(connection, request))


def _plain(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> Iterator[tuple[bytes | None, ...]]:
    """`[key, row]` of every entity whose newest row is one of the new ones."""
    view, data_id = request.view, request.data_id
    gone = f"ANTI JOIN {_GONE} USING ({_keys(view)})" if view.keys else f"WHERE NOT EXISTS (FROM {_GONE})"
    query = f"SELECT {_packable(view, _NEW)}{_key_values(view, _NEW)} FROM {_NEW} {gone}"
    for row, *keys in _fetched(connection, query):
        yield packed_key(data_id, keys), row


def _taken_away(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> Iterator[tuple[bytes | None, ...]]:
    """`[key, row or nil, held]` of every entity whose newest old row is no more."""
    view, data_id = request.view, request.data_id
    if not connection.execute(f"SELECT count(*) FROM {_GONE}").fetchall()[0][0]:
        return
    _create_newest(connection, view, _REST, request.rest, among=_GONE)
    on = " AND ".join(f"gone.{quoted(key.name)} = rest.{quoted(key.name)}" for key in view.keys) or "true"
    query = (
        f"SELECT CASE WHEN rest.{EVENT} IS NOT NULL THEN {_packable(view, 'rest')} END, "
        f"epoch_us(gone.{EVENT}), epoch_us(gone.{CREATED}), gone.{COMMIT}{_key_values(view, 'gone')} "
        f"FROM {_GONE} AS gone LEFT JOIN {_REST} AS rest ON {on}"
    )
    for row, event, created, commit, *keys in _fetched(connection, query):
        yield packed_key(data_id, keys), row, packed_order(event, created, commit)


# ---------------------------------------------------------------- choosing rows


def _create_newest(
    connection: duckdb.DuckDBPyConnection, view: View, table: str, slices: Sequence[Slice], *, among: str | None = None
) -> None:
    """One row an entity: the greatest by (event, created, commit)."""
    source = f"({visible_rows(view, slices, [column.name for column in row_columns(view)])})"
    if among is not None and view.keys:
        source = f"(FROM {source} SEMI JOIN {among} USING ({_keys(view)}))"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {source} QUALIFY {_is_newest(view)}")


def _is_newest(view: View) -> str:
    by_key = f"PARTITION BY {_keys(view)} " if view.keys else ""
    return f"row_number() OVER ({by_key}ORDER BY {EVENT} DESC, {CREATED} DESC, {COMMIT} DESC) = 1"


def _create_gone(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> None:
    """Entities whose newest old row stood above their newest new one; their keys and that row's order."""
    view = request.view
    source = f"({visible_rows(view, request.old, [*(key.name for key in view.keys), EVENT, CREATED])})"
    on = " AND ".join(f"old.{quoted(key.name)} = new.{quoted(key.name)}" for key in view.keys) or "true"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_GONE} AS SELECT old.* FROM "
        f"(SELECT * FROM {source} QUALIFY {_is_newest(view)}) AS old LEFT JOIN {_NEW} AS new ON {on} "
        f"WHERE new.{EVENT} IS NULL OR row(old.{EVENT}, old.{CREATED}, old.{COMMIT}) "
        f"> row(new.{EVENT}, new.{CREATED}, new.{COMMIT})"
    )


def _latest(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> int | None:
    """The newest event of what is visible after the commit."""
    slices = [*request.new, *request.rest]
    return connection.execute(
        f"SELECT epoch_us(max({EVENT})) FROM ({visible_rows(request.view, slices, [EVENT])})"
    ).fetchall()[0][0]


# ---------------------------------------------------------------- putting rows together


def _keys(view: View) -> str:
    return columns_of(key.name for key in view.keys)


def _key_values(view: View, alias: str) -> str:
    """To follow other columns."""
    names = [(f"{alias}.{quoted(key.name)}", key.value_type is ValueType.TIMESTAMP) for key in view.keys]
    return "".join(f", epoch_us({name})" if is_moment else f", {name}" for name, is_moment in names)


def _packable(view: View, alias: str) -> str:
    """The row as `domain.packing` lays it out, made a column at a time: one BLOB."""
    order = [_big_endian(number) for number in (f"epoch_us({alias}.{EVENT})", f"epoch_us({alias}.{CREATED})")]
    header = " || ".join([*order, _big_endian(f"{alias}.{COMMIT}", offset=0), f"{alias}.{RUN}", *_bitmap(view, alias)])
    texts = [json_text(f"{alias}.{quoted(feature.name)}", feature.value_type) for feature in view.features]
    joined = "concat_ws(',', " + ", ".join(f"coalesce({text}, 'null')" for text in texts) + ")" if texts else "''"
    return f"unhex({header}) || encode({joined})"


def _big_endian(number: str, offset: int = 1 << 63) -> str:
    return f"lpad(to_hex(CAST(CAST({number} AS HUGEINT) + {offset}::HUGEINT AS UBIGINT)), 16, '0')"


def _bitmap(view: View, alias: str) -> list[str]:
    """Two hex digits for every eight features."""
    return [
        "lpad(to_hex("
        + " + ".join(
            f"CASE WHEN {alias}.{quoted(feature.name)} IS NULL THEN {1 << bit} ELSE 0 END"
            for bit, feature in enumerate(view.features[first : first + 8])
        )
        + "), 2, '0')"
        for first in range(0, len(view.features), 8)
    ]


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _write(file: BinaryIO, rows: Iterable[Sequence[bytes | None]]) -> int:
    """The stream is the inside of one long array: a batch is encoded at once, and its array's header left out."""
    encoder = msgspec.msgpack.Encoder()
    count = 0
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        header = 1 if len(batch) < 16 else 3
        file.write(memoryview(encoder.encode(batch))[header:])
        count += len(batch)
    return count
