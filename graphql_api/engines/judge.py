"""Checks that judge a run as a whole, over all that it staged."""

from collections.abc import Sequence
from typing import cast

import duckdb

from graphql_api.engines.checks import sample
from graphql_api.engines.layout import row_columns
from graphql_api.engines.shapes import Check, CheckResult, JudgeRun, Value
from graphql_api.engines.text import columns_of, listed, quoted

_ALL = "__all"
_SHARED = "__shared"


def judge_run(connection: duckdb.DuckDBPyConnection, request: JudgeRun) -> list[CheckResult]:
    """A check that fails has `failed` > 0; of ROW_COUNT, `observed` is the count."""
    columns = row_columns(request.view)
    connection.execute(
        f"CREATE TEMP VIEW {_ALL} AS {_rows(columns, request.rows)} UNION ALL {_rows(columns, request.quarantined)}"
    )
    results: list[CheckResult] = []
    for check in request.view.checks:
        match check.check:
            case "UNIQUE":
                results.append(_unique(connection, request, check))
            case "ROW_COUNT":
                results.append(_row_count(connection, request, check))
            case _:
                continue
    return results


def _rows(columns: Sequence[Value], paths: Sequence[str]) -> str:
    if paths:
        return f"SELECT {columns_of(c.name for c in columns)} FROM read_parquet({listed(paths)}, union_by_name=true)"
    nothing = ", ".join(f"CAST(NULL AS {c.value_type.sql}) AS {quoted(c.name)}" for c in columns)
    return f"SELECT {nothing} WHERE false"


def _unique(connection: duckdb.DuckDBPyConnection, request: JudgeRun, check: Check) -> CheckResult:
    """Every row that shares its values with another fails; one with a null among them passes."""
    chosen = cast("list[str]", check.parameters.get("columns") or [check.feature])
    names = columns_of(chosen)
    given = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in chosen)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_SHARED} AS SELECT * FROM {_ALL} SEMI JOIN "
        f"(SELECT {names} FROM {_ALL} WHERE {given} GROUP BY {names} HAVING count(*) > 1) AS shared USING ({names})"
    )
    failed = connection.execute(f"SELECT count(*) FROM {_SHARED}").fetchall()[0][0]
    shown = sample(connection, request.view, _SHARED, "true") if failed else []
    return CheckResult(check.id, None, failed, None, shown)


def _row_count(connection: duckdb.DuckDBPyConnection, request: JudgeRun, check: Check) -> CheckResult:
    query = f"SELECT count(*) FROM ({_rows(row_columns(request.view), request.rows)})"
    count = connection.execute(query).fetchall()[0][0]
    least, most = check.parameters.get("min"), check.parameters.get("max")
    outside = (isinstance(least, int | float) and count < least) or (isinstance(most, int | float) and count > most)
    return CheckResult(check.id, None, int(outside), count)
