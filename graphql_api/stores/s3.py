"""What is used of an S3 client, and how its failures are told."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

from aiohttp import ClientError as HttpError
from botocore.exceptions import BotoCoreError, ClientError

from graphql_api.errors import InvalidInput, NotFound, Unavailable

_MISSING = ("NoSuchKey", "NoSuchBucket", "404", "NotFound")


class Body(Protocol):
    async def read(self, amt: int) -> bytes: ...
    def close(self) -> None: ...


class S3Client(Protocol):
    """What is used of aiobotocore's client, whose methods exist only at run time."""

    async def create_bucket(self, **arguments: object) -> dict[str, Any]: ...
    async def put_object(self, **arguments: object) -> dict[str, Any]: ...
    async def get_object(self, **arguments: object) -> dict[str, Any]: ...
    async def delete_object(self, **arguments: object) -> dict[str, Any]: ...
    async def list_objects_v2(self, **arguments: object) -> dict[str, Any]: ...
    async def create_multipart_upload(self, **arguments: object) -> dict[str, Any]: ...
    async def upload_part(self, **arguments: object) -> dict[str, Any]: ...
    async def complete_multipart_upload(self, **arguments: object) -> dict[str, Any]: ...
    async def list_multipart_uploads(self, **arguments: object) -> dict[str, Any]: ...
    async def abort_multipart_upload(self, **arguments: object) -> dict[str, Any]: ...


@asynccontextmanager
async def answering(place: str = "the object store") -> AsyncGenerator[None]:
    """Say what went wrong in our own words."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _MISSING:
            raise NotFound(f"There is nothing at {place}.") from error
        status = cast("int", error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))  # pyright: ignore[reportUnknownMemberType]
        if status >= 500 or code in ("SlowDown", "RequestTimeout"):
            raise Unavailable(f"The object store failed ({code}).", retry_after_seconds=1.0) from error
        raise InvalidInput(f"The object store refuses {place}: {code}.") from error
    except (BotoCoreError, HttpError, ConnectionError, TimeoutError) as error:
        raise Unavailable("The object store does not answer.", retry_after_seconds=1.0) from error


def code_of(error: ClientError) -> str:
    return str(cast("object", error.response.get("Error", {}).get("Code", "unknown")))  # pyright: ignore[reportUnknownMemberType]
