"""A point-in-time join of what a service or references name: all that does not depend on rows or on files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

from beanie import PydanticObjectId
from bson import ObjectId

from graphql_api.documents.feature_views import (
    ExpressionPart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
)
from graphql_api.domain.key_bounds import Key
from graphql_api.domain.packing import KeyValue
from graphql_api.engines.join_shapes import Join, JoinedView, JoinKey, OnDemandColumn, StoredColumn
from graphql_api.engines.shapes import ColumnUse, Slice, Value
from graphql_api.serving.compile import reference_entries, service_entries
from graphql_api.serving.plan import Entry, RequestColumn, request_columns
from graphql_api.serving.plans import Wanted

Version = FeatureViewVersionDocument
_REQUEST, _MOMENT = "_request", "moment"


@dataclass(frozen=True, slots=True)
class PlannedJoin:
    """A stored version by the columns that hold its keys, and the features that are taken of it."""

    version: Version
    keys: tuple[JoinKey, ...]
    features: tuple[Value, ...]

    @classmethod
    def alone(cls, version: Version, features: Sequence[Value]) -> Self:
        """By the view's own names of its keys."""
        keys = tuple(JoinKey(key.name, key.name, key.value_type) for key in version.keys)
        return cls(version, keys, tuple(features))

    def keys_among(self, values: Mapping[str, Sequence[object]], rows: int) -> set[Key]:
        """Of the entities that the rows ask for, by column of the join keys; a row with a null key asks for none."""
        columns = [cast(Sequence[KeyValue | None], values[key.column]) for key in self.keys]
        asked = zip(*columns, strict=True) if columns else [()] * rows
        return {tuple(part for part in key if part is not None) for key in asked if None not in key}

    def of(self, slices: Sequence[Slice], *, covered_until: int | None = None) -> JoinedView:
        return JoinedView(
            name=self.version.reference,
            keys=list(self.keys),
            features=list(self.features),
            slices=list(slices),
            delay=self.version.delay,
            ttl=self.version.ttl,
            has_created=self.version.has_created,
            covered_until=covered_until,
        )


@dataclass(frozen=True, slots=True)
class AnsweredView:
    """A view as the answer names it. `reads`: the joined views that its chosen features are made from."""

    name: str
    reads: tuple[int, ...]
    is_on_demand: bool


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """`names`: the columns of the answer, each of which `outputs` says how to make; `request_columns`: what a spine or
    a request must hold."""

    names: tuple[str, ...]
    outputs: tuple[StoredColumn | OnDemandColumn, ...]
    joined: tuple[PlannedJoin, ...]
    request_columns: tuple[RequestColumn, ...]
    answered: tuple[AnsweredView, ...]
    view_of_feature: tuple[int, ...]

    def of(self, views: Sequence[JoinedView], *, known_before: int | None = None) -> Join:
        """`views`: `joined`, each with its slices."""
        values = [Value(one.name, one.value_type) for one in self.request_columns if one.entity_id is None]
        return Join(list(views), list(self.outputs), values, known_before)


async def compile_join(project_id: ObjectId, project_name: str, wanted: Wanted) -> JoinPlan:
    """Raises NotFound and InvalidInput as look-ups do; on-demand features are good here."""
    if isinstance(wanted, str):
        entries = await service_entries(project_id, project_name, wanted)
    else:
        entries = await reference_entries(project_id, wanted)
    return plan_join(entries, await inputs_of(entries))


async def inputs_of(entries: Sequence[Entry]) -> dict[PydanticObjectId, Version]:
    """The versions that on-demand entries are made from."""
    ids = {pin.version_id for entry in entries if entry.is_on_demand for pin in entry.version.transformation.views}
    return {version.id: version async for version in Version.find({"_id": {"$in": list(ids)}})} if ids else {}


def plan_join(entries: Sequence[Entry], inputs: Mapping[PydanticObjectId, Version]) -> JoinPlan:
    return _Planning(inputs).plan(entries)


