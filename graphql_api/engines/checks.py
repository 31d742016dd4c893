"""Checks that look at one row each, as SQL conditions under which a row fails. NULL passes all but NOT_NULL."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

import duckdb

from graphql_api.domain.times import parse_moment, to_micros
from graphql_api.domain.types import ValueType
from graphql_api.engines.gate import pass_expression
from graphql_api.engines.json_text import as_rows, fetch, shown
from graphql_api.engines.layout import row_columns, sorted_by_identity
from graphql_api.engines.problems import refuse
from graphql_api.engines.shapes import SAMPLE_ROWS, Check, CheckResult, Value, View
from graphql_api.engines.text import literal, quoted
from graphql_api.engines.types import is_list

QUARANTINE = "QUARANTINE"


def failing(connection: duckdb.DuckDBPyConnection, view: View) -> dict[str, str]:
    """By the id of each row check of the view: when a row fails it, never NULL."""
    columns = {column.name: column for column in row_columns(view)}
    conditions: dict[str, str] = {}
    for check in view.checks:
        condition = _condition(connection, check, columns)
        if condition is not None:
            conditions[check.id] = f"coalesce({condition}, false)"
    return conditions


def judge(
    connection: duckdb.DuckDBPyConnection, view: View, table: str, conditions: Mapping[str, str]
) -> list[CheckResult]:
    """How many rows of `table` fail each check, and some of them."""
    if not conditions:
        return []
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    checked, *failed = connection.execute(f"SELECT count(*), {counts} FROM {quoted(table)}").fetchall()[0]
    return [
        CheckResult(check_id, checked, count, None, sample(connection, view, table, condition) if count else [])
        for (check_id, condition), count in zip(conditions.items(), failed, strict=True)
    ]


def sample(connection: duckdb.DuckDBPyConnection, view: View, table: str, condition: str) -> list[dict[str, object]]:
    """A few rows for people, the same ones every time."""
    columns = row_columns(view)
    query = (
        f"SELECT {shown(columns)} FROM {quoted(table)} WHERE {condition} "
        f"ORDER BY {sorted_by_identity(view)} LIMIT {SAMPLE_ROWS}"
    )
    return as_rows(columns, fetch(connection, query))


def quarantine_condition(checks: Sequence[Check], conditions: Mapping[str, str]) -> str:
    """When a row is kept out."""
    chosen = [conditions[check.id] for check in checks if check.severity == QUARANTINE and check.id in conditions]
    return " OR ".join(chosen) if chosen else "false"


def failed_ids(checks: Sequence[Check], conditions: Mapping[str, str]) -> str:
    """SQL for the ids of the QUARANTINE checks that a row fails."""
    ids = ", ".join(
        f"CASE WHEN {conditions[check.id]} THEN {literal(check.id)} END"
        for check in checks
        if check.severity == QUARANTINE and check.id in conditions
    )
    return f"list_filter([{ids}]::VARCHAR[], lambda id: id IS NOT NULL)"


def _condition(connection: duckdb.DuckDBPyConnection, check: Check, columns: Mapping[str, Value]) -> str | None:
    if check.check == "SQL":
        return f"NOT ({pass_expression(connection, str(check.parameters['expression']))})"
    if check.check not in ("NOT_NULL", "IN_RANGE", "IN_SET", "MATCHES", "LENGTH"):
        return None
    column = columns.get(check.feature or "")
    if column is None:
        refuse("CHECK_FAILED", f"A {check.check} check looks at {check.feature!r}, which the rows do not have.")
    name, value_type = quoted(column.name), column.value_type
    match check.check:
        case "NOT_NULL":
            return f"{name} IS NULL"
        case "IN_RANGE":
            return _outside(name, check.parameters, lambda value, side: _bound(value, value_type, side))
        case "LENGTH":
            length = f"len({name})" if is_list(value_type) else f"length({name})"
            return _outside(length, check.parameters, lambda value, side: _bound(value, ValueType.INT64, side))
        case "IN_SET":
            values = cast("list[object]", check.parameters["values"])
            texts = [value_literal(value, value_type) for value in values if value is not None]
            return f"{name} NOT IN ({', '.join(texts)})" if texts else f"{name} IS NOT NULL"
        case _:
            return f"NOT regexp_full_match({name}, {literal(str(check.parameters['pattern']))})"


def _outside(name: str, parameters: Mapping[str, object], bound: Callable[[object, str], str]) -> str:
    sides = [
        f"{name} {operator} {bound(parameters[side], side)}"
        for side, operator in (("min", "<"), ("max", ">"))
        if parameters.get(side) is not None
    ]
    return f"({' OR '.join(sides)})" if sides else "false"


def _bound(value: object, value_type: ValueType, side: str) -> str:
    """A fractional bound of whole numbers is the next whole number inside."""
    if value_type is ValueType.INT64 and isinstance(value, float):
        value = math.ceil(value) if side == "min" else math.floor(value)
    return value_literal(value, value_type)


def value_literal(value: object, value_type: ValueType) -> str:
    """A parameter of a check as SQL of the type that it is compared with."""
    match value_type, value:
        case ValueType.BOOL, bool():
            return "true" if value else "false"
        case ValueType.INT64, int() if not isinstance(value, bool):
            return f"({value})::HUGEINT" if abs(value) >= 1 << 63 else f"({value})::BIGINT"
        case ValueType.INT64, float() if value.is_integer():
            return f"({int(value)})::HUGEINT"
        case ValueType.INT64, float():
            return f"({value!r})::DOUBLE"
        case ValueType.FLOAT64, int() | float() if not isinstance(value, bool):
            return f"'{float(value)!r}'::DOUBLE"
        case ValueType.STRING, str():
            return literal(value)
        case ValueType.TIMESTAMP, datetime():
            return f"make_timestamptz({to_micros(value)}::BIGINT)"
        case ValueType.TIMESTAMP, str():
            return f"make_timestamptz({parse_moment(value)}::BIGINT)"
        case _:
            return refuse("CHECK_FAILED", f"{value!r} cannot be compared with values of {value_type}.")
