"""Plans of definitions, and their doing."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.documents import Definition
from graphql_api.definitions.plan import Plan, Planned
from graphql_api.definitions.planning import make_plan
from graphql_api.definitions.questions import Answers
from graphql_api.definitions.registry import Registry
from graphql_api.definitions.usage import Usage
from graphql_api.documents.base import ID
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.recording import RegistryMoved
from graphql_api.domain.enums import Role, RunTrigger
from graphql_api.errors import Conflict, InvalidInput, NotFound, Problem
from graphql_api.services.attempts import ATTEMPTS, attempts
from graphql_api.services.auditing import deed_of
from graphql_api.services.projects import Projects
from graphql_api.services.registry_reading import read_registry, revision_of
from graphql_api.services.registry_writing import write_plan
from graphql_api.services.usage_reading import read_usage

_RESTLESS = f"The registry changed while it was looked at, {ATTEMPTS} times over: nothing was written. Try again."
MOST_LABEL = 100
_LABEL = re.compile(rf"(?! )[^\x00-\x1f\x7f]{{1,{MOST_LABEL}}}(?<! )")
T = TypeVar("T")


class StartRun(Protocol):
    async def __call__(
        self,
        viewer: Viewer,
        project: ProjectDocument,
        version: FeatureViewVersionDocument,
        *,
        trigger: RunTrigger,
    ) -> MaterializationDocument:
        """Queues a run of the default range."""
        ...


class CancelRun(Protocol):
    async def __call__(self, viewer: Viewer, project: ProjectDocument, run_id: ID) -> object:
        """Raises Conflict where the run has ended meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Applied:
    """`versions` are those that were made, `unmaterialized` what still needs a run."""

    plan: Plan
    versions: tuple[FeatureViewVersionDocument, ...] = ()
    materializations: tuple[MaterializationDocument, ...] = ()
    unmaterialized: tuple[FeatureViewVersionDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class _Options:
    repin: bool
    prune: bool
    label: str | None


class Plans:
    """What definitions would change, and the changing: whole, and only ever on the registry that was looked at."""

    def __init__(
        self,
        *,
        projects: Projects,
        answers: Callable[[ID], AbstractAsyncContextManager[Answers]],
        start_run: StartRun,
        cancel_run: CancelRun,
    ) -> None:
        self._projects = projects
        self._answers = answers
        self._start_run = start_run
        self._cancel_run = cancel_run

    async def plan(
        self,
        viewer: Viewer,
        project_name: str,
        definitions: Sequence[Definition],
        *,
        prune: bool = False,
        label: str | None = None,
        repin: bool = False,
    ) -> Plan:
        """What `apply` would do. Writes nothing.

        Raises:
            InvalidInput: with every problem of the definitions.
            BlockedByDependents: what stays depends on something that would be pruned.
            Unavailable: the store of the files, or what types SQL, does not answer.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR, even_archived=True)
        options = _options(repin=repin, prune=prune, label=label)
        async with self._answers(project.id) as answers:
            return (await _planned(viewer, project, definitions, answers, options)).plan

    async def apply(
        self,
        viewer: Viewer,
        project_name: str,
        definitions: Sequence[Definition],
        *,
        fingerprint: str | None = None,
        prune: bool = False,
        label: str | None = None,
        repin: bool = False,
        materialize: bool = False,
    ) -> Applied:
        """Makes the registry match, all of it or nothing. `materialize` starts a run of every version that needs one.

        Raises:
            InvalidInput: with every problem of the definitions.
            BlockedByDependents: what stays depends on something that would be pruned.
            Conflict: the plan is not the one of `fingerprint` any more, or the registry would not hold still.
            Unavailable: as for `plan`.
        """
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        options = _options(repin=repin, prune=prune, label=label)
        async with self._answers(project.id) as answers:
            planned = await _applied(viewer, project, definitions, answers, options, fingerprint=fingerprint)
        for run_id in planned.cancelled:
            await _if_possible(self._cancel_run(viewer, project, run_id))
        versions = await _versions([*planned.made, *planned.wanting])
        started: list[MaterializationDocument] = []
        unmaterialized: list[FeatureViewVersionDocument] = []
        for version in (versions[version_id] for version_id in planned.wanting):
            run = None
            if materialize:
                run = await _if_possible(self._start_run(viewer, project, version, trigger=RunTrigger.APPLY))
            if run is not None:
                started.append(run)
            else:
                unmaterialized.append(version)
        made = tuple(versions[version_id] for version_id in planned.made)
        return Applied(planned.plan, made, tuple(started), tuple(unmaterialized))


async def _applied(
    viewer: Viewer,
    project: ProjectDocument,
    definitions: Sequence[Definition],
    answers: Answers,
    options: _Options,
    *,
    fingerprint: str | None,
) -> Planned:
    async for _ in attempts():
        planned = await _planned(viewer, project, definitions, answers, options)
        if fingerprint not in (None, planned.plan.fingerprint):
            raise Conflict("The plan is no longer the one that was reviewed: plan again, and review what has changed.")
        if not (planned.plan.changes or planned.labelled):
            return planned
        try:
            await write_plan(project, planned, deed=deed_of(viewer, "apply"))
        except RegistryMoved:
            continue
        return planned
    raise Conflict(_RESTLESS)


async def _planned(
    viewer: Viewer, project: ProjectDocument, definitions: Sequence[Definition], answers: Answers, options: _Options
) -> Planned:
    registry, usage = await _read(project, definitions, options)
    return await make_plan(
        definitions,
        registry,
        answers,
        author=viewer.name,
        repin=options.repin,
        label=options.label,
        prune_by=usage,
    )


async def _read(
    project: ProjectDocument, definitions: Sequence[Definition], options: _Options
) -> tuple[Registry, Usage | None]:
    """The registry as it was at one moment: read again where it has changed between the first question and the last."""
    async for _ in attempts():
        registry = await read_registry(project.id, definitions)
        usage = await read_usage(project.id) if options.prune else None
        if await revision_of(project.id) == registry.revision:
            return registry, usage
    raise Conflict(_RESTLESS)


def _options(*, repin: bool, prune: bool, label: str | None) -> _Options:
    """Raises InvalidInput for a label that is none, and where it is not said what to prune."""
    if label is not None and not _LABEL.fullmatch(label):
        message = f"{label!r} is no label: write 1 to {MOST_LABEL} characters on one line, no space at either end."
        raise InvalidInput(message, [Problem("label", message)])
    if prune and label is None:
        message = "prune deletes what was last applied under a label and is absent now, and no label is given."
        raise InvalidInput(message, [Problem("label", message, "Give the label of these definitions, or leave prune.")])
    return _Options(repin=repin, prune=prune, label=label)


async def _versions(ids: Sequence[ID]) -> dict[ID, FeatureViewVersionDocument]:
    found = await FeatureViewVersionDocument.find({"_id": {"$in": list(ids)}}).to_list()
    return {version.id: version for version in found}


async def _if_possible(asked: Awaitable[T]) -> T | None:
    """None where it cannot be any more: the registry is written, and that stands."""
    try:
        return await asked
    except (Conflict, InvalidInput, NotFound):
        return None
