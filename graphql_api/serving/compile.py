"""From what a look-up names to a plan: which versions answer, by the rules of references and of readiness."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import cast

from beanie import PydanticObjectId
from bson import ObjectId

from graphql_api.definitions.problems import nearest
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_services import FeatureServiceDocument, ServiceEntryPart
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import PUBLISHED, VersionState
from graphql_api.domain.references import Reference
from graphql_api.errors import InvalidInput, NotFound, Problem
from graphql_api.serving.plan import Entry, LookupPlan, RequestColumn, assemble, request_columns

Version = FeatureViewVersionDocument
_Distinct = Callable[[str, Mapping[str, object]], Awaitable[list[str]]]


async def compile_service(project_id: ObjectId, project_name: str, service: str, revision: int) -> LookupPlan:
    """Raises NotFound for an unknown service, InvalidInput where it is not ready, naming each unpublished version."""
    entries = await service_entries(project_id, project_name, service)
    _refuse_on_demand({entry.version.reference: "featureService" for entry in entries if entry.is_on_demand})
    return assemble(revision, entries, await copies_of(entries))


async def service_entries(project_id: ObjectId, project_name: str, service: str) -> list[Entry]:
    """What a service takes of which versions. Raises as `compile_service` does."""
    _, entries = await service_and_entries(project_id, project_name, service)
    return entries


async def service_and_entries(
    project_id: ObjectId, project_name: str, service: str
) -> tuple[FeatureServiceDocument, list[Entry]]:
    """The same, with the version of the service that is meant."""
    reference = _service_reference(service)
    chosen, versions = await _service(project_id, project_name, reference)
    unpublished = [_state_problem(version) for version in _unpublished(chosen, versions)]
    if unpublished:
        names = ", ".join(problem.message for problem in unpublished)
        raise InvalidInput(f"{chosen.reference} is not ready: {names}.", unpublished)
    return chosen, [_service_entry(part, versions[part.version_id]) for part in chosen.entries]


async def compile_references(project_id: ObjectId, references: Sequence[str], revision: int) -> LookupPlan:
    """Raises InvalidInput with every reference that cannot be answered."""
    entries = await reference_entries(project_id, references)
    _refuse_on_demand({entry.version.reference: "features" for entry in entries if entry.is_on_demand})
    return assemble(revision, entries, await copies_of(entries))


async def reference_entries(project_id: ObjectId, references: Sequence[str]) -> list[Entry]:
    """What the references mean. Raises as `compile_references` does."""
    if not references:
        raise InvalidInput("Ask for at least one feature.", [Problem("features", "The list is empty.")])
    return await _References(project_id, references).resolve()


def _refuse_on_demand(paths: Mapping[str, str]) -> None:
    """Versions that cannot be answered yet, each with the path of what asks for it."""
    if paths:
        names = ", ".join(paths)
        message = f"On-demand features are not available in look-ups yet: {names}."
        raise InvalidInput(message, [Problem(path, f"{name} is on-demand.") for name, path in paths.items()])


def _service_reference(text: str) -> Reference:
    try:
        reference = Reference.parse(text)
    except ValueError as error:
        raise InvalidInput(str(error), [Problem("featureService", str(error))]) from None
    if reference.feature is not None:
        message = f"{text!r} names a feature: write the service alone, as name or name@2."
        raise InvalidInput(message, [Problem("featureService", message)])
    return reference


async def _service(
    project_id: ObjectId, project_name: str, reference: Reference
) -> tuple[FeatureServiceDocument, Mapping[PydanticObjectId, Version]]:
    """Without a number: the newest that is ready; the newest, where none is."""
    wanted: dict[str, object] = {"project_id": project_id, "name": reference.name}
    if reference.version is not None:
        wanted["number"] = reference.version
    services = await FeatureServiceDocument.find(wanted).sort("-number").to_list()
    if not services:
        names = await _names(FeatureServiceDocument, project_id)
        hint = nearest(reference.name, names) if reference.name not in names else None
        message = f"There is no feature service {str(reference)!r} in {project_name!r}."
        raise NotFound(f"{message} {hint}" if hint else message)
    ids = {part.version_id for service in services for part in service.entries}
    versions = {version.id: version async for version in Version.find({"_id": {"$in": list(ids)}})}
    ready = (service for service in services if not _unpublished(service, versions))
    return next(ready, services[0]), versions


def _unpublished(service: FeatureServiceDocument, versions: Mapping[PydanticObjectId, Version]) -> list[Version]:
    pinned = {part.version_id: versions[part.version_id] for part in service.entries}
    return [version for version in pinned.values() if version.state not in PUBLISHED]


def _state_problem(version: Version) -> Problem:
    if version.state is VersionState.DRAFT:
        return Problem("featureService", f"{version.reference} is a draft", "Materialize or publish it.")
    return Problem("featureService", f"{version.reference} is archived", "Pin a later version in the service.")


def _service_entry(part: ServiceEntryPart, version: Version) -> Entry:
    keys = {key.join_key: key.request_column for key in part.keys}
    return Entry(version, part.alias or version.reference, part.features, part.columns, keys)


async def copies_of(entries: Iterable[Entry]) -> dict[int, DataCopyDocument]:
    ids = {entry.version.data_id for entry in entries}
    return {copy.id: copy async for copy in DataCopyDocument.find({"_id": {"$in": list(ids)}})}


class _References:
    """A list of references, resolved together; every problem is kept."""

    def __init__(self, project_id: ObjectId, texts: Sequence[str]) -> None:
        self._project_id = project_id
        self._texts = texts
        self._problems: list[Problem] = []

    async def resolve(self) -> list[Entry]:
        parsed = [reference for at, text in enumerate(self._texts) if (reference := self._parse(at, text))]
        views = await self._views({reference.name for _, reference in parsed})
        numbered = [
            (at, reference, (views[reference.name].id, number))
            for at, reference in parsed
            if (number := await self._number(at, reference, views)) is not None
        ]
        versions = await _versions({key for _, _, key in numbered})
        entries = [
            entry
            for at, reference, key in numbered
            if (entry := self._entry(at, reference, views[reference.name], versions.get(key)))
        ]
        self._refuse_doubles(entries)
        self._refuse_clashes(entries)
        if self._problems:
            raise InvalidInput("These features cannot be looked up.", self._problems)
        return entries

    def _refuse(self, at: int, message: str, hint: str | None = None) -> None:
        self._problems.append(Problem(f"features[{at}]", message, hint))

    def _parse(self, at: int, text: str) -> tuple[int, Reference] | None:
        try:
            return at, Reference.parse(text)
        except ValueError as error:
            self._refuse(at, str(error))
            return None

    async def _views(self, names: set[str]) -> dict[str, FeatureViewDocument]:
        found = FeatureViewDocument.find({"project_id": self._project_id, "name": {"$in": list(names)}})
        return {view.name: view async for view in found}

    async def _number(self, at: int, reference: Reference, views: Mapping[str, FeatureViewDocument]) -> int | None:
        view = views.get(reference.name)
        if view is None:
            names = await _names(FeatureViewDocument, self._project_id)
            self._refuse(at, f"There is no feature view {reference.name!r}.", nearest(reference.name, names))
            return None
        number = reference.version if reference.version is not None else view.current_version
        if number is None:
            newest = f"{view.name}@{view.latest_version}"
            self._refuse(at, f"{view.name!r} has no published version.", f"Publish {newest}, or ask for it by number.")
        return number

    def _entry(self, at: int, reference: Reference, view: FeatureViewDocument, version: Version | None) -> Entry | None:
        if version is None:
            self._refuse(at, f"There is no {view.name}@{reference.version}.", f"The newest is {view.latest_version}.")
            return None
        if version.state is VersionState.ARCHIVED:
            self._refuse(at, f"{version.reference} is archived: nothing is written to it any more.")
            return None
        names = [feature.name for feature in version.features]
        if reference.feature is not None and reference.feature not in names:
            message = f"{version.reference} has no feature {reference.feature!r}."
            self._refuse(at, message, nearest(reference.feature, names))
            return None
        chosen = names if reference.feature is None else [reference.feature]
        asked = str(Reference(reference.name, reference.version))
        return Entry(version, version.reference, chosen, [f"{asked}:{name}" for name in chosen], {})

    def _refuse_doubles(self, entries: Sequence[Entry]) -> None:
        counts = Counter(column for entry in entries for column in entry.columns)
        for column in sorted(column for column, count in counts.items() if count > 1):
            self._problems.append(Problem("features", f"{column!r} is asked for twice.", "Once is enough."))

    def _refuse_clashes(self, entries: Sequence[Entry]) -> None:
        seen: dict[str, tuple[RequestColumn, str]] = {}
        for entry in entries:
            for column in request_columns(entry):
                first, view = seen.setdefault(column.name, (column, entry.name))
                if first != column:
                    message = f"{view} and {entry.name} want the request column {column.name!r} for different things."
                    hint = "Ask for them apart, or through a feature service that renames one with `keys`."
                    problem = Problem("features", message, hint)
                    if problem not in self._problems:
                        self._problems.append(problem)


async def _versions(keys: set[tuple[ObjectId, int]]) -> dict[tuple[ObjectId, int], Version]:
    if not keys:
        return {}
    either = [{"view_id": view_id, "number": number} for view_id, number in keys]
    return {(version.view_id, version.number): version async for version in Version.find({"$or": either})}


async def _names(kind: type[FeatureViewDocument] | type[FeatureServiceDocument], project_id: ObjectId) -> list[str]:
    distinct = cast(_Distinct, kind.distinct)  # pyright: ignore[reportUnknownMemberType]
    return await distinct("name", {"project_id": project_id})
