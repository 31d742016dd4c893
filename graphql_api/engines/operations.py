"""Which module answers which request."""

from collections.abc import Callable, Sequence

import duckdb

from graphql_api.engines.causality import check_causality
from graphql_api.engines.compute import compute_chunk
from graphql_api.engines.describe import check_expression, check_pattern, describe_sql
from graphql_api.engines.expressions import type_expression
from graphql_api.engines.files import describe_files
from graphql_api.engines.join_shapes import (
    AnswerMoments,
    CheckSpine,
    JoinProgress,
    JoinSpine,
    MeasureSpine,
    SampleKeys,
    Timeline,
)
from graphql_api.engines.join_spine import ignored, join_spine
from graphql_api.engines.judge import judge_run
from graphql_api.engines.merge import merge_rows
from graphql_api.engines.moments import answer_moments
from graphql_api.engines.pack import pack_online
from graphql_api.engines.plan import plan_chunks
from graphql_api.engines.problems import Refused, compute_problem
from graphql_api.engines.read import read_rows
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import (
    CheckCausality,
    CheckExpression,
    CheckPattern,
    CheckText,
    ComputeChunk,
    DescribeFiles,
    DescribeSql,
    JudgeRun,
    MergeRows,
    PackOnline,
    PlanChunks,
    ReadRows,
    TypeExpression,
)
from graphql_api.engines.spine import check_spine, measure_spine
from graphql_api.engines.texts import check_text
from graphql_api.engines.timeline import sample_keys, timeline


def answer(
    connection: duckdb.DuckDBPyConnection, request: Request, tell: Callable[[JoinProgress], None] = ignored
) -> object:
    """The answer that the request's docstring names. `tell`: is called with how far a join is.

    Raises:
        Refused: with the problem, whatever went wrong.
    """
    try:
        return _answer(connection, request, tell)
    except duckdb.Error as error:
        raise Refused(compute_problem(error)) from error


def writable_folders(request: Request) -> Sequence[str]:
    return [request.folder] if isinstance(request, ComputeChunk | PackOnline | MergeRows | JoinSpine) else []


def computes_values(request: Request) -> bool:
    """Such a request gets one thread: with more, sums of floats and the order among equals differ from time to time,
    and the same inputs would not give the same bytes."""
    return isinstance(request, ComputeChunk | CheckCausality)


def _answer(connection: duckdb.DuckDBPyConnection, request: Request, tell: Callable[[JoinProgress], None]) -> object:
    match request:
        case DescribeFiles():
            return describe_files(connection, request)
        case DescribeSql():
            return describe_sql(connection, request)
        case CheckExpression():
            return check_expression(connection, request)
        case TypeExpression():
            return type_expression(connection, request)
        case CheckText():
            return check_text(connection, request)
        case CheckPattern():
            return check_pattern(connection, request)
        case PlanChunks():
            return plan_chunks(connection, request)
        case ComputeChunk():
            return compute_chunk(connection, request)
        case CheckCausality():
            return check_causality(connection, request)
        case JudgeRun():
            return judge_run(connection, request)
        case PackOnline():
            return pack_online(connection, request)
        case MergeRows():
            return merge_rows(connection, request)
        case ReadRows():
            return read_rows(connection, request)
        case JoinSpine():
            return join_spine(connection, request, tell)
        case CheckSpine():
            return check_spine(connection, request.join, request.spine)
        case MeasureSpine():
            return measure_spine(connection, request.join, request.spine)
        case AnswerMoments():
            return answer_moments(connection, request)
        case Timeline():
            return timeline(connection, request)
        case SampleKeys():
            return sample_keys(connection, request)
