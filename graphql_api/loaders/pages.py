"""Lists that hang from objects: those of all parents that a request shows, by one command a kind of list."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from strawberry.dataloader import DataLoader

from graphql_api.auth.viewer import Viewer
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import Page, PageRequest
from graphql_api.errors import LimitExceeded, UserError
from graphql_api.services.pages import Edge, Narrowing, Parent, as_page, lists_of, page_stages

ItemT = TypeVar("ItemT")
MOST_ITEMS = 50_000


@dataclass(frozen=True, slots=True)
class PageKey:
    edge: Edge[Any]
    parent: Parent
    request: PageRequest
    narrowing: Narrowing | None = None


@dataclass(frozen=True, slots=True)
class CountKey:
    edge: Edge[Any]
    parent: Parent
    narrowing: Narrowing | None = None


class PageLoaders:
    """A parent lies in a project, and what hangs from it is looked for in that project alone."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._left = MOST_ITEMS
        self._pages: DataLoader[PageKey, Page[Any]] = DataLoader(load_fn=self._load_pages)
        self._counts: DataLoader[CountKey, int] = DataLoader(load_fn=self._load_counts)

    async def load(
        self, edge: Edge[ItemT], parent: Parent, request: PageRequest, narrowing: Narrowing | None = None
    ) -> Page[ItemT]:
        return cast("Page[ItemT]", await self._pages.load(PageKey(edge, parent, request, narrowing)))

    async def _load_pages(self, keys: list[PageKey]) -> list[Page[Any] | BaseException]:
        groups: defaultdict[tuple[Edge[Any], PageRequest, Narrowing | None], list[Parent]] = defaultdict(list)
        for key in keys:
            self._viewer.must_be(Role.VIEWER, str(key.parent.project_id), "of this object")
            groups[key.edge, key.request, key.narrowing].append(key.parent)
        pages: dict[PageKey, Page[Any] | BaseException] = {}
        for (edge, request, narrowing), parents in groups.items():
            try:
                self._claim(len(parents) * request.first)
                stages = page_stages(edge.order, request)
            except UserError as refusal:  # a bad cursor, or too much, is the matter of these lists alone
                pages |= {PageKey(edge, parent, request, narrowing): refusal for parent in parents}
                continue
            lists = await lists_of(edge, parents, narrowing, stages)
            for parent, found in zip(parents, lists, strict=True):
                counted = CountKey(edge, parent, narrowing)
                pages[PageKey(edge, parent, request, narrowing)] = as_page(
                    found, edge.order, request, edge.parse, lambda key=counted: self._counts.load(key)
                )
        return [pages[key] for key in keys]

    def _claim(self, items: int) -> None:
        """Lists within lists multiply: what one request may ask for is bounded before anything is read."""
        self._left -= items
        if self._left < 0:
            raise LimitExceeded(
                f"One request lists at most {MOST_ITEMS} items within others: ask for smaller pages with `first`."
            )

    async def _load_counts(self, keys: list[CountKey]) -> list[int]:
        groups: defaultdict[tuple[Edge[Any], Narrowing | None], list[Parent]] = defaultdict(list)
        for key in keys:
            groups[key.edge, key.narrowing].append(key.parent)
        counts: dict[CountKey, int] = {}
        for (edge, narrowing), parents in groups.items():
            lists = await lists_of(edge, parents, narrowing, [{"$count": "total"}])
            for parent, found in zip(parents, lists, strict=True):
                counts[CountKey(edge, parent, narrowing)] = found[0]["total"] if found else 0
        return [counts[key] for key in keys]
