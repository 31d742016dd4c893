"""The audit: who did what, from where and with which token; told to admins, and changed by nobody."""

import ast
import uuid
from pathlib import Path

from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id
from tests.api.client import Client, Json
from tests.api.conftest import Place
from tests.api.processes import another_process
from tests.api.registry import a_registry

LOG = """query($p: String, $actor: String, $operation: String, $first: Int, $after: String) {
  auditLog(project: $p, actor: $actor, operation: $operation, first: $first, after: $after) {
    edges { cursor node {
      actor tokenId address userAgent operation outcome subjects changes { kind path before after }
      firstSequence lastSequence code message project { name }
    } }
  }
}"""
APPLY = """mutation($p: String!, $d: String!) {
  apply(definitions: [{kind: ENTITY, spec: {name: "plane", description: $d, joinKeys: [{name: "tail", type: STRING}]}}],
        project: $p) { __typename }
}"""
PUBLISH = 'mutation($p: String!) { publishVersion(reference: "aircraft_delays@1", project: $p) { __typename } }'
TOKEN = """mutation($p: String!) { createToken(input: {name: "robot", roles: [{project: $p, role: EDITOR}]}) {
  ... on CreateTokenPayload { secret token { id name grants { project { name } role } revokedAt } }
} }"""
REVOKE = """mutation($id: ID!) { revokeToken(id: $id) {
  __typename ... on RevokeTokenPayload { token { revokedAt } }
} }"""
WHOLE = Path(__file__).parents[2]


async def entries(client: Client, **asked: Json) -> list[Json]:
    return [edge["node"] for edge in (await client.ask(LOG, **asked))["auditLog"]["edges"]]


async def test_what_was_done_is_told_with_who_and_from_where(place: Place) -> None:
    admin = await place.door.client(**{place.name: Role.ADMIN})
    place.door.http.headers["user-agent"] = "audit-test/1"
    await place.editor.ask(APPLY, p=place.name, d="One.")
    await place.editor.ask(APPLY, p=place.name, d="One.")  # changes nothing
    await place.editor.ask(APPLY, p=place.name, d="Two.")
    token = (await admin.ask(TOKEN, p=place.name))["createToken"]["token"]
    await admin.ask(REVOKE, id=token["id"])

    told = await entries(admin, p=place.name)

    common = {
        "actor": "someone",
        "address": "127.0.0.1",
        "userAgent": "audit-test/1",
        "outcome": "DONE",
        "code": None,
        "message": None,
        "project": {"name": place.name},
    }
    ids = {entry.pop("tokenId") for entry in told[:4]}
    assert len(ids) == 2
    none = {"firstSequence": None, "lastSequence": None}
    role = {"path": "role", "before": None, "after": None}
    assert told[:4] == [
        {
            **common | none,
            "operation": "revokeToken",
            "subjects": ["robot", token["id"]],
            "changes": [{**role, "kind": "REMOVED", "before": "EDITOR"}],
        },
        {
            **common | none,
            "operation": "createToken",
            "subjects": ["robot", token["id"]],
            "changes": [{**role, "kind": "ADDED", "after": "EDITOR"}],
        },
        {**common, "operation": "apply", "subjects": ["plane"], "changes": [], "firstSequence": 2, "lastSequence": 2},
        {**common, "operation": "apply", "subjects": ["plane"], "changes": [], "firstSequence": 1, "lastSequence": 1},
    ]
    assert {entry["operation"] for entry in told[4:]} == {"createToken"}  # those of this test's own clients
    assert await entries(admin, p=place.name, operation="apply") == [
        {**entry, "tokenId": entry["tokenId"]}
        for entry in await entries(admin, p=place.name)
        if entry["operation"] == "apply"
    ]
    assert await entries(admin, p=place.name, actor="nobody") == []


async def test_runs_are_told_too(place: Place) -> None:
    held = await a_registry(place.project)
    admin = await place.door.client(**{place.name: Role.ADMIN})
    run = global_id("Materialization", held.run.id)
    await place.editor.ask("mutation($id: ID!) { cancelRun(id: $id) { __typename } }", id=run)

    (entry,) = await entries(admin, p=place.name, operation="cancelRun")

    assert (entry["subjects"], entry["actor"]) == (["aircraft_delays@1", run], "someone")


