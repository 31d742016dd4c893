"""What a version is apart from its number: all that can change a value, a type or a status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from graphql_api.definitions.canonical import canonical, fingerprint
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.data_sources import SourcePart
from graphql_api.documents.feature_views import (
    AggregationTransformationPart,
    AnyTransformationPart,
    FeaturePart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    PushTransformationPart,
    SqlTransformationPart,
    ValidationPart,
    ViewEntityPart,
)
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.domain.times import parse_moment
from graphql_api.domain.types import ValueType


@dataclass(frozen=True, slots=True)
class Content:
    """Of a version that is there, or of one that a definition would make. Durations in microseconds."""

    entities: tuple[ViewEntityPart, ...]
    features: tuple[FeaturePart, ...]
    transformation: AnyTransformationPart
    validations: tuple[ValidationPart, ...]
    ttl: int | None
    delay: int
    is_static: bool

    @classmethod
    def of(cls, version: FeatureViewVersionDocument) -> "Content":
        return cls(
            entities=version.entities,
            features=version.features,
            transformation=version.transformation,
            validations=version.validations,
            ttl=version.ttl,
            delay=version.delay,
            is_static=version.is_static,
        )

    @property
    def keys(self) -> tuple[ColumnPart, ...]:
        return tuple(
            ColumnPart(name=key.name, value_type=key.value_type) for entity in self.entities for key in entity.keys
        )

    def meaning(self) -> str:
        """Equal for two contents of which one needs no version beside the other."""
        return canonical(
            {
                "data": self._data(),
                "entities": [
                    [entity.entity_name, [(key.join_key, key.name) for key in entity.keys]] for entity in self.entities
                ],
                "ttl": self.ttl,
                **self._pins(),
                "validations": sorted(
                    canonical([check.name, check.severity, self._check(check)]) for check in self.validations
                ),
            }
        )

    def data_fingerprint(self) -> str:
        """Equal for two versions of a view that may share one copy of data: the same rows, of the same columns."""
        return fingerprint(self._data())

    def _data(self) -> Mapping[str, object]:
        return {
            "keys": [(key.name, key.value_type) for key in self.keys],
            "transformation": transformation_meaning(self.transformation),
            "delay": self.delay,
            "features": sorted((feature.name, feature.value_type) for feature in self.features),
            "quarantine": sorted(
                canonical(self._check(check))
                for check in self.validations
                if check.severity is ValidationSeverity.QUARANTINE
            ),
        }

    def _pins(self) -> Mapping[str, object]:
        """Two versions of a view that share their data are two pins all the same."""
        pins = {pin.name: str(pin.version_id) for pin in self.transformation.views}
        return {"pins": pins} if pins else {}

    def _check(self, check: ValidationPart) -> object:
        types = {feature.name: feature.value_type for feature in self.features}
        value_type = types.get(check.feature) if check.feature is not None else None
        return [check.check, check.feature, _parameters(check, value_type)]


def transformation_meaning(made: AnyTransformationPart) -> Mapping[str, object]:
    """Equal for two transformations that give the same rows; the order of inputs and of features is no difference."""
    sources = {source.name: source_meaning(source) for source in made.sources}
    views = {pin.name: pin.data_fingerprint for pin in made.views}
    match made:
        case SqlTransformationPart():
            meaning = {"sql": made.sql, "lookback": made.lookback, "sources": sources}
            return {**meaning, "views": views} if views else meaning
        case AggregationTransformationPart():
            aggregations = sorted(canonical(one.model_dump(mode="json")) for one in made.aggregations)
            return {"every": made.every, "offset": made.offset, "aggregations": aggregations, "sources": sources}
        case OnDemandTransformationPart():
            request = sorted((one.name, one.value_type) for one in made.request)
            expressions = sorted((one.feature, one.expression) for one in made.expressions)
            return {"request": request, "expressions": expressions, "views": views}
        case PushTransformationPart():
            return {"push": sources}


def source_meaning(source: SourcePart) -> Mapping[str, object]:
    """What can change the rows that SQL sees; the order of places and of columns cannot."""
    return {
        "kind": source.kind,
        "uris": sorted(source.uris),
        "columns": {column.name: column.data_type for column in source.columns},
        "eventTimestamp": source.event_timestamp,
        "createdTimestamp": source.created_timestamp,
        "timezone": source.timezone,
    }


def _parameters(check: ValidationPart, value_type: ValueType | None) -> Mapping[str, object]:
    parameters = dict(check.parameters)
    match check.check:
        case ValidationCheck.IN_RANGE if value_type is ValueType.TIMESTAMP:
            return {key: parse_moment(cast(str, bound)) for key, bound in parameters.items()}
        case ValidationCheck.IN_SET:
            values = cast(Sequence[object], parameters["values"])
            if value_type is ValueType.TIMESTAMP:
                values = [parse_moment(cast(str, value)) for value in values]
            return {"values": sorted({canonical(value) for value in values})}
        case ValidationCheck.UNIQUE:
            columns = cast(Sequence[str], parameters.get("columns") or [check.feature])
            return {"columns": sorted(columns)}
        case ValidationCheck.SQL:
            return {"expression": cast(str, parameters["expression"]).strip()}
        case _:
            return parameters
