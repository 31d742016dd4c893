"""Lists of the registry: which objects there are, by name, by when they changed, by tag, owner, and words.

A list is read from the catalog, whose documents are small and whose indexes know each filter; the documents of one page
are then read by their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from beanie import Document
from bson import ObjectId

from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.raw import Raw, collection_of
from graphql_api.domain.enums import SearchKind
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.words import beginning_with, words_of
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.pages import Stage, find_page

MAX_SEARCH = 200
MAX_SEARCH_WORDS = 16
FoundT = TypeVar("FoundT", bound=Document)


@dataclass(frozen=True, slots=True)
class Filters:
    """`search`: each of its words begins a word of what is found. `tag`: `key`, or `key:value`. `owner`: exactly."""

    search: str | None = None
    tag: str | None = None
    owner: str | None = None

    def match(self) -> dict[str, Any]:
        """Raises InvalidInput for a search too long."""
        match: dict[str, Any] = {}
        if self.search:
            match |= with_words(searched_words(self.search, "search"))
        if self.tag:
            match["labels"] = self.tag
        if self.owner is not None:
            match["owner"] = self.owner
        return match


def searched_words(text: str, argument: str) -> list[str]:
    """The words to look for. Raises InvalidInput where there are too many, or too much."""
    if len(text) > MAX_SEARCH:
        message = f"longer than {MAX_SEARCH} characters"
        raise InvalidInput(f"{argument} is {message}.", [Problem(argument, message, "a few words are enough")])
    words = words_of(text)
    if len(words) > MAX_SEARCH_WORDS:
        message = f"more than {MAX_SEARCH_WORDS} words"
        raise InvalidInput(f"{argument} has {message}.", [Problem(argument, message, "a few words are enough")])
    return words


def with_words(words: Sequence[str], held: str = "words") -> dict[str, Any]:
    """Each of them begins a word of the entry, or of what is `held`; without any word nothing is meant, and found."""
    if not words:
        return {"_id": {"$in": []}}
    conditions = [{held: {"$elemMatch": beginning_with(word)}} for word in sorted(words, key=len, reverse=True)]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def by_name(kind: str) -> Order:
    return Order(kind, (SortKey("name", KeyKind.TEXT),))


def listed(project_id: ObjectId, kind: SearchKind) -> dict[str, Any]:
    """What a list of this kind begins with. All but features have a null `view_name`, so that names are in order."""
    view_name: dict[str, Any] = {} if kind is SearchKind.FEATURE else {"view_name": None}
    return {"project_id": project_id, "kind": kind, "listed": True, **view_name}


async def find_entries(match: Mapping[str, Any], order: Order, request: PageRequest) -> Page[Raw]:
    """A page of entries, by their order."""
    return await entries_of([{"$match": dict(match)}], order, request)


async def entries_of(stages: Sequence[Stage], order: Order, request: PageRequest) -> Page[Raw]:
    return await find_page(CatalogEntryDocument, stages, order, request, dict)


async def documents_of(model: type[FoundT], page: Page[Raw]) -> Page[FoundT]:
    """The documents of a page of entries; one that was deleted since the entry was read is left out."""
    ids = [entry["_id"] for entry in page.items]
    found = await collection_of(model).find({"_id": {"$in": ids}}).to_list() if ids else []
    documents = {raw["_id"]: model.model_validate(raw) for raw in found}
    kept = [(documents[_id], cursor) for _id, cursor in zip(ids, page.cursors, strict=True) if _id in documents]
    return page.holding([document for document, _ in kept], [cursor for _, cursor in kept])
