"""The keys of every mapping that definitions hold, and where keys belong that people write in the place of others."""

from collections.abc import Mapping

from graphql_api.domain.enums import DefinitionKind, TransformationKind

Elsewhere = Mapping[str, tuple[str, str]]
"""By a key that is none: the key of the same mapping that it stands for (empty: none), and what to write."""

ABOUT = ("name", "description", "owner", "tags")
ENTITY = (*ABOUT, "joinKeys")
DATA_SOURCE = (*ABOUT, "files", "eventTimestamp", "createdTimestamp", "timezone", "columns")
FEATURE_VIEW = (
    *ABOUT,
    "entities",
    "ttl",
    "delay",
    "since",
    "schedule",
    "publish",
    "transformation",
    "features",
    "validations",
    "freshness",
    "reprocess",
    "changeNote",
)
FEATURE_SERVICE = (*ABOUT, "features")
COLUMN = ("name", "type")
"""Of a join key, a declared column, a request column."""
VIEW_ENTITY = ("entity", "keys")
FEATURE = (*ABOUT, "type")
VALIDATION = ("name", "description", "feature", "check", "parameters", "severity")
AGGREGATION = ("feature", "function", "column", "window", "filter")
EXPRESSION = ("feature", "expression", "type")
PUSH = ("source",)
ENTRY = ("view", "as", "keys", "features")
TRANSFORMATION: Mapping[TransformationKind, tuple[str, ...]] = {
    TransformationKind.SQL: ("description", "sql", "sources", "lookback"),
    TransformationKind.AGGREGATION: ("description", "aggregations", "source", "every", "offset"),
    TransformationKind.ON_DEMAND: ("description", "expressions", "views", "request"),
    TransformationKind.PUSH: ("description", "push"),
}
DEFINITION: Mapping[DefinitionKind, tuple[str, ...]] = {
    DefinitionKind.ENTITY: ENTITY,
    DefinitionKind.DATA_SOURCE: DATA_SOURCE,
    DefinitionKind.FEATURE_VIEW: FEATURE_VIEW,
    DefinitionKind.FEATURE_SERVICE: FEATURE_SERVICE,
}

_MAKING = {key for keys in TRANSFORMATION.values() for key in keys} - {"description"}
_BESIDE = set(FEATURE_VIEW) - {*ABOUT, "transformation"}
BESIDE_TRANSFORMATION: Elsewhere = {key: ("", "Write it beside transformation, not in it.") for key in sorted(_BESIDE)}
ELSEWHERE: Mapping[DefinitionKind, Elsewhere] = {
    DefinitionKind.ENTITY: {
        key: ("joinKeys", "Write joinKeys: [{name: …, type: STRING}].")
        for key in ("join_key", "joinKey", "value_type", "valueType", "type")
    },
    DefinitionKind.DATA_SOURCE: {
        "delta": (
            "files",
            "Delta sources are not available yet. Name Parquet files: files: s3://bucket/folder/*.parquet.",
        ),
        "timestamp_field": ("", "Write eventTimestamp: …"),
        "created_timestamp_column": ("", "Write createdTimestamp: …"),
    }
    | {key: ("files", "Write files: s3://bucket/folder/*.parquet.") for key in ("path", "uri", "location", "table")},
    DefinitionKind.FEATURE_VIEW: {key: ("transformation", "Write it in transformation.") for key in sorted(_MAKING)}
    | {"schema": ("features", "Write features: [{name: …, type: FLOAT64}].")},
    DefinitionKind.FEATURE_SERVICE: {},
}