async def test_it_is_told_to_admins_each_of_what_they_administer(place: Place) -> None:
    admin, operator = await place.door.client(**{place.name: Role.ADMIN}), await place.door.operator()
    name = f"p{uuid.uuid4().hex[:12]}"
    await operator.ask("mutation($n: String!) { createProject(name: $n) { __typename } }", n=name)

    assert await place.editor.code(LOG, p=place.name) == "FORBIDDEN"
    assert await place.stranger.code(LOG, p=place.name) == "NOT_FOUND"
    assert await admin.code(LOG) == "FORBIDDEN"
    assert {entry["project"]["name"] for entry in await entries(admin, p=place.name)} == {place.name}
    everything = await entries(operator, first=200)
    assert {"createProject"} <= {entry["operation"] for entry in everything if entry["project"] == {"name": name}}
    assert None in {entry["project"] and entry["project"]["name"] for entry in everything}


async def test_a_header_says_who_asks_only_behind_a_proxy_that_is_trusted(place: Place) -> None:
    headers = {"x-forwarded-for": "203.0.113.9"}
    admin = await place.door.client(**{place.name: Role.ADMIN})

    async def seen(client: Client, description: str) -> str:
        answer = await client.http.post(
            "/graphql",
            json={"query": APPLY, "variables": {"p": place.name, "d": description}},
            headers={**headers, **client.headers},
        )
        assert answer.json()["data"]["apply"]["__typename"] == "ApplyPayload"
        return (await entries(admin, p=place.name, operation="apply", first=1))[0]["address"]

    async with another_process(place.door.settings, TRUSTED_PROXIES="127.0.0.1") as behind:
        assert await seen(place.editor, "One.") == "127.0.0.1"
        assert await seen(Client(behind, place.editor.token), "Two.") == "203.0.113.9"


async def test_what_somebody_has_no_right_to_is_kept_too(place: Place) -> None:
    admin, operator = await place.door.client(**{place.name: Role.ADMIN}), await place.door.operator()
    name = f"p{uuid.uuid4().hex[:12]}"
    assert await place.viewer.code(APPLY, p=place.name, d="One.") == "FORBIDDEN"
    assert await place.stranger.code(APPLY, p=place.name, d="One.") == "NOT_FOUND"
    create = "mutation($n: String!) { createProject(name: $n) { __typename } }"
    assert await admin.code(create, n=name) == "FORBIDDEN"

    (entry,) = await entries(admin, p=place.name, operation="apply")
    refused = [one for one in await entries(operator, operation="createProject") if one["outcome"] == "REFUSED"]

    message = f"This needs the role EDITOR in '{place.name}'; someone is VIEWER."
    assert (entry["outcome"], entry["code"], entry["message"]) == ("REFUSED", "FORBIDDEN", message)
    assert (refused[0]["project"], refused[0]["code"]) == (None, "FORBIDDEN")


def test_nothing_in_the_code_changes_or_removes_an_entry() -> None:
    """One module inserts them, one finds pages of them, and neither asks for more; nobody else names them."""
    naming = {
        path.relative_to(WHOLE).as_posix()
        for room in ("graphql_api", "schema", "resolvers")
        for path in (WHOLE / room).rglob("*.py")
        if "AuditEntryDocument" in path.read_text() or '"audit"' in path.read_text()
    }

    assert naming == {
        "graphql_api/documents/audit.py",
        "graphql_api/documents/models.py",
        "graphql_api/documents/recording.py",
        "graphql_api/migrations/m0001_collections_and_indexes.py",
        "graphql_api/services/audit.py",
        "schema/audit.py",
    }
    assert methods_asked_of_entries("graphql_api/documents/recording.py") == {"insert_one"}
    assert calls_with_entries("graphql_api/services/audit.py") == {"find_page"}


def methods_asked_of_entries(path: str) -> set[str]:
    functions = (call.func for call in calls(path) if isinstance(call.func, ast.Attribute))
    return {one.attr for one in functions if "AuditEntryDocument" in ast.unparse(one.value)}


def calls_with_entries(path: str) -> set[str]:
    return {ast.unparse(call.func) for call in calls(path) if "AuditEntryDocument" in ast.unparse(call)}


def calls(path: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse((WHOLE / path).read_text())) if isinstance(node, ast.Call)]
