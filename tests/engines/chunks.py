"""Sources of one shape and views over them, for chunks of a few rows."""

from typing import Any

from graphql_api.engines.shapes import Relation, View
from tests.engines.support import HOUR, JAN, Bench, a_view, at, columns


def row(k: str | None, hours: float | None, v: int | float | None = 1, created: float | None = None) -> str:
    def moment(hour: float | None) -> str:
        return "NULL" if hour is None else at(JAN + int(hour * HOUR))

    key = "NULL" if k is None else f"'{k}'"
    value = "NULL" if v is None else f"'{v}'::DOUBLE"
    return f"({key}, {moment(hours)}, {moment(hours if created is None else created)}, {value})"


def source(bench: Bench, *rows: str) -> Relation:
    table = f"(VALUES {', '.join(rows)}) AS r(k, t, c, v)"
    file = bench.source(f"SELECT k::VARCHAR AS k, t::TIMESTAMPTZ AS t, c::TIMESTAMPTZ AS c, v FROM {table}")
    names = columns("k VARCHAR", "t TIMESTAMP WITH TIME ZONE", "c TIMESTAMP WITH TIME ZONE", "v DOUBLE")
    return Relation("src", names, event_timestamp="t", created_timestamp="c", files=[file])


def over(*relations: Relation, value: str = "v", **options: Any) -> View:
    sql = f"SELECT k, t AS event_timestamp, c AS created_timestamp, {value} AS v FROM src"
    chosen: dict[str, Any] = {"features": ["v:FLOAT64"], "has_created": True} | options
    return a_view(sql, list(relations), **chosen)
