from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graphql_api.errors import Conflict, InvalidInput, NotFound, Unavailable
from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore


async def test_a_star_stays_in_a_folder_and_two_go_across(objects: ObjectStore, place: str) -> None:
    for name in ("a.parquet", "x/a.parquet", "x/b.csv", "x/y/a.parquet", "x(1)/a.parquet"):
        await objects.put_bytes(f"{place}{name}", name.encode())

    found = {
        pattern: [info.uri.removeprefix(place) for info in await objects.list(f"{place}{pattern}")]
        for pattern in ("*.parquet", "x/*.parquet", "**/*.parquet", "x/**", "x/b.csv", "x/b", "x(1)/*")
    }

    assert found == {
        "*.parquet": ["a.parquet"],
        "x/*.parquet": ["x/a.parquet"],
        "**/*.parquet": ["a.parquet", "x(1)/a.parquet", "x/a.parquet", "x/y/a.parquet"],
        "x/**": ["x/a.parquet", "x/b.csv", "x/y/a.parquet"],
        "x/b.csv": ["x/b.csv"],
        "x/b": [],
        "x(1)/*": ["x(1)/a.parquet"],
    }


async def test_places_that_are_not_allowed_are_refused_and_the_allowed_named(objects: ObjectStore, place: str) -> None:
    for elsewhere in (
        "s3://elsewhere/a.parquet",
        place[:-1] + "x/a.parquet",
        place[:-2] + "*/a.parquet",
        "/etc/passwd",
    ):
        with pytest.raises(InvalidInput, match="is not a place"):
            await objects.list(elsewhere)
    with pytest.raises(InvalidInput, match="of dots"):
        await objects.list(f"{place}../secret/a.parquet")
    with pytest.raises(InvalidInput, match=place):
        await objects.list("s3://elsewhere/a.parquet")
    with pytest.raises(InvalidInput, match="1,024 are allowed"):
        await objects.list(place + "**" * 2_000 + "b")


async def test_a_file_comes_back_as_it_was_put_whatever_its_size(objects: ObjectStore, tmp_path: Path) -> None:
    for size in (0, 5, 40_000_000):
        content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        (tmp_path / "sent").write_bytes(content)

        await objects.put_file(f"data/{size}.parquet", tmp_path / "sent")
        await objects.fetch(objects.uri(f"data/{size}.parquet"), tmp_path / "received")

        assert (tmp_path / "received").read_bytes() == content


async def test_an_object_that_changed_or_went_is_told_from_one_that_stands(
    objects: ObjectStore, place: str, tmp_path: Path
) -> None:
    await objects.put_bytes(f"{place}a", b"first")
    [first] = await objects.list(f"{place}a")
    await objects.fetch(first.uri, tmp_path / "a", etag=first.etag, size=first.size)

    await objects.put_bytes(first.uri, b"other")

    with pytest.raises(Conflict, match=r"/a has changed"):
        await objects.fetch(first.uri, tmp_path / "a", etag=first.etag, size=first.size)
    with pytest.raises(NotFound):
        await objects.fetch(f"{place}nothing", tmp_path / "b")
    assert not (tmp_path / "b").exists()


async def test_a_deleted_object_is_gone_and_may_be_deleted_again(objects: ObjectStore) -> None:
    await objects.put_bytes(objects.uri("data/a"), b"a")

    await objects.delete("data/a")
    await objects.delete("data/a")

    assert [info async for info in objects._list_all(objects.bucket, "data/")] == []  # pyright: ignore[reportPrivateUsage]


async def test_what_was_begun_long_ago_and_never_finished_is_given_up(objects: ObjectStore) -> None:
    """As a process that is killed leaves it."""
    now = datetime.now(UTC)
    async with objects.incoming("data/large") as dead, objects.incoming("elsewhere/large") as other:
        for upload in (dead, other):
            await upload.write(bytes(9_000_000))
        assert await objects.end_uploads(now - timedelta(hours=1)) == 0

        assert await objects.end_uploads(now + timedelta(hours=1)) == 1

        assert await objects.end_uploads(now + timedelta(hours=1)) == 0
        with pytest.raises(InvalidInput, match="NoSuchUpload"):
            await dead.finish()
        await other.finish()
    assert [found.key for found in await objects.page("")] == ["elsewhere/large"]


async def test_a_store_that_is_not_there_is_unavailable(settings: Settings) -> None:
    away = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})

    async with ObjectStore.of(away) as objects:
        with pytest.raises(Unavailable):
            await objects.readable()
        with pytest.raises(Unavailable):
            await objects.put_bytes(objects.uri("data/a"), b"a")


async def test_it_is_readable_once_its_bucket_is_there(objects: ObjectStore, settings: Settings) -> None:
    await objects.readable()

    async with ObjectStore.of(settings.model_copy(update={"s3_bucket": "never-made"})) as without:
        with pytest.raises(NotFound):
            await without.readable()
