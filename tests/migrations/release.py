"""The whole data of a release, kept in one file: what its MongoDB, Redis and S3 held, and what it answered."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson.json_util import CANONICAL_JSON_OPTIONS, dumps, loads
from pymongo.asynchronous.database import AsyncDatabase

from graphql_api.settings import Settings
from graphql_api.stores.objects import ObjectStore
from tests.servers import redis_at

Raw = dict[str, Any]
FOLDER = Path(__file__).parent / "releases"


@dataclass(frozen=True)
class Release:
    """`mongodb`: documents by collection, and `indexes` as their server tells of them. `redis`: values by key.
    `objects`: contents by key, of our own bucket and of the one with the sources. `tokens`: secrets by name.
    `answers`: what the questions of the story were answered with, by name, last thing before it was kept."""

    commit: str
    mongodb: Mapping[str, list[Raw]]
    indexes: Mapping[str, list[Raw]]
    redis: Mapping[bytes, bytes]
    own_objects: Mapping[str, bytes]
    source_objects: Mapping[str, bytes]
    tokens: Mapping[str, str]
    answers: Mapping[str, Any]

    def keep(self, file: Path) -> None:
        kept = {
            "commit": self.commit,
            "mongodb": self.mongodb,
            "indexes": self.indexes,
            "redis": {_text(key): _text(value) for key, value in self.redis.items()},
            "own_objects": {key: _text(content) for key, content in self.own_objects.items()},
            "source_objects": {key: _text(content) for key, content in self.source_objects.items()},
            "tokens": self.tokens,
            "answers": json.dumps(self.answers),  # as it is: numbers of JSON have no width
        }
        text = dumps(kept, json_options=CANONICAL_JSON_OPTIONS, sort_keys=False)
        file.write_bytes(gzip.compress(text.encode(), 9, mtime=0))

    @classmethod
    def kept(cls, name: str) -> "Release":
        content = gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()).decode()
        kept: Raw = loads(content, json_options=CANONICAL_JSON_OPTIONS)
        return cls(
            commit=kept["commit"],
            mongodb=kept["mongodb"],
            indexes=kept["indexes"],
            redis={_bytes(key): _bytes(value) for key, value in kept["redis"].items()},
            own_objects={key: _bytes(content) for key, content in kept["own_objects"].items()},
            source_objects={key: _bytes(content) for key, content in kept["source_objects"].items()},
            tokens=kept["tokens"],
            answers=json.loads(kept["answers"]),
        )

    async def put_into(self, settings: Settings, database: AsyncDatabase[Raw]) -> None:
        """Make the servers hold what they held, in place of nothing."""
        await self.put_into_mongodb(database)
        with redis_at(settings.redis_url or "") as redis:
            redis.mset(self.redis)
        (place,) = settings.source_places
        async with ObjectStore.of(settings) as objects:
            await objects.ensure_bucket()
            await objects.ensure_bucket(place.removeprefix("s3://").rstrip("/"))
            for key, content in self.own_objects.items():
                await objects.put_bytes(objects.uri(key), content)
            for key, content in self.source_objects.items():
                await objects.put_bytes(f"{place}{key}", content)

    async def put_into_mongodb(self, database: AsyncDatabase[Raw]) -> None:
        for name, indexes in self.indexes.items():
            await database.create_collection(name)
            own = [{**index} for index in indexes if index["name"] != "_id_"]
            if own:
                await database.command("createIndexes", name, indexes=own)
        for name, documents in self.mongodb.items():
            if documents:
                await database[name].insert_many(documents)


async def indexes_of(database: AsyncDatabase[Raw]) -> dict[str, list[Raw]]:
    """Of every collection, by name, as the server tells of them."""
    names = sorted(name for name in await database.list_collection_names() if not name.startswith("system."))
    return {
        name: sorted([dict(each) for each in await (await database[name].list_indexes()).to_list()], key=_name)
        for name in names
    }


async def contents_of(database: AsyncDatabase[Raw]) -> dict[str, list[Raw]]:
    """Every document but the stamp, by collection."""
    names = sorted(
        name for name in await database.list_collection_names() if not name.startswith(("system.", "stamps"))
    )
    return {name: await database[name].find().sort("_id").to_list() for name in names}


def _name(index: Raw) -> str:
    return index["name"]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
