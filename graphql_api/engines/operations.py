"""Which module answers which request."""

from collections.abc import Sequence

import duckdb

from graphql_api.engines.describe import check_expression, describe_sql
from graphql_api.engines.files import describe_files
from graphql_api.engines.problems import Refused, compute_problem
from graphql_api.engines.shapes import (
    CheckCausality,
    CheckExpression,
    ComputeChunk,
    DescribeFiles,
    DescribeSql,
    JudgeRun,
    PackOnline,
    PlanChunks,
    ReadRows,
    Request,
)


def answer(connection: duckdb.DuckDBPyConnection, request: Request) -> object:
    """The answer that the request's docstring names.

    Raises:
        Refused: with the problem, whatever went wrong.
    """
    try:
        return _answer(connection, request)
    except duckdb.Error as error:
        raise Refused(compute_problem(error)) from error


def writable_folders(request: Request) -> Sequence[str]:
    return [request.folder] if isinstance(request, ComputeChunk | PackOnline) else []


def _answer(connection: duckdb.DuckDBPyConnection, request: Request) -> object:
    match request:
        case DescribeFiles():
            return describe_files(connection, request)
        case DescribeSql():
            return describe_sql(connection, request)
        case CheckExpression():
            return check_expression(connection, request)
        case PlanChunks() | ComputeChunk() | CheckCausality() | JudgeRun() | PackOnline() | ReadRows():
            raise NotImplementedError
