"""Values of features: now, at a moment, over time."""

from collections.abc import Sequence
from typing import Any

import msgspec

from j_feature_store._async.connection import Part
from j_feature_store.moments import Moment, moment
from j_feature_store.operations import FEATURES_AT, ONLINE, TIMELINE
from j_feature_store.tables import Columns, columns_of
from j_feature_store.values import FeatureTimeline, FeatureValues, timeline_of
from j_feature_store.wire import Operation


class ValueMethods(Part):
    async def online(
        self, features: str | Sequence[str], entities: Columns, request_data: Columns | None = None
    ) -> FeatureValues:
        """The newest values of entities.

        Args:
            features: The name of a feature service (`delay_model`, or `delay_model@2`), or a list of references of
                features.
            entities: Columns of join keys by name, one value an entity; or a table with them.
            request_data: Columns that on-demand features ask for, likewise.

        Raises:
            NotFound: there is no such service or feature.
            InvalidInput: a column that is needed is absent, or a value is not of its type.

        >>> found = await store.online(["aircraft_profile:seats"], {"tailnum": ["N14228", "not a plane"]})
        >>> found.rows
        [[149], [None]]
        >>> found.statuses
        [['PRESENT'], ['MISSING']]
        >>> found.to_pandas()
               tailnum  aircraft_profile:seats
        0       N14228                     149
        1  not a plane                    <NA>
        """
        return await self._look_up(ONLINE, features, entities, request_data)

    async def features_at(
        self, at: Moment, features: str | Sequence[str], entities: Columns, request_data: Columns | None = None
    ) -> FeatureValues:
        """What the offline store would have answered at a moment: the values as they were known then.

        Args:
            at: A moment with its offset: an aware datetime, or a text such as `2026-06-14T12:00:00Z`.
            features, entities, request_data: As for `online`.

        >>> long_ago = await store.features_at("1999-01-01T00:00:00Z", "delay_model", {
        ...     "tailnum": ["N14228"], "carrier": ["UA"], "origin": ["EWR"], "dest": ["IAH"],
        ... })
        >>> long_ago.to_dicts()[0]["mean_dep_delay_7d"], long_ago.statuses[0][0]
        (None, 'MISSING')
        """
        return await self._look_up(FEATURES_AT, features, entities, request_data, at=moment("at", at))

    async def timeline(self, feature: str, entity: dict[str, Any], start: Moment, end: Moment) -> FeatureTimeline:
        """Every row of one entity with an event timestamp from `start` until before `end`, oldest first: its value,
        when it became available, and which run wrote it.

        Args:
            feature: A reference: `aircraft_delays:flights_7d`.
            entity: Its join keys: {"tailnum": "N14228"}.
            start, end: Aware datetimes, or texts with an offset.

        >>> from datetime import UTC, datetime, timedelta
        >>> end = datetime.now(UTC)
        >>> start = end - timedelta(days=7)
        >>> week = await store.timeline("aircraft_delays:flights_7d", {"tailnum": "N14228"}, start, end)
        >>> all(point.available_at > point.event_timestamp for point in week.points)
        True
        """
        span = {"start": moment("start", start), "end": moment("end", end)}
        answer = await self._connection.ask_in_project(TIMELINE, feature=feature, entity=entity, **span)
        return timeline_of(answer)

    async def _look_up(
        self,
        operation: Operation,
        features: str | Sequence[str],
        entities: Columns,
        request_data: Columns | None,
        **more: object,
    ) -> FeatureValues:
        asked, also = columns_of(entities), columns_of(request_data)
        of = {"featureService": features} if isinstance(features, str) else {"features": list(features)}
        answer = await self._connection.ask_in_project(
            operation, entities=asked, requestData=also or None, **of, **more
        )
        return msgspec.structs.replace(msgspec.convert(answer, FeatureValues), asked=asked | also)
