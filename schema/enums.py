"""The domain's closed sets of words, as the API tells them. Types are annotated with the domain's own classes."""

from enum import EnumMeta, StrEnum

import strawberry

from graphql_api.domain import enums
from graphql_api.domain.types import ValueType
from graphql_api.services.feature_views import FeatureViewOrderField

_DESCRIPTIONS: dict[EnumMeta, str] = {
    enums.DefinitionKind: "What a definition defines: the YAML's `kind`.",
    enums.SearchKind: "What can be found by its words.",
    enums.Role: (
        "What a viewer may do in a project; each role includes those before it. VIEWER reads, EDITOR computes and "
        "writes, ADMIN deletes and gives tokens."
    ),
    ValueType: (
        "Types of features and join keys. TIMESTAMP is UTC to the microsecond; INT64 is exact over its whole range; "
        "lists may hold nulls."
    ),
    enums.DataSourceKind: "FILES: Parquet files. DELTA: a Delta table.",
    enums.VersionState: (
        "DRAFT until what it covers is enough, then PUBLISHED. DEPRECATED versions are served on but take no new "
        "dependents; ARCHIVED ones are over."
    ),
    enums.Store: "ONLINE: the newest row of each entity, for look-ups. OFFLINE: all history.",
    enums.RunState: (
        "SUCCEEDED, FAILED and CANCELLED are terminal. RETRYING waits for the next attempt after a fault that passes."
    ),
    enums.RunPhase: "The phases of an attempt, in their order. A phase never goes back within an attempt.",
    enums.RunTrigger: "Why there is a run.",
    enums.ValidationCheck: (
        "NOT_NULL, IN_RANGE, IN_SET, MATCHES, LENGTH and SQL look at each row; UNIQUE, ROW_COUNT, FRESHNESS and "
        "NO_DRIFT judge a run as a whole."
    ),
    enums.AggregateFunction: (
        "Over the events in a window; nulls of the column are skipped. COUNT: events, or values where a column is "
        "given. STDDEV: of the sample. FIRST and LAST: the least and the greatest by time. P50, P95, P99: exact "
        "quantiles."
    ),
    enums.ValidationSeverity: (
        "WARN records; BLOCK stops the run before anything is published; QUARANTINE keeps the failing rows out and "
        "aside."
    ),
    enums.ValueStatus: (
        "PRESENT; NULL_VALUE: the row is there and holds null; MISSING: no row, or a null key; EXPIRED: the row is too "
        "old to be served."
    ),
    enums.SplitBy: (
        "ROW and ENTITY split by fraction, the rows or what their join keys name, so that none is on both sides. TIME "
        "splits by ranges of event timestamps."
    ),
    enums.ImpactAction: "What may be done to an object that is there; all but DELETE, to versions of views alone.",
    enums.AuditOutcome: "DONE, or REFUSED: nothing was done, since the actor had no right to it.",
    enums.ChangeKind: "What becomes of a thing.",
    FeatureViewOrderField: "What feature views may be ordered by.",
}

for _enum, _description in _DESCRIPTIONS.items():
    strawberry.enum(_enum, description=_description)


@strawberry.enum(description="ASC: smallest, oldest or first in the alphabet first. DESC: the other way round.")
class OrderDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum(description="Why a mutation refused.")
class ErrorCode(StrEnum):
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    BLOCKED_BY_DEPENDENTS = "BLOCKED_BY_DEPENDENTS"
    UNAVAILABLE = "UNAVAILABLE"
