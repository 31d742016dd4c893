"""How a view's rows are made: one of four forms, each told by a key of its own."""

from graphql_api.definitions.json_schema.words import (
    Schema,
    distinct,
    duration,
    feature_name,
    input_reference,
    items,
    mapping,
    name,
    some,
    text,
    when,
    word,
)
from graphql_api.domain.enums import AggregateFunction
from graphql_api.domain.types import ValueType

TYPES = (
    "BOOL, INT64 (exact), FLOAT64, STRING, TIMESTAMP (UTC, microseconds), or lists of the first four (nulls inside "
    "are kept)."
)
_DESCRIPTION = text("How it works, for people.", default="")
_COUNT = AggregateFunction.COUNT

SQL: Schema = mapping(
    "One SELECT over sources and other views.",
    {
        "description": _DESCRIPTION,
        "sources": distinct(
            "What the SQL reads, each a relation of its name.",
            input_reference(
                "A data source, or a view: some_view is pinned to its newest version when it is first applied, and "
                "stays there; some_view@2 names one."
            ),
        ),
        "lookback": duration("How far behind an output row, by event time, the SQL looks.", default="0s"),
        "sql": text(
            "One SELECT in the DuckDB dialect, in a UTC session. It gives the join keys, event_timestamp, each feature "
            "with a type that fits, and may give created_timestamp; it sees its sources and nothing else. An output "
            "row at t may depend on source rows in [t - lookback, t] alone."
        ),
    },
    ["sources", "sql"],
    title="SQL",
)

AGGREGATE: Schema = mapping(
    "One feature: a function over the events in a window.",
    {
        "feature": feature_name("The feature that it makes."),
        "function": word(
            "COUNT and COUNT_DISTINCT give INT64; SUM gives INT64 of INT64 and FLOAT64 of others; MEAN, STDDEV (of the "
            "sample) and the percentiles P50, P95 and P99 give FLOAT64; MIN, MAX, FIRST and LAST the column's type. "
            "Nulls of the column are skipped.",
            AggregateFunction,
        ),
        "column": text("The source's column that is looked at. COUNT may go without: then it counts events."),
        "window": duration("How long an event counts; a multiple of `every`.", positive=True),
        "filter": text("One scalar expression over the source's columns: an event counts where it is true."),
    },
    ["feature", "function", "window"],
    **when(
        {"properties": {"function": {"not": {"const": _COUNT.value}}}, "required": ["function"]},
        {"properties": {"column": {"type": "string"}}, "required": ["column"]},
    ),
)

AGGREGATION: Schema = mapping(
    "Windowed aggregates of one source, with a row at each boundary where they change.",
    {
        "description": _DESCRIPTION,
        "source": text("A data source with an event timestamp."),
        "every": duration("The step of the boundaries, which are its multiples from 1970 (UTC).", positive=True),
        "offset": duration("Moves the boundaries; shorter than `every`.", default="0s"),
        "aggregations": some("The features.", AGGREGATE),
    },
    ["source", "every", "aggregations"],
    title="Aggregations",
)

EXPRESSION: Schema = mapping(
    "One feature, by an expression.",
    {
        "feature": feature_name("The feature that it makes."),
        "type": word(f"Follows from the expression where it is left out; else it must fit. {TYPES}", ValueType),
        "expression": text(
            "One scalar expression of the DuckDB dialect over the features of `views` (view.feature where two hold the "
            "name), the request's columns and `moment`, the time asked for. No subquery, aggregate, window or function "
            "that is not deterministic. Null inputs give null unless it says otherwise.",
            pattern=r"\S",
        ),
    },
    ["feature", "expression"],
)

REQUEST_VALUE: Schema = mapping(
    "One value of the request.",
    {
        "name": {**name("What the caller calls the column."), "not": {"const": "moment"}},
        "type": word(TYPES, ValueType),
    },
    ["name", "type"],
)

ON_DEMAND: Schema = mapping(
    "Expressions, evaluated when they are asked for, the same online and in training data.",
    {
        "description": _DESCRIPTION,
        "views": items(
            "The stored views whose features the expressions use.",
            input_reference("A view: pinned to its newest version when it is first applied; some_view@2 names one."),
            uniqueItems=True,
        ),
        "request": items("What a caller sends beside the join keys.", REQUEST_VALUE),
        "expressions": some("The features.", EXPRESSION),
    },
    ["expressions"],
    title="Expressions",
)

PUSH_SOURCE: Schema = mapping(
    "Empty, or with the source of its history.",
    {"source": text("A data source with an event timestamp, whose rows runs load as history.")},
)

PUSH: Schema = mapping(
    "Values that a program pushes.",
    {"description": _DESCRIPTION, "push": PUSH_SOURCE},
    ["push"],
    title="Push",
)

FORMS = (SQL, AGGREGATION, ON_DEMAND, PUSH)
TRANSFORMATION: Schema = {
    "description": "How the rows are made, in one of four forms: sources and sql; source, every and aggregations; "
    "views and expressions; or push.",
    "oneOf": list(FORMS),
}
