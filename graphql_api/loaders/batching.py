"""Batching for one request: many fields ask for one thing each, and MongoDB is asked once."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from strawberry.dataloader import DataLoader

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")


def loader(
    find: Callable[[list[KeyT]], Awaitable[Iterable[FoundT]]], key: Callable[[FoundT], KeyT]
) -> DataLoader[KeyT, FoundT | None]:
    """Each key gets what was found under it, or None."""

    async def load(keys: list[KeyT]) -> list[FoundT | None]:
        found = {key(one): one for one in await find(keys)}
        return [found.get(one) for one in keys]

    return DataLoader(load_fn=load)


def mapped(find: Callable[[list[KeyT]], Awaitable[Mapping[KeyT, FoundT]]]) -> DataLoader[KeyT, FoundT | None]:
    async def load(keys: list[KeyT]) -> list[FoundT | None]:
        found = await find(keys)
        return [found.get(one) for one in keys]

    return DataLoader(load_fn=load)
