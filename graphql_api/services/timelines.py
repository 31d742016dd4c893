"""What was ever known of one entity: every row of a feature, corrections included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.key_bounds import Key
from graphql_api.domain.packing import KeyValue
from graphql_api.domain.times import TimeRange
from graphql_api.engines.join_shapes import Timeline, TimelineRow
from graphql_api.engines.shapes import Value
from graphql_api.errors import InvalidInput, LimitExceeded, NotFound, Problem
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.features import FeatureOfVersion, Features
from graphql_api.services.features_at import MOST_BYTES, SECONDS, told_to_the_caller
from graphql_api.serving.join_plan import PlannedJoin
from graphql_api.serving.offline_rows import OfflineRows, paths_of
from graphql_api.serving.plan import Entry, request_columns
from graphql_api.serving.request import read_request

MOST_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class FoundTimeline:
    feature: FeatureOfVersion
    rows: Sequence[TimelineRow]


class Timelines:
    def __init__(self, *, features: Features, rows: OfflineRows, sandbox: SandboxPool) -> None:
        self._features = features
        self._rows = rows
        self._sandbox = sandbox

    async def of(
        self, viewer: Viewer, project_name: str, reference: str, entity: object, window: TimeRange
    ) -> FoundTimeline:
        """Rows with event timestamps in the window, by (event, created, commit); none for a null key.

        Raises:
            Unauthenticated, ProjectNotFound, Forbidden: the viewer may not look here.
            NotFound: there is no such feature.
            InvalidInput: the window is empty, the entity is not one, or the feature is computed when it is asked for.
            LimitExceeded: there are more than MOST_POINTS rows, or more would have to be read.
            Unavailable: a store does not answer, or the computation did not end in time.
        """
        feature = await self._features.get(viewer, project_name, reference)
        if feature is None:
            raise NotFound(f"There is no feature {reference!r} in {project_name!r}.")
        entry = Entry(feature.version, reference, [feature.part.name], [reference], {})
        if entry.is_on_demand:
            message = f"{reference!r} is computed when it is asked for, and has no rows of its own."
            raise InvalidInput(message, [Problem("feature", message)])
        if window.is_empty:
            message = "`end` must be later than `start`."
            raise InvalidInput(message, [Problem("end", message)])
        key = _key(entry, entity)
        return FoundTimeline(feature, [] if key is None else await self._read(feature, key, window))

    async def _read(self, feature: FeatureOfVersion, key: Key, window: TimeRange) -> Sequence[TimelineRow]:
        version, value = feature.version, Value(feature.part.name, feature.part.value_type)
        visible = await self._rows.store.visible(version.data_id, window, keys=[key])
        with self._rows.cache.folder() as folder:
            slices = await self._rows.bring([visible], folder, most_bytes=MOST_BYTES)
            view = PlannedJoin.alone(version, [value]).of(slices[0])
            call = Timeline(view, list(key), window.start, window.end, MOST_POINTS + 1)
            with told_to_the_caller():
                async with self._sandbox.lease() as box:
                    rows = await box.call(call, readable=paths_of(slices), seconds=SECONDS)
        if len(rows) > MOST_POINTS:
            raise LimitExceeded(f"There are more than {MOST_POINTS:,} rows: ask for a shorter range.")
        return rows


def _key(entry: Entry, entity: object) -> Key | None:
    """In the order of the view's keys; None where a part of it is null. Raises InvalidInput."""
    if not isinstance(entity, Mapping):
        message = 'The entity is an object of its join keys: {"tailnum": "N14228"}.'
        raise InvalidInput(message, [Problem("entity", message)])
    columns = request_columns(entry)
    try:
        request = read_request(columns, {str(name): [value] for name, value in entity.items()}, most_rows=1)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    except InvalidInput as refusal:
        problems = [
            Problem(problem.path.replace("entities", "entity", 1).removesuffix("[0]"), problem.message)
            for problem in refusal.problems
        ]
        raise InvalidInput(f"The entity is not valid: {problems[0].path}: {problems[0].message}", problems) from refusal
    key = [column[0] for column in request.columns]
    return None if None in key else tuple(part for part in key if isinstance(part, KeyValue))
