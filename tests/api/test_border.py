"""What every request passes first, and the pages around the endpoint."""

import pytest

from graphql_api.domain.enums import Role
from graphql_api.doors.app import create_app
from graphql_api.errors import CannotStart
from graphql_api.settings import AuthMode, Settings
from tests.api.client import Client
from tests.api.conftest import NEIGHBOUR, Door

TYPENAME = {"query": "{ __typename }"}


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "LOCALHOST:1", "localhost.", "[::1]:8000"])
async def test_loopback_names_are_ours(door: Door, host: str) -> None:
    answer = await door.http.post("/graphql", json=TYPENAME, headers={"host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "127.0.0.2", "10.0.0.1:8000", "", "["),
        *("localhost@evil.example", "evil@127.0.0.1", "127.0.0.1:80:80", "127.0.0.1:80@", "localhost/x", "::1"),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/", "/healthz", "/graphiql"])
async def test_a_request_for_another_host_is_refused_everywhere(door: Door, host: str, path: str) -> None:
    answer = await door.http.get(path, headers={"host": host})

    assert answer.status_code == 421


async def test_a_name_that_the_settings_give_is_ours(door: Door) -> None:
    settings = door.settings.model_copy(update={"allowed_hosts": ("features.example",), "host": "0.0.0.0"})

    assert create_app(settings)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
async def test_pages_of_strangers_may_not_ask(door: Door, origin: str) -> None:
    answer = await door.http.post("/graphql", json=TYPENAME, headers={"origin": origin})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_our_own_pages_may_ask(door: Door) -> None:
    answer = await door.http.post("/graphql", json=TYPENAME, headers={"origin": str(door.http.base_url).rstrip("/")})

    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


async def test_a_neighbour_may_ask_and_its_browser_is_told_so(open_door: Door) -> None:
    headers = {"origin": NEIGHBOUR}
    preflight = await open_door.http.options("/graphql", headers={**headers, "access-control-request-method": "POST"})
    answer = await open_door.http.post("/graphql", json=TYPENAME, headers=headers)

    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "GET, POST, PUT")
    assert [one.headers["access-control-allow-origin"] for one in (preflight, answer)] == [NEIGHBOUR] * 2
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/graphiql", "/healthz", "/readyz", "/graphql", "/nothing"])
async def test_every_answer_carries_the_headers_that_protect_it(door: Door, path: str) -> None:
    answer = await door.http.get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/graphiql"])
async def test_a_page_runs_and_asks_what_this_server_gave_and_nothing_else(door: Door, path: str) -> None:
    policy = (await door.http.get(path)).headers["content-security-policy"]

    assert dict(directive.split(" ", 1) for directive in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_the_server_says_that_it_is_alive_and_what_it_needs(door: Door) -> None:
    alive, ready = await door.http.get("/healthz"), await door.http.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    states = {name: state["state"] for name, state in ready.json()["dependencies"].items()}
    assert (ready.status_code, ready.json()["ready"], states) == (
        200,
        True,
        {"mongodb": "up", "redis": "up", "s3": "up"},
    )


async def test_what_is_away_is_named_and_logged(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away() -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(door.runtime.online, "layout", away)

    answer = await door.http.get("/readyz")

    dependencies = answer.json()["dependencies"]
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert dependencies["redis"] == {"state": "down", "why": "ConnectionError: nobody there"}
    assert dependencies["mongodb"]["state"] == "up"
    assert "Not ready, redis is down: ConnectionError: nobody there" in caplog.messages


async def test_the_first_page_leads_to_graphiql(door: Door) -> None:
    answer = await door.http.get("/")

    assert (answer.status_code, 'href="/graphiql"' in answer.text) == (200, True)


async def test_an_icon_is_where_browsers_look_for_one(door: Door) -> None:
    answer = await door.http.get("/favicon.ico")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg ")


async def test_graphiql_is_our_own_or_says_how_to_build_it(door: Door) -> None:
    answer = await door.http.get("/graphiql")

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.status_code == 200 if 'src="/graphiql/assets/' in answer.text else "make install" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/graphiql/assets/nothing.js", "/graphiql/assets/../index.html", "/graphiql/assets/%2e%2e/%2e%2e/x", "/.env"],
)
async def test_nothing_else_is_served(door: Door, path: str) -> None:
    assert (await door.http.get(path)).status_code == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "features.example", "127.example.com"])
def test_without_authentication_no_other_address_is_listened_on(settings: Settings, host: str) -> None:
    with pytest.raises(CannotStart, match="AUTH=none"):
        create_app(settings.model_copy(update={"auth": AuthMode.NONE, "host": host}))


async def test_without_authentication_everyone_is_an_admin(open_door: Door) -> None:
    project = await open_door.project()

    found = await Client(open_door.http).ask("{ viewer { name roles { role project { name } } } }")

    assert found["viewer"]["name"] == "anonymous"
    assert {"role": Role.ADMIN, "project": {"name": project.name}} in found["viewer"]["roles"]


async def test_a_token_counts_also_where_none_is_needed(open_door: Door) -> None:
    project = await open_door.project()
    client = await open_door.client(**{project.name: Role.VIEWER})

    assert (await client.ask("{ viewer { roles { role } } }"))["viewer"]["roles"] == [{"role": "VIEWER"}]
