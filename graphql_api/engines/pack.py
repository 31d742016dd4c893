"""Online rows of a commit, packed as `domain.packing` lays them out: each entity's newest row, and what becomes of
those whose newest row the commit took away.

DuckDB chooses the rows and writes their JSON a column at a time; a row is then put together once.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import msgspec

from graphql_api.domain.packing import bitmap_bytes, joined_row, packed_key, packed_order
from graphql_api.domain.types import ValueType
from graphql_api.engines.json_text import json_text
from graphql_api.engines.layout import COMMIT, CREATED, EVENT, RUN, row_columns, visible_rows
from graphql_api.engines.shapes import PackedFile, PackOnline, Slice, Value, View
from graphql_api.engines.text import columns_of, quoted

_BATCH = 20_000
_WORD = 64
_NEW, _GONE = "__new", "__gone"


def pack_online(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> PackedFile:
    view = request.view
    path = Path(request.folder) / f"online-{request.commit}.msgpack"
    _create_newest(connection, view, _NEW, request.new)
    _create_gone(connection, request)
    with path.open("wb") as file:
        count = _write(file, _plain(connection, request))
        count += _write(file, _taken_away(connection, request))
    return PackedFile(str(path), count, _latest(connection, request))


def _plain(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> Iterator[list[bytes | None]]:
    """`[key, row]` of every entity whose newest row is one of the new ones."""
    view = request.view
    gone = "" if not view.keys else f"ANTI JOIN {_GONE} USING ({_keys(view)})"
    query = f"SELECT {_packable(view, _NEW)} FROM {_NEW} {gone}"
    if not view.keys:
        query += f" WHERE NOT EXISTS (FROM {_GONE})"
    return map(_Packer(request).packed, _fetched(connection, query))


def _taken_away(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> Iterator[list[bytes | None]]:
    """`[key, row or nil, held]` of every entity whose newest old row is no more."""
    view = request.view
    if not connection.execute(f"SELECT count(*) FROM {_GONE}").fetchall()[0][0]:
        return
    _create_newest(connection, view, "__rest", request.rest, among=_GONE)
    on = " AND ".join(f"gone.{quoted(k.name)} = rest.{quoted(k.name)}" for k in view.keys) or "true"
    held = f"epoch_us(gone.{EVENT}), epoch_us(gone.{CREATED}), gone.{COMMIT}, rest.{EVENT} IS NULL, "
    keys = ", ".join(f"{_key_value(key, 'gone')}" for key in view.keys)
    query = (
        f"SELECT {held} {keys + ', ' if keys else ''}{_packable(view, 'rest', with_keys=False)} "
        f"FROM {_GONE} AS gone LEFT JOIN __rest AS rest ON {on}"
    )
    packer = _Packer(request)
    for event, created, commit, nothing, *rest in _fetched(connection, query):
        row = tuple(rest)
        replaced = [packer.key(row), None] if nothing else packer.packed(row)
        yield [*replaced, packed_order(event, created, commit)]


# ---------------------------------------------------------------- choosing rows


def _create_newest(
    connection: duckdb.DuckDBPyConnection, view: View, table: str, slices: Sequence[Slice], *, among: str | None = None
) -> None:
    """One row an entity: the greatest by (event, created, commit)."""
    names = [column.name for column in row_columns(view)]
    keys = _keys(view)
    source = f"({visible_rows(view, slices, names)})"
    if among is not None and keys:
        source = f"(FROM {source} SEMI JOIN {among} USING ({keys}))"
    others = [name for name in names if name not in {key.name for key in view.keys}]
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in [*others, COMMIT, RUN])
    order = f"row({EVENT}, {CREATED}, {COMMIT})"
    newest = f"SELECT {keys + ', ' if keys else ''}arg_max(struct_pack({packed}), {order}) AS newest FROM {source}"
    newest += f" GROUP BY {keys}" if keys else " HAVING count(*) > 0"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {keys + ', ' if keys else ''}unnest(newest) FROM ({newest})"
    )


def _create_gone(connection: duckdb.DuckDBPyConnection, request: PackOnline) -> None:
    """Entities whose newest old row stood above their newest new one; their keys and that row's order."""
    view = request.view
    keys = _keys(view)
    source = f"({visible_rows(view, request.old, [*(k.name for k in view.keys), EVENT, CREATED])})"
    order = f"row({EVENT}, {CREATED}, {COMMIT})"
    named = f"struct_pack({EVENT} := {EVENT}, {CREATED} := {CREATED}, {COMMIT} := {COMMIT})"
    newest = f"SELECT {keys + ', ' if keys else ''}arg_max({named}, {order}) AS newest FROM {source}"
    newest += f" GROUP BY {keys}" if keys else " HAVING count(*) > 0"
    on = " AND ".join(f"old.{quoted(k.name)} = new.{quoted(k.name)}" for k in view.keys) or "true"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_GONE} AS SELECT old.* FROM "
        f"(SELECT {keys + ', ' if keys else ''}unnest(newest) FROM ({newest})) AS old LEFT JOIN {_NEW} AS new ON {on} "
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


def _key_value(key: Value, alias: str) -> str:
    name = f"{alias}.{quoted(key.name)}"
    return f"epoch_us({name})" if key.value_type is ValueType.TIMESTAMP else name


def _packable(view: View, alias: str, *, with_keys: bool = True) -> str:
    """Keys, event, created, commit, run, words of null bits, the features' texts: what `_row` takes."""
    texts = [json_text(f"{alias}.{quoted(f.name)}", f.value_type) for f in view.features]
    words = [
        " + ".join(
            f"CASE WHEN {alias}.{quoted(f.name)} IS NULL THEN {1 << bit}::UBIGINT ELSE 0::UBIGINT END"
            for bit, f in enumerate(view.features[first : first + _WORD])
        )
        for first in range(0, len(view.features), _WORD)
    ]
    joined = "concat_ws(',', " + ", ".join(f"coalesce({text}, 'null')" for text in texts) + ")" if texts else "''"
    keys = [_key_value(key, alias) for key in view.keys] if with_keys else []
    order = [f"epoch_us({alias}.{EVENT})", f"epoch_us({alias}.{CREATED})", f"{alias}.{COMMIT}", f"{alias}.{RUN}"]
    return ", ".join([*keys, *order, *words, joined])


class _Packer:
    """Puts the bytes of one row together; what it is given, `_packable` says."""

    def __init__(self, request: PackOnline) -> None:
        self._data_id = request.data_id
        self._keys = len(request.view.keys)
        self._bitmap = bitmap_bytes(len(request.view.features))
        self._runs: dict[str, bytes] = {}

    def packed(self, row: tuple[Any, ...]) -> list[bytes | None]:
        keys = row[: self._keys]
        event, created, commit, run, *words, text = row[self._keys :]
        if (run_id := self._runs.get(run)) is None:
            run_id = self._runs[run] = bytes.fromhex(run)
        nulls = b"".join(word.to_bytes(_WORD // 8, "little") for word in words)[: self._bitmap]
        order = packed_order(event, created, commit)
        return [packed_key(self._data_id, keys), joined_row(order, run_id, nulls, text.encode())]

    def key(self, row: tuple[Any, ...]) -> bytes:
        return packed_key(self._data_id, row[: self._keys])


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _write(file: BinaryIO, rows: Iterable[list[bytes | None]]) -> int:
    encoder = msgspec.msgpack.Encoder()
    count = 0
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        file.write(b"".join(map(encoder.encode, batch)))
        count += len(batch)
    return count
