"""What differs between two versions of a view: the things that can change a value, a type, or what a caller sends."""

from collections.abc import Mapping, Sequence

from graphql_api.definitions.content import source_meaning
from graphql_api.definitions.diff import diff
from graphql_api.definitions.plan import Change
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.feature_views import (
    AggregationPart,
    AggregationTransformationPart,
    AnyTransformationPart,
    FeaturePart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    SqlTransformationPart,
    ValidationPart,
)
from graphql_api.domain.durations import format_duration
from graphql_api.domain.enums import ChangeKind

Told = Mapping[str, object]


def version_diff(before: FeatureViewVersionDocument, after: FeatureViewVersionDocument) -> list[Change]:
    """By paths as the YAML writes them: `features.flights_7d.type`, `transformation.sql`, `ttl`.

    Breaking: a feature is gone or of another type, or a caller must send something else (join keys, request columns).
    """
    return [
        Change(one.kind, one.path, one.before, one.after, breaking=_breaks(one))
        for one in diff(_version(before), _version(after))
    ]


def _breaks(change: Change) -> bool:
    match change.path.split("."):
        case ["entities", *_]:
            return True
        case ["features", _] | ["features", _, "type"]:
            return change.kind is not ChangeKind.ADDED
        case ["transformation", "request", *_]:
            return change.kind is not ChangeKind.REMOVED
        case _:
            return False


def _version(version: FeatureViewVersionDocument) -> Told:
    return _held(
        {
            "entities": [
                {"name": entity.entity_name, "keys": {key.join_key: key.name for key in entity.keys}}
                for entity in version.entities
            ],
            "ttl": None if version.ttl is None else format_duration(version.ttl),
            "delay": format_duration(version.delay),
            "features": _columns(version.features),
            "validations": _by_name([_check(check) for check in version.validations]),
            "transformation": _transformation(version.transformation),
        }
    )


def _transformation(made: AnyTransformationPart) -> Told:
    told: dict[str, object] = {
        "kind": made.kind,
        "sources": _by_name([{"name": source.name, **source_meaning(source)} for source in made.sources]),
        "views": _by_name([{"name": pin.name, "version": pin.reference} for pin in made.views]),
    }
    match made:
        case SqlTransformationPart():
            told |= {"sql": made.sql, "lookback": format_duration(made.lookback)}
        case AggregationTransformationPart():
            told |= {
                "every": format_duration(made.every),
                "offset": format_duration(made.offset),
                "aggregations": _by_name([_aggregation(one) for one in made.aggregations]),
            }
        case OnDemandTransformationPart():
            told |= {
                "request": _columns(made.request),
                "expressions": _by_name(
                    [{"name": one.feature, "expression": one.expression} for one in made.expressions]
                ),
            }
        case _:
            pass
    return _held(told)


def _aggregation(part: AggregationPart) -> Told:
    return _held(
        {
            "name": part.feature,
            "function": part.function,
            "column": part.column,
            "window": format_duration(part.window),
            "filter": part.filter,
        }
    )


def _check(check: ValidationPart) -> Told:
    return _held(
        {
            "name": check.name,
            "feature": check.feature,
            "check": check.check,
            "parameters": dict(check.parameters),
            "severity": check.severity,
        }
    )


def _columns(parts: Sequence[ColumnPart] | Sequence[FeaturePart]) -> list[Told]:
    return _by_name([{"name": part.name, "type": part.value_type} for part in parts])


def _by_name(told: Sequence[Told]) -> list[Told]:
    """Their order means nothing."""
    return sorted(told, key=lambda one: str(one["name"]))


def _held(told: Told) -> Told:
    """Without what is not said."""
    return {key: value for key, value in told.items() if value not in (None, [], {})}
