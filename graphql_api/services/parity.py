"""Do the online and the offline store say the same? And where they do not: why?"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import cast

import msgspec

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import OnDemandTransformationPart
from graphql_api.domain.enums import Role
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import AnswerMoments, Moments, SampleKeys, Scalar
from graphql_api.errors import InvalidInput, Problem
from graphql_api.sandbox.pool import Sandbox, SandboxPool
from graphql_api.services.features_at import MOST_BYTES, SECONDS, told_to_the_caller
from graphql_api.services.online_features import Prepared
from graphql_api.services.parity_reasons import HeldRow, Sides, explained
from graphql_api.services.projects import Projects
from graphql_api.serving.answer import answer
from graphql_api.serving.compile import copies_of, service_entries
from graphql_api.serving.join_plan import JoinPlan, inputs_of, plan_join
from graphql_api.serving.lookup import OnlineAnswer
from graphql_api.serving.offline_rows import OfflineRows, paths_of
from graphql_api.serving.plan import Entry, assemble, request_columns
from graphql_api.serving.request import Column, Request, keys_of
from graphql_api.stores.offline import VisibleFile, holding
from graphql_api.stores.online import OnlineStore

MOST_SAMPLED = 1_000
MOST_DIFFERENCES = 200
FILES_SAMPLED = 16
"""Of a view, from which entities are drawn."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`entity`: its join keys, by request column. `online`, `offline`: JSON."""

    feature: str
    entity: Mapping[str, object]
    online: msgspec.Raw
    offline: msgspec.Raw
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """`checked`: values, each of an entity once. `differences` holds the first of them, if there are many."""

    checked: int
    equal: int
    differences: Sequence[Difference]


