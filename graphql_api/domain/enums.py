"""Closed sets of words that every room shares; their values are what MongoDB and the API hold."""

from enum import StrEnum


class DefinitionKind(StrEnum):
    ENTITY = "ENTITY"
    DATA_SOURCE = "DATA_SOURCE"
    FEATURE_VIEW = "FEATURE_VIEW"
    FEATURE_SERVICE = "FEATURE_SERVICE"


class SearchKind(StrEnum):
    """What can be found by its words."""

    ENTITY = "ENTITY"
    DATA_SOURCE = "DATA_SOURCE"
    FEATURE_VIEW = "FEATURE_VIEW"
    FEATURE = "FEATURE"
    FEATURE_SERVICE = "FEATURE_SERVICE"


class Role(StrEnum):
    """What a viewer may do in a project; each role includes those before it."""

    VIEWER = "VIEWER"
    EDITOR = "EDITOR"
    ADMIN = "ADMIN"

    def includes(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class VersionState(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    DEPRECATED = "DEPRECATED"
    ARCHIVED = "ARCHIVED"


PUBLISHED = (VersionState.PUBLISHED, VersionState.DEPRECATED)
"""States of what has been published and may be served."""


class PublishMode(StrEnum):
    AUTO = "auto"
    MANUAL = "manual"


class DataSourceKind(StrEnum):
    FILES = "FILES"
    DELTA = "DELTA"


class TransformationKind(StrEnum):
    SQL = "SQL"
    AGGREGATION = "AGGREGATION"
    ON_DEMAND = "ON_DEMAND"
    PUSH = "PUSH"


class AggregateFunction(StrEnum):
    COUNT = "COUNT"
    SUM = "SUM"
    MEAN = "MEAN"
    MIN = "MIN"
    MAX = "MAX"
    STDDEV = "STDDEV"
    FIRST = "FIRST"
    LAST = "LAST"
    COUNT_DISTINCT = "COUNT_DISTINCT"
    P50 = "P50"
    P95 = "P95"
    P99 = "P99"


class Store(StrEnum):
    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class RunState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    RETRYING = "RETRYING"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_terminal(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


IN_PROGRESS = (RunState.QUEUED, RunState.RUNNING, RunState.RETRYING, RunState.CANCELLING)


class RunPhase(StrEnum):
    """In the order in which an attempt goes through them; never back."""

    WAIT = "WAIT"
    PLAN = "PLAN"
    COMPUTE = "COMPUTE"
    WRITE_OFFLINE = "WRITE_OFFLINE"
    WRITE_ONLINE = "WRITE_ONLINE"
    PUBLISH = "PUBLISH"
    DONE = "DONE"


class RunTrigger(StrEnum):
    MANUAL = "MANUAL"
    SCHEDULE = "SCHEDULE"
    BACKFILL = "BACKFILL"
    RESUME = "RESUME"
    REBUILD = "REBUILD"
    APPLY = "APPLY"


class ValidationCheck(StrEnum):
    NOT_NULL = "NOT_NULL"
    UNIQUE = "UNIQUE"
    IN_RANGE = "IN_RANGE"
    IN_SET = "IN_SET"
    MATCHES = "MATCHES"
    LENGTH = "LENGTH"
    ROW_COUNT = "ROW_COUNT"
    FRESHNESS = "FRESHNESS"
    NO_DRIFT = "NO_DRIFT"
    SQL = "SQL"


class ValidationSeverity(StrEnum):
    WARN = "WARN"
    BLOCK = "BLOCK"
    QUARANTINE = "QUARANTINE"


class ValueStatus(StrEnum):
    PRESENT = "PRESENT"
    NULL_VALUE = "NULL_VALUE"
    MISSING = "MISSING"
    EXPIRED = "EXPIRED"


class SplitBy(StrEnum):
    ROW = "ROW"
    ENTITY = "ENTITY"
    TIME = "TIME"


class ImpactAction(StrEnum):
    DELETE = "DELETE"
    DEPRECATE = "DEPRECATE"
    ARCHIVE = "ARCHIVE"
    PUBLISH = "PUBLISH"


class ChangeKind(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


class AuditOutcome(StrEnum):
    DONE = "DONE"
    REFUSED = "REFUSED"
