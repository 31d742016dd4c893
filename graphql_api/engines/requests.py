"""Whatever the engine may be asked for, as it crosses the border of the sandbox."""

from graphql_api.engines.join_shapes import AnswerMoments, CheckSpine, JoinSpine, MeasureSpine, SampleKeys, Timeline
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

Request = (
    DescribeFiles
    | DescribeSql
    | CheckExpression
    | TypeExpression
    | CheckText
    | CheckPattern
    | PlanChunks
    | ComputeChunk
    | CheckCausality
    | JudgeRun
    | PackOnline
    | MergeRows
    | ReadRows
    | JoinSpine
    | CheckSpine
    | AnswerMoments
    | Timeline
    | MeasureSpine
    | SampleKeys
)
