"""What all subscriptions share."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from graphql_api.context import Info

EventT = TypeVar("EventT")
ShownT = TypeVar("ShownT")


async def followed(
    info: Info, events: AsyncGenerator[EventT], show: Callable[[EventT], ShownT]
) -> AsyncIterator[ShownT]:
    """Each event as the API shows it, while the viewer's token holds; what it refers to is read anew for each.

    Raises Unauthenticated once the token has expired or was revoked."""
    async with aclosing(events):
        async for event in events:
            await info.context.services.tokens.confirm(info.context.viewer)
            info.context.forget_loaded()
            yield show(event)
