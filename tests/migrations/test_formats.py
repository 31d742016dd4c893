"""A database that was brought to the newest format is as one that was made in it."""

import re
import tomllib
from pathlib import Path
from typing import Any

from beanie import Document
from beanie.odm.utils.dump import get_dict
from bson import BSON
from bson.codec_options import CodecOptions

from graphql_api.documents.catalog import CatalogEntryDocument
from graphql_api.documents.models import MODELS, bind
from graphql_api.documents.raw import collection_of, parsed
from graphql_api.domain.release import RELEASE
from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.stamps import Database
from graphql_api.migrations.upgrade import upgrade
from tests.migrations.release import Release, contents_of, indexes_of

UTC = CodecOptions[dict[str, Any]](tz_aware=True)
ROOT = Path(__file__).parents[2]


async def test_fresh_equals_migrated(database: Database) -> None:
    """A document that declares another index needs a migration that makes it."""
    old = database.client[f"{database.name}-old"]
    await Release.kept("before_stamps").put_into_mongodb(old)
    assert len(await indexes_of(old)) < len(MODELS)
    await upgrade(database)
    await upgrade(old)

    migrated = await indexes_of(old)

    assert migrated == await indexes_of(database)
    assert set(migrated) == {"stamps", *(collection_of(model).name for model in MODELS)}
    await database.client.drop_database(old)


async def test_every_document_reads_as_it_would_be_written_today(database: Database) -> None:
    await Release.kept("before_stamps").put_into_mongodb(database)
    await upgrade(database)
    await bind(database)

    held = await contents_of(database)
    assert len(held.pop("catalog")) > 10  # derived, and written by no model

    assert {
        collection_of(model).name: [written(parsed(model, raw)) for raw in held[collection_of(model).name]]
        for model in MODELS
        if model is not CatalogEntryDocument
    } == held


async def test_what_others_keep_in_the_database_and_the_newest_format_are_left_alone(database: Database) -> None:
    await database["tokens"].insert_one({"of": "others", "secret_hash": 1})
    await database["tokens"].create_index("of", name="theirs")
    await upgrade(database)
    assert {"theirs", "secret_hash"} < set(await database["tokens"].index_information())
    stamp = await database["stamps"].find_one()

    await upgrade(database)

    assert await database["stamps"].find_one() == stamp


def written(document: Document) -> dict[str, Any]:
    """As it comes back from MongoDB."""
    return BSON.encode(get_dict(document, to_db=True)).decode(UTC)


def test_migrations_are_numbered_and_say_what_they_are_for() -> None:
    names = [migration.__name__.rpartition(".")[2] for migration in MIGRATIONS]
    assert [name[:6] for name in names] == [f"m{number:04}_" for number in range(1, len(MIGRATIONS) + 1)]
    files = sorted(path.stem for path in (ROOT / "graphql_api" / "migrations").glob("m[0-9]*.py"))
    assert files == names
    assert all(re.match(r"\w.{20}", migration.__doc__ or "") for migration in MIGRATIONS)


def test_the_release_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == RELEASE
