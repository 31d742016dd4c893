"""Spines and views for tests of the join: written as the offline store and a data scientist write them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import JoinedView, JoinKey
from graphql_api.engines.shapes import Slice, Value

# PyArrow has no types.
pa: Any = pyarrow
pq: Any = pyarrow.parquet
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = pa.timestamp("us", tz="UTC")
_ARROW = {
    ValueType.INT64: pa.int64(),
    ValueType.STRING: pa.string(),
    ValueType.FLOAT64: pa.float64(),
    ValueType.BOOL: pa.bool_(),
    ValueType.TIMESTAMP: MOMENT,
    ValueType.FLOAT64_LIST: pa.list_(pa.float64()),
}


def moment(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def write_table(path: Path, columns: Mapping[str, tuple[Sequence[Any], Any]]) -> str:
    """Columns in their order, each with its values and its type; moments as microseconds."""
    arrays = {
        name: pa.array(
            [moment(one) if isinstance(one, int) else one for one in held] if data_type == MOMENT else held,
            type=data_type,
        )
        for name, (held, data_type) in columns.items()
    }
    pq.write_table(pa.table(arrays), path)
    return str(path)


def write_rows(
    path: Path,
    keys: Sequence[Value],
    features: Sequence[Value],
    rows: Sequence[tuple[Sequence[Any], int, int, Sequence[Any]]],
    *,
    kept: Sequence[tuple[int, str]] | None = None,
) -> str:
    """A staged file of `(key, event, created, values)`, sorted as the engine stages; `kept`: commit and run of each."""
    places = sorted(range(len(rows)), key=lambda at: (*rows[at][0], rows[at][1], rows[at][2]))
    ordered = [rows[at] for at in places]
    columns: dict[str, tuple[Sequence[Any], Any]] = {}
    for at, key in enumerate(keys):
        columns[key.name] = ([row[0][at] for row in ordered], _ARROW[key.value_type])
    columns["event_timestamp"] = ([row[1] for row in ordered], MOMENT)
    columns["created_timestamp"] = ([row[2] for row in ordered], MOMENT)
    for at, feature in enumerate(features):
        columns[feature.name] = ([row[3][at] for row in ordered], _ARROW[feature.value_type])
    if kept is not None:
        columns["__commit"] = ([kept[at][0] for at in places], pa.int64())
        columns["__run"] = ([kept[at][1] for at in places], pa.string())
    return write_table(path, columns)


def joined(
    name: str,
    keys: Mapping[str, Value],
    features: Sequence[Value],
    slices: Sequence[Slice],
    **more: Any,
) -> JoinedView:
    """`keys`: by the column of the spine, in the view's order."""
    joined_keys = [JoinKey(key.name, column, key.value_type) for column, key in keys.items()]
    return JoinedView(name, joined_keys, list(features), list(slices), **more)


def read_all(paths: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the files, one after the other; moments as microseconds."""
    rows: list[dict[str, Any]] = [row for path in paths for row in pq.read_table(path).to_pylist()]
    return [
        {name: (v - EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for name, v in row.items()}
        for row in rows
    ]
