"""Search: what there is in a project, by its words."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.raw import Raw, collection_of
from graphql_api.domain.enums import Role, SearchKind
from graphql_api.domain.pages import PageRequest
from graphql_api.domain.snippets import Piece, is_found, snippet_of
from graphql_api.domain.words import beginning_with, folded
from graphql_api.services.catalog import searched_words, with_words
from graphql_api.services.projects import Projects

_VERSION = re.compile(r"@\d+")
_SHOWN = {
    "words": 1,
    "own_words": 1,
    "kind": 1,
    "name": 1,
    "view_name": 1,
    "description": 1,
    "tags": 1,
    "owner": 1,
    "columns": 1,
}


class Rank(IntEnum):
    """How well an entry answers; the best comes first."""

    NAME = 0
    BEGINS_NAME = 1
    EVERY_WORD_IN_NAME = 2
    EVERY_WORD = 3
    """Each word that is searched for begins one of its words."""
    SOME_WORD = 4
    """It holds one of the words, or another form of one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """`name`: of a feature, with its view's in front."""

    id: ObjectId
    kind: SearchKind
    name: str
    snippet: tuple[Piece, ...]


class Search:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def find(
        self, viewer: Viewer, project_name: str, query: str, kinds: Sequence[SearchKind] | None, request: PageRequest
    ) -> list[Hit]:
        """The best first: an exact name, a name that begins so, every word in the name, every word anywhere, then some
        word; of these by MongoDB's score where fewer than asked for hold every word, else by name.

        Raises InvalidInput for a query too long."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        plain = _VERSION.sub("", query)
        words = searched_words(plain, "query")
        if not words or not request.first or kinds == []:
            return []
        match = {"project_id": project.id, "kind": {"$in": list(SearchKind if kinds is None else kinds)}}
        name = folded(plain).strip().replace(" ", "_")
        entries = await _candidates(match, name, words, request.first)
        ranked = sorted(entries.values(), key=lambda entry: _rank(entry, name, words))
        return [_hit(entry, words) for entry in ranked[: request.first]]


async def _candidates(match: Mapping[str, Any], name: str, words: Sequence[str], most: int) -> dict[ObjectId, Raw]:
    """What may be among the `most` best: each index gives its own best.

    The text index reads all that holds any of the words before it knows its best: of a common word that is most of the
    project. So it is asked only where too little holds every word."""
    everywhere = {**match, "listed": {"$in": [True, False]}}
    found = await asyncio.gather(
        _find([{"$match": {**match, "name": beginning_with(name)}}, {"$sort": {"name": 1, "_id": 1}}], most),
        _find([{"$match": {**everywhere, **with_words(words, "own_words")}}], most),
        _find([{"$match": {**everywhere, **with_words(words)}}], most),
    )
    candidates = {entry["_id"]: entry for some in found for entry in some}
    if len(candidates) < most:
        scored = await _scored({**match, "$text": {"$search": " ".join(words)}}, most)
        candidates |= {entry["_id"]: entry for entry in scored}
    return candidates


async def _find(stages: list[Mapping[str, Any]], most: int) -> list[Raw]:
    cursor = await collection_of(CatalogEntryDocument).aggregate([*stages, {"$limit": most}, {"$project": _SHOWN}])
    return await cursor.to_list()


async def _scored(match: Mapping[str, Any], most: int) -> list[Raw]:
    score = {"$meta": "textScore"}
    cursor = await collection_of(CatalogEntryDocument).aggregate(
        [{"$match": match}, {"$sort": {"score": score}}, {"$limit": most}, {"$project": _SHOWN | {"score": score}}]
    )
    return await cursor.to_list()


def _rank(entry: Raw, name: str, words: Sequence[str]) -> tuple[Rank, float, str, str]:
    if name in (entry["name"], _named(entry)):
        rank = Rank.NAME
    elif entry["name"].startswith(name) or _named(entry).startswith(name):
        rank = Rank.BEGINS_NAME
    elif _begin(words, entry["own_words"]):
        rank = Rank.EVERY_WORD_IN_NAME
    elif _begin(words, entry["words"]):
        rank = Rank.EVERY_WORD
    else:
        rank = Rank.SOME_WORD
    return rank, -entry.get("score", 0.0), _named(entry), entry["kind"]


def _begin(words: Sequence[str], held: Sequence[str]) -> bool:
    """Does each of the words begin one that is held?"""
    return all(any(own.startswith(word) for own in held) for word in words)


def _named(entry: Raw) -> str:
    return f"{entry['view_name']}:{entry['name']}" if entry["view_name"] else entry["name"]


def _hit(entry: Raw, words: Sequence[str]) -> Hit:
    texts = [
        entry["description"],
        _named(entry),
        *(f"{tag['key']}: {tag['value']}" for tag in entry["tags"]),
        entry["owner"] or "",
        *entry["columns"],
    ]
    found = next((text for text in texts if is_found(text, words)), entry["description"] or _named(entry))
    return Hit(entry["_id"], SearchKind(entry["kind"]), _named(entry), tuple(snippet_of(found, words)))
