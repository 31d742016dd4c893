"""Files, made and sent as a client would."""

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import duckdb
import httpx

from tests.api.client import Client, Json

CREATE = """mutation($p: String!, $name: String!, $type: String! = "application/vnd.apache.parquet") {
  createUpload(input: {project: $p, fileName: $name, contentType: $type}) {
    __typename ... on Error { code message } ... on InvalidInput { problems { path message hint } }
    ... on UploadPayload { id uploadUrl uri expiresAt }
  }
}"""


def parquet(folder: Path, select: str) -> bytes:
    """A Parquet file with the rows of a SELECT."""
    path = folder / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def address(payload: Json) -> SplitResult:
    """Where the file is to be sent."""
    return urlsplit(str(payload["uploadUrl"]))


async def offered(client: Client, project: str, name: str = "file.parquet", **variables: str) -> Json:
    payload = (await client.ask(CREATE, p=project, name=name, **variables))["createUpload"]
    assert payload["__typename"] == "UploadPayload", payload
    return payload


async def uploaded(client: Client, project: str, content: bytes, name: str = "file.parquet", **variables: str) -> Json:
    """What createUpload gave, with the file sent."""
    payload = await offered(client, project, name, **variables)
    response = await client.http.put(payload["uploadUrl"], content=content)
    assert response.status_code == 204, response.text
    return payload


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
