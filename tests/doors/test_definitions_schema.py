"""The JSON Schema of definitions, where editors find it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from graphql_api.doors.app import create_app
from graphql_api.settings import AuthMode, Settings

PRINTED = Path(__file__).parents[2] / "schema" / "definitions.schema.json"


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(Settings(auth=AuthMode.TOKEN))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_it_is_served_to_whoever_asks(http: httpx.AsyncClient) -> None:
    answer = await http.get("/definitions.schema.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.text == PRINTED.read_text()
