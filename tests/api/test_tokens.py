"""API tokens: what they are good for, and when they are good for nothing."""

import asyncio
import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.tokens import TokenDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.times import utc_now
from graphql_api.errors import Forbidden, InvalidInput, NotFound, ProjectNotFound, UserError
from graphql_api.services.tokens import Tokens
from tests.api.client import Client
from tests.api.commands import COMMANDS
from tests.api.conftest import OPERATOR, Door, Place

WHO = "{ viewer { name roles { role project { name } } } }"


def tokens(door: Door) -> Tokens:
    return door.runtime.services.tokens


async def test_a_token_says_who_asks_and_what_they_may_do(place: Place) -> None:
    found = await place.editor.ask(WHO)

    assert found == {"viewer": {"name": "someone", "roles": [{"role": "EDITOR", "project": {"name": place.name}}]}}


async def test_a_role_everywhere_holds_in_every_project(place: Place) -> None:
    issued = await tokens(place.door).create(OPERATOR, "all", everywhere=Role.VIEWER)

    found = await Client(place.door.http, issued.secret).ask(WHO)

    assert {"role": "VIEWER", "project": {"name": place.name}} in found["viewer"]["roles"]


async def test_a_secret_has_256_random_bits_and_only_its_hash_is_held(door: Door) -> None:
    issued = await tokens(door).create(OPERATOR, "one", everywhere=Role.VIEWER)

    assert re.fullmatch(r"jfs_[A-Za-z0-9_-]{43}", issued.secret)
    raw = await door.runtime.database["tokens"].find_one({"_id": issued.token.id})
    assert raw is not None
    assert raw["secret_hash"] == hashlib.sha256(issued.secret.encode()).digest()
    assert issued.secret not in str(raw)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer jfs_unknown", "Bearer", "Basic dXNlcjpwYXNz", "jfs_x", "Bearer " + "x" * 5_000, "Bearer jfs_é"],
)
async def test_what_is_no_token_is_401_and_says_how(door: Door, authorization: str) -> None:
    headers = {b"authorization": authorization.encode("latin-1")}

    answer = await door.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UNAUTHENTICATED"]


async def test_nobody_sees_the_schema_and_nothing_else(place: Place) -> None:
    assert await place.nobody.ask('{ __type(name: "Entity") { kind } }') == {"__type": {"kind": "OBJECT"}}
    assert await place.nobody.code(WHO) == "UNAUTHENTICATED"


async def test_a_token_in_the_url_is_nobody(place: Place) -> None:
    answer = await place.door.http.get("/graphql", params={"query": WHO, "access_token": str(place.viewer.token)})

    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_expired_token_counts_for_nothing_also_when_it_was_known(door: Door) -> None:
    soon = utc_now() + timedelta(seconds=1)
    issued = await tokens(door).create(OPERATOR, "short", everywhere=Role.VIEWER, expires_at=soon)
    client = Client(door.http, issued.secret)
    assert await client.code(WHO) is None

    await asyncio.sleep(1.1)

    assert await client.code(WHO) == "UNAUTHENTICATED"


async def test_a_revoked_token_counts_for_nothing_at_once(door: Door) -> None:
    issued = await tokens(door).create(OPERATOR, "gone", everywhere=Role.VIEWER)
    client = Client(door.http, issued.secret)
    assert await client.code(WHO) is None

    await tokens(door).revoke(OPERATOR, str(issued.token.id))

    assert await client.code(WHO) == "UNAUTHENTICATED"


async def test_a_token_that_another_process_revokes_is_refused_within_a_second(door: Door) -> None:
    issued = await tokens(door).create(OPERATOR, "elsewhere", everywhere=Role.VIEWER)
    client = Client(door.http, issued.secret)
    assert await client.code(WHO) is None

    await door.runtime.database["tokens"].update_one({"_id": issued.token.id}, {"$set": {"revoked_at": utc_now()}})

    async with asyncio.timeout(1):
        while await client.code(WHO) is None:
            pass


async def test_a_known_token_asks_nothing_of_mongodb(place: Place) -> None:
    await place.viewer.ask("{ __typename }")

    with COMMANDS.counted() as asked:
        await place.viewer.ask("{ __typename }")

    assert asked == []


async def test_tokens_are_given_by_admins_of_what_they_give(place: Place) -> None:
    project_id = str(place.project.id)
    admin = Viewer(name="admin", roles={project_id: Role.ADMIN})
    editor = Viewer(name="editor", roles={project_id: Role.EDITOR})
    service = tokens(place.door)

    async def refused(viewer: Viewer, **given: Any) -> type[UserError]:
        with pytest.raises(UserError) as refusal:
            await service.create(viewer, "new", **given)
        return refusal.type

    assert (await service.create(admin, "new", roles={place.name: Role.VIEWER})).secret
    assert await refused(editor, roles={place.name: Role.VIEWER}) is Forbidden
    assert await refused(admin, everywhere=Role.VIEWER) is Forbidden
    assert await refused(admin, roles={"default": Role.VIEWER}) is ProjectNotFound
    assert await refused(admin) is InvalidInput
    assert await refused(admin, roles={place.name: Role.VIEWER}, expires_at=utc_now()) is InvalidInput


async def test_tokens_are_seen_and_revoked_by_those_who_administer_all_that_they_give(place: Place) -> None:
    service = tokens(place.door)
    admin = Viewer(name="admin", roles={str(place.project.id): Role.ADMIN})
    own = (await service.create(OPERATOR, "own", roles={place.name: Role.VIEWER})).token
    other = (await service.create(OPERATOR, "other", everywhere=Role.VIEWER)).token

    seen = {token.id for token in await service.all_of(admin)}

    assert own.id in seen
    assert other.id not in seen
    for token_id in (str(other.id), "x", "a" * 24):
        with pytest.raises(NotFound):
            await service.revoke(admin, token_id)
    first = await service.revoke(admin, str(own.id))
    again = await service.revoke(admin, str(own.id))
    held = await TokenDocument.get(own.id)
    assert held is not None
    assert held.revoked_at == again.revoked_at
    assert first.revoked_at is not None
