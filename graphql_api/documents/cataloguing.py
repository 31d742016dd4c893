"""Keeping the catalog in step with the registry."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.base import Described
from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import Raw, collection_of, in_transaction
from graphql_api.domain.enums import PUBLISHED, DefinitionKind, SearchKind
from graphql_api.domain.words import spaced, words_of

_OBJECTS_AT_ONCE = 100
_MODELS: Mapping[DefinitionKind, type[Described]] = {
    DefinitionKind.ENTITY: EntityDocument,
    DefinitionKind.DATA_SOURCE: DataSourceDocument,
    DefinitionKind.FEATURE_VIEW: FeatureViewDocument,
    DefinitionKind.FEATURE_SERVICE: FeatureServiceDocument,
}

Permission = Callable[[AsyncClientSession], Awaitable[None]]
Changed = tuple[DefinitionKind, str]
"""An object by kind and name: one that is new, changed, published, archived or gone."""


async def keep_catalog(session: AsyncClientSession, project_id: ObjectId, changed: Iterable[Changed]) -> None:
    """Make the catalog hold what the registry now says of these objects.

    Call it last in each transaction that writes entities, sources, views, their versions or services: it reads what
    the transaction has written. Services that pin versions of the views are seen to as well, since which version of a
    service is current goes by the states of what it pins."""
    keeper = _Keeper(session, project_id)
    names: dict[DefinitionKind, set[str]] = {kind: set() for kind in DefinitionKind}
    for kind, name in changed:
        names[kind].add(name)
    views = sorted(names[DefinitionKind.FEATURE_VIEW])
    names[DefinitionKind.FEATURE_SERVICE] |= await keeper.services_of(views)
    entries = [
        *await keeper.entities(sorted(names[DefinitionKind.ENTITY])),
        *await keeper.sources(sorted(names[DefinitionKind.DATA_SOURCE])),
        *await keeper.views(views),
        *await keeper.services(sorted(names[DefinitionKind.FEATURE_SERVICE])),
    ]
    await keeper.write(names, entries)


async def rebuild_catalog(project_id: ObjectId, permitted: Permission | None = None) -> None:
    """All of a project's entries anew, in small transactions; what is written meanwhile stands.

    `permitted` is asked first in each of them, and raises where it is not any more."""
    names: dict[Changed, None] = {}
    for kind, model in _MODELS.items():
        held = await collection_of(model).distinct("name", {"project_id": project_id})
        listed = await collection_of(CatalogEntryDocument).distinct("name", {"project_id": project_id, "kind": kind})
        names |= dict.fromkeys((kind, name) for name in (*held, *listed))
    every = list(names)
    for start in range(0, len(every), _OBJECTS_AT_ONCE):
        some = every[start : start + _OBJECTS_AT_ONCE]

        async def body(session: AsyncClientSession, some: Sequence[Changed] = some) -> None:
            if permitted is not None:
                await permitted(session)
            await keep_catalog(session, project_id, some)

        await in_transaction(CatalogEntryDocument, body)


async def rebuild_catalogs(permitted: Permission | None = None) -> None:
    """Of every project: where a release before held no catalog, or another."""
    for project in await collection_of(ProjectDocument).find({}, {"_id": 1}).to_list():
        await rebuild_catalog(project["_id"], permitted)


def current_services(match: Mapping[str, object]) -> list[Mapping[str, Any]]:
    """A pipeline: of each service that matches the newest version that is ready, the newest where none is."""
    pinned = {
        "from": collection_of(FeatureViewVersionDocument).name,
        "localField": "entries.version_id",
        "foreignField": "_id",
        "pipeline": [{"$match": {"state": {"$nin": list(PUBLISHED)}}}, {"$project": {"_id": 1}}],
        "as": "unpublished",
    }
    best = {"$top": {"sortBy": {"ready": -1, "number": -1}, "output": "$$ROOT"}}
    return [
        {"$match": match},
        {"$lookup": pinned},
        {"$set": {"ready": {"$eq": [{"$size": "$unpublished"}, 0]}}},
        {"$unset": "unpublished"},
        {"$group": {"_id": "$name", "current": best}},
        {"$replaceWith": "$current"},
    ]


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Reads the registry and writes the catalog, within one transaction."""

    session: AsyncClientSession
    project_id: ObjectId

    async def entities(self, names: Sequence[str]) -> list[Raw]:
        found = await self._named(EntityDocument, names)
        return [_entry(SearchKind.ENTITY, one, columns=_names(one["join_keys"])) for one in found]

    async def sources(self, names: Sequence[str]) -> list[Raw]:
        found = await self._named(DataSourceDocument, names)
        return [_entry(SearchKind.DATA_SOURCE, one, columns=_names(one["columns"])) for one in found]

    async def views(self, names: Sequence[str]) -> list[Raw]:
        """Entries of the views, and of the features of their current and latest versions."""
        views = await self._named(FeatureViewDocument, names)
        wanted = [
            {"view_id": view["_id"], "number": number}
            for view in views
            for number in {view["current_version"] or view["latest_version"], view["latest_version"]}
        ]
        versions: dict[tuple[ObjectId, int], Raw] = {}
        if wanted:
            found = collection_of(FeatureViewVersionDocument).find({"$or": wanted}, session=self.session)
            versions = {(one["view_id"], one["number"]): one for one in await found.to_list()}
        entries: list[Raw] = []
        for view in views:
            current = versions.get((view["_id"], view["current_version"]))
            latest = versions.get((view["_id"], view["latest_version"]))
            entries += _view_entries(view, current, latest)
        return entries

    async def services_of(self, views: Sequence[str]) -> set[str]:
        """Names of the services of which some version pins a version of one of these views."""
        if not views:
            return set()
        versions = await collection_of(FeatureViewVersionDocument).distinct(
            "_id", {"project_id": self.project_id, "view_name": {"$in": list(views)}}, session=self.session
        )
        pinning = {"entries.version_id": {"$in": versions}}
        return set(await collection_of(FeatureServiceDocument).distinct("name", pinning, session=self.session))

    async def services(self, names: Sequence[str]) -> list[Raw]:
        if not names:
            return []
        pipeline = current_services({"project_id": self.project_id, "name": {"$in": list(names)}})
        cursor = await collection_of(FeatureServiceDocument).aggregate(pipeline, session=self.session)
        return [
            _entry(
                SearchKind.FEATURE_SERVICE,
                one,
                columns=[
                    *_names(one["request_columns"]),
                    *(column for entry in one["entries"] for column in entry["columns"]),
                ],
            )
            for one in await cursor.to_list()
        ]

    async def write(self, names: Mapping[DefinitionKind, Iterable[str]], entries: Sequence[Raw]) -> None:
        """In the place of all entries of these objects."""
        places: list[Raw] = [{"kind": kind, "name": {"$in": sorted(some)}} for kind, some in names.items() if some]
        if not places:
            return
        views = {"$in": sorted(names[DefinitionKind.FEATURE_VIEW])}
        places += [{"kind": SearchKind.FEATURE, "listed": listed, "view_name": views} for listed in (True, False)]
        catalog = collection_of(CatalogEntryDocument)
        own = [{"project_id": self.project_id, **place} for place in places]
        held = await catalog.find({"$or": own}, {"_id": 1}, session=self.session).to_list()
        gone = {entry["_id"] for entry in held} - {entry["_id"] for entry in entries}
        if gone:
            await catalog.delete_many({"_id": {"$in": list(gone)}}, session=self.session)
        if entries:
            writes = [ReplaceOne({"_id": entry["_id"]}, entry, upsert=True) for entry in entries]
            await catalog.bulk_write(writes, ordered=False, session=self.session)

    async def _named(self, model: type[Described], names: Sequence[str]) -> list[Raw]:
        if not names:
            return []
        query = {"project_id": self.project_id, "name": {"$in": list(names)}}
        return await collection_of(model).find(query, session=self.session).to_list()


