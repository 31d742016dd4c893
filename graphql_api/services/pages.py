"""Pages out of MongoDB: one command for a list, and one command for the lists of many parents."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from beanie import Document
from bson import ObjectId

from graphql_api.documents.raw import collection_of
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest

Raw = Mapping[str, Any]
Stage = Mapping[str, Any]
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Parent:
    """What a list belongs to: `values` are what its edge matches on, by the names that the edge uses."""

    project_id: ObjectId
    values: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, project_id: ObjectId, **values: object) -> "Parent":
        return cls(project_id, tuple(values.items()))


@dataclass(frozen=True, eq=False)
class Edge(Generic[ItemT]):
    """A list that hangs from a parent: documents of `model` whose `foreign` path holds the parent's `local` value.

    `stages` go on from these, and may use the parent's values as `$$name`; they end in documents that `parse` reads
    and that hold the paths of `order`."""

    model: type[Document]
    local: str
    foreign: str
    order: Order
    parse: Callable[[Raw], ItemT]
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Only items whose value at `path` is one of `values`."""

    path: str
    values: tuple[Any, ...]

    def stage(self) -> Stage:
        return {"$match": {self.path: {"$in": list(self.values)}}}


def after(order: Order, cursor: str) -> dict[str, Any]:
    """A filter for what comes after a cursor, whatever has come before it since."""
    held = order.position(cursor)
    values = [
        ObjectId(str(value)) if key.kind is KeyKind.ID else value for key, value in zip(order.keys, held, strict=True)
    ]
    branches: list[dict[str, Any]] = []
    for index, key in enumerate(order.keys):
        same = {earlier.path: values[place] for place, earlier in enumerate(order.keys[:index])}
        branches.append({**same, key.path: {"$gt" if key.direction > 0 else "$lt": values[index]}})
    return branches[0] if len(branches) == 1 else {"$or": branches}


def page_stages(order: Order, request: PageRequest) -> list[Stage]:
    """One more than asked for is read: it tells whether there is a next page."""
    seek: list[Stage] = [{"$match": after(order, request.after)}] if request.after is not None else []
    return [*seek, {"$sort": {key.path: key.direction for key in order.keys}}, {"$limit": request.first + 1}]


def as_page(
    found: Sequence[Raw],
    order: Order,
    request: PageRequest,
    parse: Callable[[Raw], ItemT],
    count: Callable[[], Awaitable[int]],
) -> Page[ItemT]:
    shown = found[: request.first]
    return Page(
        items=[parse(raw) for raw in shown],
        cursors=[order.cursor(raw) for raw in shown],
        has_next=len(found) > request.first,
        has_previous=request.after is not None,
        count=count,
    )


async def find_page(
    model: type[Document],
    stages: Sequence[Stage],
    order: Order,
    request: PageRequest,
    parse: Callable[[Raw], ItemT],
) -> Page[ItemT]:
    """A page of what `stages` end in; they begin with a match by project."""
    pipeline = [*stages, *page_stages(order, request)]
    cursor = await collection_of(model).aggregate(pipeline)
    found = await cursor.to_list()
    return as_page(found, order, request, parse, partial(count_of, model, stages))


async def count_of(model: type[Document], stages: Sequence[Stage]) -> int:
    cursor = await collection_of(model).aggregate([*stages, {"$count": "total"}])
    found = await cursor.to_list()
    return found[0]["total"] if found else 0


async def lists_of(
    edge: Edge[ItemT], parents: Sequence[Parent], narrowing: Narrowing | None, last: Sequence[Stage]
) -> list[list[Raw]]:
    """What each parent's list ends in after the stages `last`, in the order of the parents, by one command."""
    names = [name for name, _ in parents[0].values]
    documents = [{"project_id": parent.project_id, **dict(parent.values)} for parent in parents]
    narrow = [narrowing.stage()] if narrowing else []
    lookup = {
        "from": collection_of(edge.model).name,
        "localField": edge.local,
        "foreignField": edge.foreign,
        "let": {name: f"${name}" for name in ("project_id", *names)},
        "pipeline": [
            {"$match": {"$expr": {"$eq": ["$project_id", "$$project_id"]}}},
            *edge.stages,
            *narrow,
            *last,
        ],
        "as": "found",
    }
    database = collection_of(edge.model).database
    cursor = await database.aggregate([{"$documents": documents}, {"$lookup": lookup}, {"$project": {"found": 1}}])
    return [row["found"] for row in await cursor.to_list()]
