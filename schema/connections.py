"""Relay's connections: pages of lists that grow."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, TypeVar

import strawberry

from graphql_api.domain.pages import Page

NodeT = TypeVar("NodeT")
ItemT = TypeVar("ItemT")

First = Annotated[
    int | None,
    strawberry.argument(description="How many at most, from 0 to 200; null means the default."),
]
FirstRows = Annotated[
    int | None, strawberry.argument(description="How many rows at most, from 0 to 200; null means 20.")
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor of this list: what comes after it. Null: from the beginning. Items that were added "
        "before the cursor since change nothing."
    ),
]
Project = Annotated[str, strawberry.argument(description="The project's name.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="True where items come after this page.")
    has_previous_page: bool = strawberry.field(description="True where the page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="Of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Of the last item, for `after`; null on an empty page.")


@strawberry.type(description="An item and its place in the list.")
class Edge(Generic[NodeT]):
    cursor: str = strawberry.field(description="For `after`, in this list alone.")
    node: NodeT = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]] = strawberry.field(description="The items of this page, in the list's order.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="Items on all pages. Counted only when it is asked for.")
    async def total_count(self) -> int | None:
        return await self.count()


def connected(page: Page[ItemT], convert: Callable[[ItemT], NodeT]) -> Connection[NodeT]:
    """A page as the API shows it: each item converted to its type."""
    cursors = page.cursors
    return Connection(
        edges=[Edge(cursor=cursor, node=convert(item)) for cursor, item in zip(cursors, page.items, strict=True)],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        count=page.count,
    )