def _view_entries(view: Raw, current: Raw | None, latest: Raw | None) -> list[Raw]:
    listed = {part["name"]: (current, part) for part in (current["features"] if current else ())}
    drafted = {
        part["name"]: (latest, part) for part in (latest["features"] if latest else ()) if part["name"] not in listed
    }
    keys = [key["name"] for one in (current, latest) if one for entity in one["entities"] for key in entity["keys"]]
    entry = _entry(SearchKind.FEATURE_VIEW, view, columns=dict.fromkeys([*keys, *listed, *drafted]))
    entry |= {
        "entity_ids": view["entity_ids"],
        "freshness": view["freshness"],
        "data_id": current["data_id"] if current else None,
        "latest_data_id": latest["data_id"] if latest else None,
    }
    features = [
        _feature_entry(view, version, part, listed=version is current)
        for version, part in [*listed.values(), *drafted.values()]
    ]
    return [entry, *features]


def _feature_entry(view: Raw, version: Raw | None, part: Raw, *, listed: bool) -> Raw:
    about = {"_id": part["id"], "project_id": view["project_id"], "updated_at": view["updated_at"], **part}
    return _entry(SearchKind.FEATURE, about, columns=[view["name"]]) | {
        "view_name": view["name"],
        "listed": listed,
        "columns": [],
        "version_id": version["_id"] if version else None,
        "value_type": part["value_type"],
    }


def _entry(kind: SearchKind, about: Raw, *, columns: Iterable[str]) -> Raw:
    labels = [label for tag in about["tags"] for label in (tag["key"], f"{tag['key']}:{tag['value']}")]
    owner: str | None = about["owner"]
    named = list(columns)
    said = [*(f"{tag['key']} {tag['value']}" for tag in about["tags"]), *([owner] if owner else [])]
    return {
        "_id": about["_id"],
        "project_id": about["project_id"],
        "kind": kind,
        "name": about["name"],
        "view_name": None,
        "listed": True,
        "description": about["description"],
        "owner": owner,
        "tags": about["tags"],
        "labels": list(dict.fromkeys(labels)),
        "columns": named,
        "updated_at": about["updated_at"],
        "words": words_of(about["name"], about["description"], *said, *named),
        "own_words": words_of(about["name"]),
        "name_words": spaced([about["name"]]),
        "label_words": spaced(said),
        "column_words": spaced(named),
    }


def _names(parts: Iterable[Raw]) -> list[str]:
    return [part["name"] for part in parts]
