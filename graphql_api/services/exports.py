"""Export: the registry of a project as the YAML files that git would hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.json_schema.whole import MODELINE
from graphql_api.definitions.pin_notes import notes_of_service, notes_of_view, without_versions
from graphql_api.definitions.writing import NO_NOTES, Notes, path_of, written
from graphql_api.documents.base import Described
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import Raw, at_one_moment, collection_of
from graphql_api.domain.enums import DefinitionKind, Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.errors import InvalidInput, Problem, ProjectNotFound
from graphql_api.services.pages import as_page
from graphql_api.services.projects import Projects

MOST_SCHEMA = 2_000
_ON_ONE_LINE = re.compile(rf"[^\x00-\x20\x7f]{{1,{MOST_SCHEMA}}}")
_MODELS: Mapping[DefinitionKind, type[Described]] = {
    DefinitionKind.ENTITY: EntityDocument,
    DefinitionKind.DATA_SOURCE: DataSourceDocument,
    DefinitionKind.FEATURE_VIEW: FeatureViewDocument,
    DefinitionKind.FEATURE_SERVICE: FeatureServiceDocument,
}
KINDS: tuple[DefinitionKind, ...] = tuple(_MODELS)
"""In the order of files: what others are built on comes first."""
_ORDER = Order("definition_file", (SortKey("place", KeyKind.NUMBER), SortKey("name", KeyKind.TEXT)))
_NEWEST: tuple[Raw, ...] = (
    {"$sort": {"name": 1, "number": -1}},
    {"$group": {"_id": "$name", "newest": {"$first": "$_id"}, "label": {"$first": "$label"}}},
)


@dataclass(frozen=True, slots=True)
class DefinitionFile:
    """`revision`: the sequence number of the project's last registry event when it was read."""

    kind: DefinitionKind
    name: str
    path: str
    text: str
    revision: int


@dataclass(frozen=True, slots=True)
class FileStyle:
    """How files are written. `schema`: where editors find the JSON Schema, for the first line; None: no such line.
    `unpinned`: references without the numbers of versions."""

    schema: str | None = None
    unpinned: bool = False

    def check(self) -> None:
        """Raises InvalidInput for a schema that does not fit on the line."""
        if self.schema is not None and not _ON_ONE_LINE.fullmatch(self.schema):
            message = f"must be an address or a path of 1 to {MOST_SCHEMA:,} characters, without spaces"
            raise InvalidInput(f"schema {message}.", [Problem("schema", message)])


class Exports:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(
        self, viewer: Viewer, project_name: str, request: PageRequest, how: FileStyle, *, label: str | None = None
    ) -> Page[DefinitionFile]:
        """A file an object, as it was last applied: entities, data sources, views, services, each by name. A page is
        read at one moment. `label`: only what was last applied under it.

        Raises Unauthenticated, ProjectNotFound, and InvalidInput."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        how.check()
        match: Raw = {"project_id": project.id}
        async with at_one_moment(ProjectDocument) as session:
            revision = await _revision(project.id, session)
            found = await _found(match, label, request, session)
            notes = {} if how.unpinned else await _notes(found[: request.first], session)
        return as_page(
            found,
            _ORDER,
            request,
            lambda raw: _file(raw, how, notes.get(raw["_id"], NO_NOTES), revision),
            partial(_count, match, label),
        )


async def _revision(project_id: ObjectId, session: AsyncClientSession) -> int:
    found = await collection_of(ProjectDocument).find_one({"_id": project_id}, {"revision": 1}, session=session)
    if found is None:
        raise ProjectNotFound("The project is gone.")
    return found["revision"]


async def _found(match: Raw, label: str | None, request: PageRequest, session: AsyncClientSession) -> list[Raw]:
    """One more than asked for, each with its `place` among the kinds."""
    first, after = cast("tuple[int, str]", _ORDER.position(request.after)) if request.after is not None else (0, "")
    found: list[Raw] = []
    for place, kind in enumerate(KINDS):
        wanted = request.first + 1 - len(found)
        if place < first or wanted == 0:
            continue
        beyond = {"name": {"$gt": after}} if place == first else {}
        named = await _named(kind, {**match, **beyond}, label, wanted, session)
        found += [{**raw, "place": place} for raw in named]
    return found


async def _named(
    kind: DefinitionKind, match: Raw, label: str | None, most: int, session: AsyncClientSession
) -> list[Raw]:
    """By name; of a service the newest version, whatever older ones were applied under."""
    collection = collection_of(_MODELS[kind])
    under = {} if label is None else {"label": label}
    if kind is DefinitionKind.FEATURE_SERVICE:
        stages = [{"$match": match}, *_NEWEST, {"$match": under}, {"$sort": {"_id": 1}}, {"$limit": most}]
        newest = await (await collection.aggregate(stages, session=session)).to_list()
        match, under = {"_id": {"$in": [one["newest"] for one in newest]}}, {}
    return await collection.find({**match, **under}, session=session).sort("name").limit(most).to_list()


async def _notes(found: Sequence[Raw], session: AsyncClientSession) -> dict[ObjectId, Notes]:
    """Of services and views, by their ids."""
    notes = {
        raw["_id"]: notes_of_service([(entry["written"], entry["reference"]) for entry in raw["entries"]])
        for raw in found
        if KINDS[raw["place"]] is DefinitionKind.FEATURE_SERVICE
    }
    views = {raw["_id"]: raw for raw in found if KINDS[raw["place"]] is DefinitionKind.FEATURE_VIEW}
    latest = [{"view_id": id, "number": raw["latest_version"]} for id, raw in views.items()]
    if latest:
        held = {"view_id": 1, "transformation.views": 1}
        versions = collection_of(FeatureViewVersionDocument).find({"$or": latest}, held, session=session)
        async for version in versions:
            pins = {pin["written"]: pin["reference"] for pin in version["transformation"]["views"]}
            notes[version["view_id"]] = notes_of_view(views[version["view_id"]]["spec"], pins)
    return notes


def _file(raw: Mapping[str, Any], how: FileStyle, notes: Notes, revision: int) -> DefinitionFile:
    kind, name = KINDS[int(raw["place"])], str(raw["name"])
    spec = without_versions(kind, raw["spec"]) if how.unpinned else raw["spec"]
    head = f"{MODELINE}{how.schema}\n" if how.schema is not None else ""
    return DefinitionFile(kind, name, path_of(kind, name), head + written(kind, spec, notes), revision)


async def _count(match: Raw, label: str | None) -> int:
    under = {} if label is None else {"label": label}
    counted = [
        await collection_of(model).count_documents({**match, **under})
        for kind, model in _MODELS.items()
        if kind is not DefinitionKind.FEATURE_SERVICE
    ]
    stages = [{"$match": match}, *_NEWEST, {"$match": under}, {"$count": "services"}]
    services = await (await collection_of(FeatureServiceDocument).aggregate(stages)).to_list()
    return sum(counted) + sum(one["services"] for one in services)
