"""Values of features, as the server answers them: a row an entity, in the order asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from j_feature_store import frames

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class FeatureValues(msgspec.Struct, frozen=True, rename="camel"):
    """A row an entity, in the order asked; a column a feature, in the order of `features`.

    `statuses`, of the shape of `rows`, holds PRESENT, NULL_VALUE (the row is there and holds null), MISSING (there is
    no row, or a key was null) or EXPIRED (older than its ttl; the value is None). `views` are the versions that
    answered, and `view_of_feature` says for each feature which of them; `event_timestamps` and `materialization_ids`
    have a column a view: when the row's event was, and the run that wrote it. `asked` holds the columns that were sent.

    Times among the values are texts, as JSON has them: `2026-06-14T12:00:00Z`.
    """

    features: list[str]
    rows: list[list[Any]]
    statuses: list[list[str]]
    views: list[str]
    view_of_feature: list[int]
    event_timestamps: list[list[datetime | None]]
    materialization_ids: list[list[str | None]]
    asked: dict[str, list[Any]] = {}

    def to_dicts(self) -> list[dict[str, Any]]:
        """The values of each entity by feature."""
        return [dict(zip(self.features, row, strict=True)) for row in self.rows]

    def to_arrow(self) -> "pyarrow.Table":
        """What was asked, and a column a feature. Needs the extra `arrow`."""
        return frames.arrow_of(self._columns())

    def to_pandas(self) -> "pandas.DataFrame":
        """What was asked, and a column a feature; whole numbers, truths and lists stay exact beside nulls.
        Needs the extra `pandas`."""
        return frames.pandas_of(self.to_arrow())

    def to_polars(self) -> "polars.DataFrame":
        """What was asked, and a column a feature. Needs the extra `polars`."""
        return frames.polars_of(self._columns())

    def _columns(self) -> dict[str, list[Any]]:
        values = {name: [row[index] for row in self.rows] for index, name in enumerate(self.features)}
        return {name: column for name, column in self.asked.items() if name not in values} | values


class FeaturePoint(msgspec.Struct, frozen=True, rename="camel"):
    """One row of an entity: from `available_at` on a point-in-time join may take it. `materialization` is the id of the
    run that wrote it, None for a pushed one."""

    event_timestamp: datetime
    created_timestamp: datetime
    available_at: datetime
    value: Any
    materialization: str | None


class FeatureTimeline(msgspec.Struct, frozen=True):
    """Every row of one entity in a range, corrections included, oldest first."""

    feature: str
    points: list[FeaturePoint]

    def to_arrow(self) -> "pyarrow.Table":
        """A row a point. Needs the extra `arrow`."""
        return frames.arrow_of(self._columns())

    def to_pandas(self) -> "pandas.DataFrame":
        """A row a point. Needs the extra `pandas`."""
        return frames.pandas_of(self.to_arrow())

    def to_polars(self) -> "polars.DataFrame":
        """A row a point. Needs the extra `polars`."""
        return frames.polars_of(self._columns())

    def _columns(self) -> dict[str, list[Any]]:
        names = FeaturePoint.__struct_fields__
        return {name: [getattr(point, name) for point in self.points] for name in names}


def timeline_of(answer: Mapping[str, Any]) -> FeatureTimeline:
    points: Sequence[Mapping[str, Any]] = answer["points"]
    flat = [
        {**point, "materialization": point["materialization"] and point["materialization"]["id"]} for point in points
    ]
    return FeatureTimeline(answer["feature"]["reference"], msgspec.convert(flat, list[FeaturePoint]))