class _Planning:
    def __init__(self, inputs: Mapping[PydanticObjectId, Version]) -> None:
        self._inputs = inputs
        self._joined: dict[tuple[ObjectId, tuple[str, ...]], dict[str, Value]] = {}
        self._keys: list[tuple[Version, tuple[JoinKey, ...]]] = []

    def plan(self, entries: Sequence[Entry]) -> JoinPlan:
        outputs: list[StoredColumn | OnDemandColumn] = []
        answered: dict[tuple[ObjectId, str, tuple[str, ...]], list[int]] = {}
        kinds: list[bool] = []
        view_of_feature: list[int] = []
        for entry in entries:
            made = self._on_demand(entry) if entry.is_on_demand else self._stored(entry)
            identity = (entry.version.id, entry.name, tuple(column.name for column in request_columns(entry)))
            if identity not in answered:
                answered[identity] = []
                kinds.append(entry.is_on_demand)
            answered[identity] += [view for one in made for view in _reads(one)]
            view_of_feature += [list(answered).index(identity)] * len(made)
            outputs += made
        columns: dict[str, RequestColumn] = {}
        for column in (column for entry in entries for column in request_columns(entry)):
            columns.setdefault(column.name, column)
        return JoinPlan(
            names=tuple(one.column for one in outputs),
            outputs=tuple(outputs),
            joined=tuple(
                PlannedJoin(version, keys, tuple(features.values()))
                for (version, keys), features in zip(self._keys, self._joined.values(), strict=True)
            ),
            request_columns=tuple(columns.values()),
            answered=tuple(
                AnsweredView(name, tuple(sorted(set(reads))), kind)
                for ((_, name, _), reads), kind in zip(answered.items(), kinds, strict=True)
            ),
            view_of_feature=tuple(view_of_feature),
        )

    def _stored(self, entry: Entry) -> list[StoredColumn | OnDemandColumn]:
        view = self._view(entry.version, entry.keys, entry.features)
        return [
            StoredColumn(column, view, feature) for column, feature in zip(entry.columns, entry.features, strict=True)
        ]

    def _on_demand(self, entry: Entry) -> list[StoredColumn | OnDemandColumn]:
        transformation = entry.version.transformation
        assert isinstance(transformation, OnDemandTransformationPart)
        expressions = {one.feature: one for one in transformation.expressions}
        types = {feature.name: feature.value_type for feature in entry.version.features}
        pins = {pin.name: self._inputs[pin.version_id] for pin in transformation.views}
        made: list[StoredColumn | OnDemandColumn] = []
        for column, feature in zip(entry.columns, entry.features, strict=True):
            one = expressions[feature]
            used = {name: [use.feature for use in one.uses if use.view == name] for name in pins}
            views = {name: self._view(pins[name], entry.keys, names) for name, names in used.items() if names}
            made.append(OnDemandColumn(column, types[feature], one.rendered, views, _uses(one)))
        return made

    def _view(self, version: Version, mapping: Mapping[str, str], features: Sequence[str]) -> int:
        """The place of the version by these columns, with the features added to those that are taken already."""
        keys = tuple(JoinKey(key.name, mapping.get(key.name, key.name), key.value_type) for key in version.keys)
        identity = (version.id, tuple(key.column for key in keys))
        if identity not in self._joined:
            self._joined[identity] = {}
            self._keys.append((version, keys))
        types = {feature.name: feature.value_type for feature in version.features}
        self._joined[identity] |= {name: Value(name, types[name]) for name in features}
        return list(self._joined).index(identity)


def _reads(column: StoredColumn | OnDemandColumn) -> list[int]:
    return [column.view] if isinstance(column, StoredColumn) else list(column.views.values())


def _uses(expression: ExpressionPart) -> list[ColumnUse]:
    views = [ColumnUse(use.view, use.feature) for use in expression.uses]
    request = [ColumnUse(_REQUEST, name) for name in expression.request]
    moment = [ColumnUse(_REQUEST, _MOMENT)] if expression.uses_moment else []
    return [*views, *request, *moment]
