"""The object store: whole immutable objects by `s3://bucket/key`, and nothing that only some S3 servers do right.

It is asked for PUT, GET, LIST and DELETE of whole objects, and for multipart uploads of large ones. Hashes and sizes
of our own objects are in MongoDB; an ETag only tells whether somebody's source has changed.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self, cast

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import ClientError

from graphql_api.errors import Conflict, InvalidInput, Unavailable
from graphql_api.settings import Settings
from graphql_api.stores.object_streams import READ_BYTES, Incoming, Reading
from graphql_api.stores.places import Pattern, check_length, is_within, split_uri
from graphql_api.stores.s3 import Body, S3Client, answering, code_of

_KEPT_FIRST = ("PreconditionFailed", "ConditionalRequestConflict", "412")
_NONE_TOLD = ("NotImplemented", "MethodNotAllowed", "501", "405", "NoSuchUpload")
"""The last is what the embedded server says of a bucket that never had any."""
_OURS = ("data/", "datasets/", "uploads/", "exports/")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    uri: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class OwnObject:
    key: str
    modified: datetime


class ObjectStore:
    """One S3 service: our own bucket, which we write, and the places of people's sources, which we only read."""

    def __init__(
        self,
        *,
        endpoint_url: str | None,
        access_key_id: str,
        secret_access_key: str,
        region: str,
        bucket: str,
        places: Sequence[str],
        timeout_seconds: float = 20.0,
    ) -> None:
        self.bucket = bucket
        self._places = (*places, f"s3://{bucket}/uploads/")
        self._exits = AsyncExitStack()
        self._open: S3Client | None = None
        self._arguments: dict[str, object] = {
            "endpoint_url": endpoint_url,
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
            "region_name": region,
            "config": AioConfig(
                s3={"addressing_style": "path"},
                signature_version="s3v4",
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=min(2.0, timeout_seconds),
                read_timeout=timeout_seconds,
                retries={"max_attempts": 2, "mode": "standard"},
            ),
        }

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            endpoint_url=settings.s3_endpoint_url,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=settings.s3_secret_access_key.get_secret_value(),
            region=settings.s3_region,
            bucket=settings.s3_bucket,
            places=settings.source_places,
        )

    async def __aenter__(self) -> Self:
        manager = AioSession().create_client("s3", **self._arguments)  # pyright: ignore[reportUnknownMemberType, reportArgumentType]
        self._open = cast("S3Client", await self._exits.enter_async_context(manager))
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._open = None
        await self._exits.aclose()

    @property
    def _client(self) -> S3Client:
        if self._open is None:
            raise RuntimeError("the object store is not open")
        return self._open

    def uri(self, key: str) -> str:
        """Where an object of ours lies."""
        return f"s3://{self.bucket}/{key}"

    def is_own(self, uri: str) -> bool:
        """Does it lie in our bucket, where the settings do not let sources lie?"""
        return uri.startswith(self.uri("")) and not is_within(uri, self._places[:-1])

    async def ensure_bucket(self, bucket: str | None = None) -> None:
        async with answering():
            try:
                await self._client.create_bucket(Bucket=bucket or self.bucket)
            except ClientError as error:
                if code_of(error) not in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
                    raise

    async def readable(self, timeout_seconds: float = 2.0) -> None:
        """Return if our bucket can be listed; raises Unavailable, or NotFound without the bucket."""
        try:
            async with asyncio.timeout(timeout_seconds), answering():
                await self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1, Prefix="readiness/")
        except TimeoutError as error:
            raise Unavailable("The object store does not answer.", retry_after_seconds=1.0) from error

    async def put_bytes(self, uri: str, content: bytes) -> None:
        bucket, key = split_uri(uri)
        async with answering():
            await self._client.put_object(Bucket=bucket, Key=key, Body=content)

    @asynccontextmanager
    async def incoming(self, key: str) -> AsyncGenerator[Incoming]:
        """An object of ours that comes piece by piece, under a key that holds nothing: it is there, whole, once it is
        finished. Where the block ends before, however it does, nothing is."""
        target = Incoming(self._client, self.bucket, key)
        try:
            yield target
        finally:
            await asyncio.shield(target.give_up())

    async def put_file(self, key: str, path: Path) -> None:
        """Store a file of ours under a key that was never used before; large ones in parts."""
        with _reading(path) as file:
            async with self.incoming(key) as target:
                while piece := os.read(file, READ_BYTES):
                    await target.write(piece)
                await target.finish()

    async def fetch(self, uri: str, path: Path, *, etag: str | None = None, size: int | None = None) -> None:
        """Bring a whole object to `path`.

        Raises NotFound; Conflict where it is no longer the object of that ETag or size; Unavailable."""
        self._require_known(uri)
        bucket, key = split_uri(uri)
        async with answering(uri):
            answer = await self._client.get_object(Bucket=bucket, Key=key)
            body = cast("Body", answer["Body"])
            try:
                if (etag is not None and _bare(answer["ETag"]) != etag) or size not in (None, answer["ContentLength"]):
                    raise Conflict(f"{uri} has changed.")
                received = await _drain(body, path)
            finally:
                body.close()
        if received != answer["ContentLength"]:
            raise Unavailable(f"{uri} broke off after {received} of {answer['ContentLength']} bytes.", 1.0)

    @asynccontextmanager
    async def reading(self, key: str) -> AsyncGenerator[Reading]:
        """An object of ours, read piece by piece. Raises NotFound, Unavailable."""
        async with answering():
            answer = await self._client.get_object(Bucket=self.bucket, Key=key)
        body = cast("Body", answer["Body"])
        try:
            yield Reading(answer["ContentLength"], body)
        finally:
            body.close()

    async def list(self, pattern: str) -> list[ObjectInfo]:
        """What lies at a place now, by uri. Raises InvalidInput for places that are too long, or that the
        settings do not allow."""
        check_length(pattern)
        self._require_known(pattern)
        bucket, key_pattern = split_uri(pattern)
        wanted = Pattern(key_pattern)
        return [
            found async for found in self._list_all(bucket, wanted.prefix) if wanted.matches(split_uri(found.uri)[1])
        ]

    async def _list_all(self, bucket: str, prefix: str) -> AsyncIterator[ObjectInfo]:
        more: dict[str, object] = {}
        while True:
            async with answering(f"s3://{bucket}/"):
                page = await self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, **more)
            for found in page.get("Contents", ()):
                if not found["Key"].endswith("/") and "//" not in found["Key"]:
                    yield ObjectInfo(f"s3://{bucket}/{found['Key']}", _bare(found["ETag"]), found["Size"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def page(self, prefix: str, *, after: str | None = None, most: int = 1_000) -> Sequence[OwnObject]:
        """Objects of ours in the order of their keys, at most 1,000 of those that follow `after`."""
        place: dict[str, object] = {"Bucket": self.bucket, "Prefix": prefix, "MaxKeys": most}
        async with answering():
            found = await self._client.list_objects_v2(**place, **({"StartAfter": after} if after else {}))
        return [OwnObject(item["Key"], item["LastModified"]) for item in found.get("Contents", ())]

    async def keeps_the_first(self, prefix: str) -> bool:
        """Does the service refuse to write over an object where it is asked to? It is tried, below the prefix."""
        key = f"{prefix}probe-{secrets.token_hex(8)}"
        probe = {"Bucket": self.bucket, "Key": key, "Body": b"", "IfNoneMatch": "*"}
        try:
            async with answering():
                await self._client.put_object(**probe)
                try:
                    await self._client.put_object(**probe)
                except ClientError as error:
                    return code_of(error) in _KEPT_FIRST
                return False
        finally:
            await self.delete(key)

    async def delete(self, key: str) -> None:
        """Remove an object of ours; one that is not there is as good as removed."""
        async with answering():
            await self._client.delete_object(Bucket=self.bucket, Key=key)

    async def end_uploads(self, begun_before: datetime) -> int:
        """Give up what was begun so long ago, in parts, of objects of ours, and never finished: it takes its place, and
        no list of objects shows it. Return how many there were; none on a service that does not tell of them."""
        ended, more = 0, dict[str, object]()
        while True:
            async with answering():
                try:
                    page = await self._client.list_multipart_uploads(Bucket=self.bucket, **more)
                except ClientError as error:
                    if code_of(error) in _NONE_TOLD:
                        return ended
                    raise
            for found in page.get("Uploads", ()):
                if found["Key"].startswith(_OURS) and found["Initiated"] < begun_before:
                    await self._end_upload(found["Key"], found["UploadId"])
                    ended += 1
            if not page.get("IsTruncated"):
                return ended
            more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    async def _end_upload(self, key: str, upload_id: str) -> None:
        async with answering():
            try:
                await self._client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":  # it has ended meanwhile
                    raise

    def _require_known(self, uri: str) -> None:
        own = (f"s3://{self.bucket}/data/", f"s3://{self.bucket}/datasets/")
        if not is_within(uri, (*self._places, *own)):
            allowed = ", ".join(self._places[:-1]) or "none"
            raise InvalidInput(f"{uri} is not a place that the server's settings allow (allowed: {allowed}).")


def _bare(etag: str) -> str:
    return etag.strip('"')


async def _drain(body: Body, path: Path) -> int:
    received = 0
    with _writing(path) as file:
        while part := await body.read(READ_BYTES):
            received += os.write(file, part)
    return received


@contextmanager
def _reading(path: Path) -> Generator[int]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _writing(path: Path) -> Generator[int]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        yield file
    finally:
        os.close(file)
