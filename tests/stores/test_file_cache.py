import asyncio
import hashlib
from pathlib import Path

import pytest

from graphql_api.errors import Conflict, RunFault
from graphql_api.stores.file_cache import FileCache
from graphql_api.stores.objects import ObjectInfo, ObjectStore


@pytest.fixture
async def cache(objects: ObjectStore, tmp_path: Path) -> FileCache:
    return FileCache(objects, tmp_path / "cache", bound=2_500)


async def an_object(objects: ObjectStore, place: str, name: str, content: bytes) -> ObjectInfo:
    await objects.put_bytes(f"{place}{name}", content)
    [found] = await objects.list(f"{place}{name}")
    return found


async def test_what_is_held_needs_no_store(cache: FileCache, objects: ObjectStore, place: str) -> None:
    found = await an_object(objects, place, "a", b"a" * 1_000)
    with cache.folder() as folder:
        await cache.fetch(found, folder)
    await objects.put_bytes(found.uri, b"changed")

    with cache.folder() as folder:
        path = await cache.fetch(found, folder)

        assert path.read_bytes() == b"a" * 1_000
    assert not folder.exists()


async def test_a_changed_object_that_is_not_held_is_refused(cache: FileCache, objects: ObjectStore, place: str) -> None:
    found = await an_object(objects, place, "a", b"before")
    await objects.put_bytes(found.uri, b"behind")

    with cache.folder() as folder, pytest.raises(Conflict, match=found.uri):
        await cache.fetch(found, folder)
    assert list((cache._folder).iterdir()) == []  # pyright: ignore[reportPrivateUsage]


async def test_what_is_in_use_outlives_its_eviction(cache: FileCache, objects: ObjectStore, place: str) -> None:
    found = [await an_object(objects, place, str(number), b"%d" % number * 1_000) for number in range(5)]

    with cache.folder() as folder:
        paths = [await cache.fetch(info, folder) for info in found]

        assert [path.read_bytes() for path in paths] == [b"%d" % number * 1_000 for number in range(5)]
    held = sum(path.stat().st_size for path in cache._folder.iterdir())  # pyright: ignore[reportPrivateUsage]
    assert held == 2_000


async def test_many_that_want_one_object_all_get_it(cache: FileCache, objects: ObjectStore, place: str) -> None:
    found = await an_object(objects, place, "a", b"a" * 1_000)

    with cache.folder() as one, cache.folder() as other:
        paths = await asyncio.gather(*(cache.fetch(found, folder) for folder in (one, other) for _ in range(10)))

        assert {path.read_bytes() for path in paths} == {b"a" * 1_000}


async def test_damaged_bytes_are_not_taken_for_the_written_ones(
    cache: FileCache, objects: ObjectStore, place: str
) -> None:
    found = await an_object(objects, place, "a", b"written")

    with cache.folder() as folder:
        await cache.fetch(found, folder, sha256=hashlib.sha256(b"written").hexdigest())
    other = await an_object(objects, place, "b", b"damaged")
    with cache.folder() as folder, pytest.raises(RunFault, match="does not hold"):
        await cache.fetch(other, folder, sha256=hashlib.sha256(b"written").hexdigest())
