"""A look-up, compiled: all that does not depend on the entities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bson import ObjectId

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument, OnDemandTransformationPart
from graphql_api.domain.enums import ValueStatus
from graphql_api.domain.packing import ORDER_BYTES, RUN_BYTES, bitmap_bytes
from graphql_api.domain.types import ValueType

MOST_KEPT_STATUSES = 1_024


@dataclass(frozen=True, slots=True)
class RequestColumn:
    """`entity_id`: whose key it holds; None for a value of the request."""

    name: str
    value_type: ValueType
    entity_id: ObjectId | None


@dataclass(frozen=True, slots=True)
class PlannedView:
    """One row an entity to be read. `key_columns`: which request columns make its key, in the key's order.

    `body_at`: where in a packed row the features' texts begin."""

    name: str
    data_id: int
    key_columns: tuple[int, ...]
    ttl: int | None
    body_at: int

    @property
    def key_prefix(self) -> bytes:
        return b"%x:" % self.data_id


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbours in the answer that come from one view.

    `picks`: their places in the view's layout; None: the whole of it, in its order."""

    view: int
    width: int
    picks: tuple[int, ...] | None
    nulls: bytes
    missing: bytes
    expired: bytes
    _statuses: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    @classmethod
    def of(cls, view: int, width: int, picks: tuple[int, ...] | None) -> "Segment":
        missing, expired = (_words([status] * width) for status in (ValueStatus.MISSING, ValueStatus.EXPIRED))
        return cls(view, width, picks, _joined(["null"] * width), missing, expired)

    def statuses(self, bitmaps: Sequence[bytes]) -> list[bytes]:
        """For each row by which features are null; the same few combinations come again and again."""
        known = self._statuses
        for bitmap in set(bitmaps):
            if bitmap not in known:
                if len(known) >= MOST_KEPT_STATUSES:
                    return [self._told(bitmap) for bitmap in bitmaps]
                known[bitmap] = self._told(bitmap)
        return [known[bitmap] for bitmap in bitmaps]

    def _told(self, bitmap: bytes) -> bytes:
        places = range(self.width) if self.picks is None else self.picks
        nulls = (bitmap[at // 8] >> at % 8 & 1 for at in places)
        return _words([ValueStatus.NULL_VALUE if null else ValueStatus.PRESENT for null in nulls])


@dataclass(frozen=True, slots=True)
class LookupPlan:
    """`revision`: that of the project's registry, from which the plan was made."""

    revision: int
    features: tuple[str, ...]
    views: tuple[PlannedView, ...]
    view_of_feature: tuple[int, ...]
    request_columns: tuple[RequestColumn, ...]
    segments: tuple[Segment, ...]

    @property
    def view_names(self) -> tuple[str, ...]:
        return tuple(view.name for view in self.views)


@dataclass(frozen=True, slots=True)
class Entry:
    """Features of one view version. `columns`: what the answer calls them. `keys`: request column by join key."""

    version: FeatureViewVersionDocument
    name: str
    features: Sequence[str]
    columns: Sequence[str]
    keys: Mapping[str, str]

    @property
    def is_on_demand(self) -> bool:
        return isinstance(self.version.transformation, OnDemandTransformationPart)


def assemble(revision: int, entries: Sequence[Entry], copies: Mapping[int, DataCopyDocument]) -> LookupPlan:
    """Entries of the same version, name and keys are read once."""
    request: dict[str, RequestColumn] = {}
    views: dict[tuple[ObjectId, str, tuple[str, ...]], PlannedView] = {}
    features: list[tuple[int, int]] = []
    for entry in entries:
        columns = tuple(column.name for column in request_columns(entry))
        for column in request_columns(entry):
            request.setdefault(column.name, column)
        layout = copies[entry.version.data_id].layout
        identity = (entry.version.id, entry.name, columns)
        if identity not in views:
            views[identity] = PlannedView(
                name=entry.name,
                data_id=entry.version.data_id,
                key_columns=tuple(list(request).index(column) for column in columns),
                ttl=entry.version.ttl,
                body_at=ORDER_BYTES + RUN_BYTES + bitmap_bytes(len(layout)),
            )
        view = list(views).index(identity)
        features += [(view, layout.index(feature)) for feature in entry.features]
    layouts = [copies[view.data_id].layout for view in views.values()]
    return LookupPlan(
        revision=revision,
        features=tuple(column for entry in entries for column in entry.columns),
        views=tuple(views.values()),
        view_of_feature=tuple(view for view, _ in features),
        request_columns=tuple(request.values()),
        segments=tuple(segments(features, [len(layout) for layout in layouts])),
    )


def request_columns(entry: Entry) -> list[RequestColumn]:
    """Join keys, then the values that the expressions of the chosen features take."""
    keys = [
        RequestColumn(entry.keys.get(key.name, key.name), key.value_type, entity.entity_id)
        for entity in entry.version.entities
        for key in entity.keys
    ]
    transformation = entry.version.transformation
    if not isinstance(transformation, OnDemandTransformationPart):
        return keys
    chosen = [one for one in transformation.expressions if one.feature in entry.features]
    used = {name for one in chosen for name in one.request}
    values = [RequestColumn(one.name, one.value_type, None) for one in transformation.request if one.name in used]
    return [*keys, *values]


def segments(features: Sequence[tuple[int, int]], widths: Sequence[int]) -> list[Segment]:
    runs: list[tuple[int, list[int]]] = []
    for view, place in features:
        if not runs or runs[-1][0] != view:
            runs.append((view, []))
        runs[-1][1].append(place)
    return [
        Segment.of(view, len(places), None if places == list(range(widths[view])) else tuple(places))
        for view, places in runs
    ]


def _words(words: Sequence[str]) -> bytes:
    return _joined([f'"{word}"' for word in words])


def _joined(texts: Sequence[str]) -> bytes:
    return ",".join(texts).encode()
