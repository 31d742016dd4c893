"""Objects that go or come piece by piece, of which no more than one part is in memory."""

from collections.abc import AsyncIterator
from contextlib import suppress

from graphql_api.errors import Unavailable, UserError
from graphql_api.stores.s3 import Body, S3Client, answering

READ_BYTES = 1 << 20
_PART_BYTES = 8 << 20


class Reading:
    def __init__(self, size: int, body: Body) -> None:
        self.size = size
        self._body = body

    async def pieces(self) -> AsyncIterator[bytes]:
        """All of it. Raises Unavailable where it breaks off."""
        received = 0
        async with answering():
            while piece := await self._body.read(READ_BYTES):
                received += len(piece)
                yield piece
        if received != self.size:
            raise Unavailable(f"The object broke off after {received} of {self.size} bytes.", 1.0)


class Incoming:
    """What has come of an object."""

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        self._client = client
        self._target: dict[str, object] = {"Bucket": bucket, "Key": key}
        self._upload: dict[str, object] | None = None
        self._held = bytearray()
        self._parts: list[dict[str, object]] = []

    async def write(self, piece: bytes) -> None:
        """Raises Unavailable."""
        self._held += piece
        if len(self._held) >= _PART_BYTES:
            await self._send_part()

    async def finish(self) -> None:
        """Raises Unavailable."""
        async with answering():
            if self._upload is None:
                await self._client.put_object(**self._target, Body=bytes(self._held))
                return
            if self._held:
                await self._send_part()
            await self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})
            self._upload = None

    async def give_up(self) -> None:
        """What was sent of an object that is not finished is no object, even where this fails."""
        if self._upload is not None:
            with suppress(UserError):
                async with answering():
                    await self._client.abort_multipart_upload(**self._upload)

    async def _send_part(self) -> None:
        async with answering():
            if self._upload is None:
                begun = await self._client.create_multipart_upload(**self._target)
                self._upload = {**self._target, "UploadId": begun["UploadId"]}
            number, body = len(self._parts) + 1, bytes(self._held)
            self._held.clear()
            done = await self._client.upload_part(**self._upload, PartNumber=number, Body=body)
            self._parts.append({"PartNumber": number, "ETag": done["ETag"]})
