"""Which rows of a spine go to which split: the same rows and the same seed give the same splits, for ever.

By fraction, the rows (or the entities) are put in the order of `sha256("<seed>:<name>")`, written as hex, and that
order is cut at the fractions, so that each split holds its share to the nearest whole. A row's name is its number in
the spine, from 0. An entity's name is its values in all join key columns, in the order of the columns' names, each as
`<length in characters>:<text>`, or `-` for null, so that a null key is a value like any other; the text of a moment is
its microseconds. SHA-256 is a standard, which no release of any library can change.
"""

from itertools import accumulate

import duckdb

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import Join, Split, Splits
from graphql_api.engines.point_in_time import Asked
from graphql_api.engines.text import literal

CHOSEN = "__chosen"
LEFT_OUT = -1


def create_chosen(connection: duckdb.DuckDBPyConnection, join: Join, asked: Asked, splits: Splits) -> None:
    """Makes `__chosen`: for every row of the spine, in its order, `i` and in `split` the place among the splits."""
    match splits.by:
        case "ROW":
            rows = _cut(f"SELECT i AS name FROM {asked.relation}", splits)
            query = f"SELECT name AS i, split FROM ({rows})"
        case "ENTITY":
            named = f"SELECT i, {_entity_name(join, asked)} AS name FROM {asked.relation}"
            entities = _cut(f"SELECT DISTINCT name FROM ({named})", splits)
            query = f"SELECT i, split FROM ({named}) JOIN ({entities}) USING (name)"
        case _:
            ranges = " ".join(f"WHEN {_within(split)} THEN {at}" for at, split in enumerate(splits.parts))
            query = f"SELECT i, CASE {ranges} ELSE {LEFT_OUT} END AS split FROM {asked.relation}"
    connection.execute(f"CREATE TEMP TABLE {CHOSEN} AS SELECT i, split::SMALLINT AS split FROM ({query}) ORDER BY i")


def _cut(names: str, splits: Splits) -> str:
    """Each name with its split: the first whose end, rounded to the nearest whole, lies behind the name's number."""
    hashed = f"sha256({literal(f'{splits.seed}:')} || name)"
    numbered = (
        f"SELECT name, row_number() OVER (ORDER BY {hashed}, name) - 1 AS number, count(*) OVER () AS total "
        f"FROM ({names})"
    )
    ends = accumulate(split.fraction or 0.0 for split in splits.parts)
    whens = [f"WHEN number < round(total * {end!r}::DOUBLE) THEN {at}" for at, end in enumerate(ends)][:-1]
    cut = f"CASE {' '.join(whens)} ELSE {len(whens)} END" if whens else "0"
    return f"SELECT name, {cut} AS split FROM ({numbered})"


def _entity_name(join: Join, asked: Asked) -> str:
    keys = {key.column: key.value_type for view in join.views for key in view.keys}
    parts = [_part(asked.keys[column, value_type], value_type) for column, value_type in sorted(keys.items())]
    return " || ".join(parts) if parts else "''"


def _part(column: str, value_type: ValueType) -> str:
    text = f"CAST({f'epoch_us({column})' if value_type is ValueType.TIMESTAMP else column} AS VARCHAR)"
    return f"CASE WHEN {column} IS NULL THEN '-' ELSE length({text}) || ':' || {text} END"


def _within(split: Split) -> str:
    bounds = ["t IS NOT NULL"]
    bounds += [] if split.start is None else [f"t >= {split.start}"]
    bounds += [] if split.end is None else [f"t < {split.end}"]
    return " AND ".join(bounds)
