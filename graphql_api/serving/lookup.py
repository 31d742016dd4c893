"""What is asked online, and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Lookup:
    """`entities` and `request_data`: columns of JSON values by request column, as they were sent.

    One of `feature_service` (a name, or `name@2`) and `features` (references)."""

    entities: Mapping[str, object]
    feature_service: str | None = None
    features: Sequence[str] | None = None
    request_data: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class OnlineAnswer:
    """The contract's OnlineFeatures. What grows with the request is JSON text already: one array an entity."""

    features: Sequence[str]
    rows: msgspec.Raw
    statuses: msgspec.Raw
    views: Sequence[str]
    view_of_feature: Sequence[int]
    event_timestamps: msgspec.Raw
    materialization_ids: msgspec.Raw