class Parity:
    def __init__(
        self,
        *,
        projects: Projects,
        rows: OfflineRows,
        online: OnlineStore,
        sandbox: SandboxPool,
        clock: Callable[[], int] = now_micros,
    ) -> None:
        self._projects = projects
        self._rows = rows
        self._online = online
        self._sandbox = sandbox
        self._clock = clock

    async def check(self, viewer: Viewer, project_name: str, service: str, sample: int) -> Report:
        """Online rows of a sample of entities, another one each time, beside the offline store's for the same moment.

        Entities are drawn from both stores; of the offline one, from a few files of each view.

        What is computed on demand is compared by the stored features that it is made from.

        Raises:
            Unauthenticated, ProjectNotFound, Forbidden: the viewer is no editor of the project.
            NotFound: there is no such service.
            InvalidInput: it is not ready, or the sample is not between 1 and MOST_SAMPLED.
            LimitExceeded: more would have to be read than one answer may.
            Unavailable: a store does not answer, or the computation did not end in time.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        if not 1 <= sample <= MOST_SAMPLED:
            message = f"`sample` is between 1 and {MOST_SAMPLED:,}."
            raise InvalidInput(message, [Problem("sample", message)])
        entries = await _stored(await service_entries(project.id, project_name, service))
        plan, before = plan_join(entries, {}), await copies_of(entries)
        lookup = assemble(project.revision, entries, before)
        with self._rows.cache.folder() as folder:
            visible = [await self._rows.store.visible(view.version.data_id) for view in plan.joined]
            with told_to_the_caller():
                async with self._sandbox.lease() as box:
                    keys = await self._sampled(box, plan, visible, folder, sample)
                    request = _composed(plan, keys, sample)
                    values = _values(plan, request)
                    needed = [
                        holding(files, planned.keys_among(values, request.rows))
                        for planned, files in zip(plan.joined, visible, strict=True)
                    ]
                    slices = await self._rows.bring(needed, folder, most_bytes=MOST_BYTES)
                    views = [planned.of(held) for planned, held in zip(plan.joined, slices, strict=True)]
                    prepared = Prepared(lookup, [keys_of(view, request) for view in lookup.views])
                    held = prepared.placed(await self._online.read(prepared.wanted()))
                    moment = self._clock()
                    call = AnswerMoments(plan.of(views), [moment] * request.rows, values)
                    offline = await box.call(call, readable=paths_of(slices), seconds=SECONDS)
        online = answer(lookup, held, moment)
        return _Comparing(plan, request, held, online, offline, moment, before, await copies_of(entries)).report()

    async def _sampled(
        self, box: Sandbox, plan: JoinPlan, visible: Sequence[Sequence[VisibleFile]], folder: Path, sample: int
    ) -> list[Sequence[Sequence[Scalar]]]:
        """Keys of each view, from either store by turns, since each may know entities that the other does not."""
        chosen = [random.sample(files, min(len(files), FILES_SAMPLED)) for files in visible]
        slices = await self._rows.bring(chosen, folder, most_bytes=MOST_BYTES)
        found: list[Sequence[Sequence[Scalar]]] = []
        for planned, held in zip(plan.joined, slices, strict=True):
            call = SampleKeys(planned.of(held), sample, self._clock())
            offline = await box.call(call, readable=paths_of([held]), seconds=SECONDS)
            online = await self._online.sample(planned.version.data_id, sample)
            turns = cast(Iterable[Sequence[Scalar] | None], chain.from_iterable(zip_longest(offline, online)))
            found.append(list(dict.fromkeys(tuple(key) for key in turns if key is not None))[:sample])
        return found


async def _stored(entries: Sequence[Entry]) -> list[Entry]:
    """The stored features of the entries, and those that their expressions are made from, each once by its keys."""
    inputs = await inputs_of(entries)
    seen: set[tuple[object, ...]] = set()
    found: list[Entry] = []
    for entry in entries:
        transformation = entry.version.transformation
        if isinstance(transformation, OnDemandTransformationPart):
            uses = [use for one in transformation.expressions if one.feature in entry.features for use in one.uses]
            parts = [
                (inputs[pin.version_id], list(dict.fromkeys(use.feature for use in uses if use.view == pin.name)))
                for pin in transformation.views
            ]
            chosen = [(version, names, [f"{version.reference}:{name}" for name in names]) for version, names in parts]
        else:
            chosen = [(entry.version, list(entry.features), list(entry.columns))]
        for version, names, columns in chosen:
            one = Entry(version, version.reference, names, columns, entry.keys)
            by = tuple(column.name for column in request_columns(one))
            new = [
                (name, column)
                for name, column in zip(names, columns, strict=True)
                if (version.id, by, name) not in seen
            ]
            seen |= {(version.id, by, name) for name, _ in new}
            if new:
                found.append(Entry(version, version.reference, [n for n, _ in new], [c for _, c in new], entry.keys))
    return found


def _composed(plan: JoinPlan, keys: Sequence[Sequence[Sequence[Scalar]]], rows: int) -> Request:
    """Rows of a request such that the sampled keys of each view are asked for; views take turns in going first."""
    values: dict[str, Column] = {column.name: [None] * rows for column in plan.request_columns}
    count = len(plan.joined)
    for row in range(rows):
        for turn in range(count):
            at = (row + turn) % count
            columns = [key.column for key in plan.joined[at].keys]
            if keys[at] and all(values[column][row] is None for column in columns):
                key = keys[at][row // count % len(keys[at])] if turn == 0 else keys[at][row % len(keys[at])]
                for column, part in zip(columns, key, strict=True):
                    values[column][row] = part
    return Request(rows, tuple(values.values()))


def _values(plan: JoinPlan, request: Request) -> dict[str, Column]:
    names = [column.name for column in plan.request_columns]
    return dict(zip(names, request.columns, strict=True))


@dataclass(frozen=True, slots=True)
class _Comparing:
    plan: JoinPlan
    request: Request
    held: Sequence[Sequence[bytes | None]]
    online: OnlineAnswer
    offline: Moments
    moment: int
    before: Mapping[int, DataCopyDocument]
    after: Mapping[int, DataCopyDocument]

    def report(self) -> Report:
        texts = msgspec.json.decode(self.online.rows, type=list[list[msgspec.Raw]])
        statuses = msgspec.json.decode(self.online.statuses, type=list[list[str]])
        checked = 0
        differences: list[Difference] = []
        for view in range(len(self.plan.joined)):
            columns = [at for at, of in enumerate(self.plan.view_of_feature) if of == view]
            for row, entity in self._entities(view).items():
                checked += len(columns)
                for at in columns:
                    online, offline = bytes(texts[row][at]), self.offline.texts[at][row].encode()
                    if (online, statuses[row][at]) != (offline, self.offline.statuses[at][row]):
                        name, reason = self.plan.names[at], self._reason(view, row)
                        differences.append(Difference(name, entity, msgspec.Raw(online), msgspec.Raw(offline), reason))
        return Report(checked, checked - len(differences), differences[:MOST_DIFFERENCES])

    def _entities(self, view: int) -> dict[int, Mapping[str, object]]:
        """Each entity of the view once, by the first row that asks for it; none of which a key is null."""
        found: dict[tuple[object, ...], int] = {}
        values = _values(self.plan, self.request)
        columns = [(key.column, key.value_type) for key in self.plan.joined[view].keys]
        for row in range(self.request.rows):
            key = tuple(values[column][row] for column, _ in columns)
            if None not in key:
                found.setdefault(key, row)
        return {
            row: {column: _told(part, value_type) for (column, value_type), part in zip(columns, key, strict=True)}
            for key, row in found.items()
        }

    def _reason(self, view: int, row: int) -> str:
        version = self.plan.joined[view].version
        packed, event = self.held[view][row], self.offline.events[view][row]
        return explained(
            Sides(
                version=version,
                before=self.before[version.data_id],
                after=self.after.get(version.data_id, self.before[version.data_id]),
                online=HeldRow.packed(packed) if packed else None,
                offline=None if event is None else HeldRow(event, self.offline.runs[view][row]),
                moment=self.moment,
            )
        )


def _told(part: object, value_type: ValueType) -> object:
    return rfc3339(part) if value_type is ValueType.TIMESTAMP and isinstance(part, int) else part
