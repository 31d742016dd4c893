"""Files that people send: asked for, received once, named as a spine or by a data source, and gone after a day."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.questions import Refusal
from graphql_api.documents.base import new_id
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.recording import record_deed
from graphql_api.documents.uploads import UploadDocument
from graphql_api.domain.enums import Role
from graphql_api.domain.global_ids import global_id, parse_as
from graphql_api.domain.times import utc_now
from graphql_api.domain.uploads import CONTENT_TYPES, USABLE_FOR, media_type, safe_name
from graphql_api.errors import Conflict, InvalidInput, LimitExceeded, NotFound, Problem
from graphql_api.runs.log import Database
from graphql_api.runs.uploads import is_named
from graphql_api.services.auditing import deed_of
from graphql_api.services.links import Links
from graphql_api.services.projects import Projects
from graphql_api.stores.objects import ObjectStore

PUT_WITHIN = timedelta(minutes=15)
PATIENCE = timedelta(seconds=60)
"""How long a request that sends a file may be silent; after it, or its server, has died, another may begin."""
LONGEST_NAME = 200
_NAME = re.compile(rf"[^\x00-\x1f\x7f/\\]{{1,{LONGEST_NAME}}}")
_ANY_TYPE = frozenset({"application/octet-stream", "application/x-www-form-urlencoded"})
"""What programs say that were not told what they send."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`url`: where to PUT the bytes, until `expires_at`."""

    upload: UploadDocument
    url: str
    expires_at: datetime


class Uploads:
    def __init__(
        self, *, projects: Projects, database: Database, objects: ObjectStore, links: Links, most_bytes: int
    ) -> None:
        self._database = database
        self._projects = projects
        self._objects = objects
        self._links = links
        self._most_bytes = most_bytes

    async def create(self, viewer: Viewer, project_name: str, file_name: str, content_type: str) -> Offer:
        """A place for one file. Raises Forbidden for who is no editor of the project, and InvalidInput."""
        project = await self._projects.get(viewer, project_name, Role.EDITOR)
        declared = _checked(file_name, content_type)
        upload_id = new_id()
        key = f"uploads/{upload_id}-{secrets.token_hex(8)}/{safe_name(file_name)}"
        upload = UploadDocument(
            id=upload_id,
            project_id=project.id,
            file_name=file_name,
            content_type=declared,
            key=key,
            uri=self._objects.uri(key),
            created_by=viewer.name,
        )

        async def body(session: AsyncClientSession) -> None:
            await upload.insert(session=session)
            subjects = [file_name, global_id("Upload", upload.id)]
            await record_deed(session, project.id, subjects, deed=deed_of(viewer, "createUpload"))

        await in_transaction(UploadDocument, body)
        url = self._links.given(viewer, path_of(upload.id), method="PUT", seconds=PUT_WITHIN.total_seconds())
        return Offer(upload, url, upload.created_at + PUT_WITHIN)

    async def receive(
        self, upload_id: ObjectId, pieces: AsyncIterator[bytes], *, content_type: str | None, announced: int | None
    ) -> None:
        """Take the bytes in, all of them or none; what failed may be sent again while its link counts.

        Raises:
            NotFound: there is no such upload.
            InvalidInput: it is another type than was declared, or empty.
            LimitExceeded: it is too large.
            Conflict: it was received before, or another request is sending it.
            Unavailable: the object store does not answer.
        """
        upload = await UploadDocument.find_one({"_id": upload_id})
        if upload is None:
            raise NotFound("There is no such upload: ask for another one with createUpload.")
        self._require_type(upload, content_type)
        self._require_size(announced or 0)
        receiver = await _begin(upload)
        try:
            size, sha256 = await self._store(upload, receiver, pieces)
        except BaseException:
            await asyncio.shield(_end(upload, receiver))
            raise
        await _end(upload, receiver, size=size, sha256=sha256)

    async def _store(self, upload: UploadDocument, receiver: str, pieces: AsyncIterator[bytes]) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        renewed = utc_now()
        async with self._objects.incoming(upload.key) as target:
            async for piece in pieces:
                size += len(piece)
                self._require_size(size)
                digest.update(piece)
                await target.write(piece)
                if utc_now() - renewed > PATIENCE / 4:
                    await _renew(upload, receiver)
                    renewed = utc_now()
            if size == 0:
                raise InvalidInput("The file is empty: send its bytes as the body of the PUT.")
            await _renew(upload, receiver)
            await target.finish()
        return size, digest.hexdigest()

    def _require_size(self, size: int) -> None:
        if size > self._most_bytes:
            raise LimitExceeded(
                f"The file is larger than {self._most_bytes:,} bytes, which is all that this server takes: send it in "
                "several, or put it into a bucket that sources may lie in."
            )

    def _require_type(self, upload: UploadDocument, content_type: str | None) -> None:
        if content_type is None or media_type(content_type) in (upload.content_type, *_ANY_TYPE):
            return
        raise InvalidInput(
            f"The upload was declared to be {upload.content_type}, and the PUT says {content_type!r}: send the header "
            f"Content-Type: {upload.content_type}, or none."
        )

    async def usable(self, project_id: PydanticObjectId, text: str, *, path: str) -> UploadDocument:
        """What an id of the project's names, to be read. Raises InvalidInput at `path`."""
        within = parse_as("Upload", text)
        own = {"_id": ObjectId(within), "project_id": project_id}
        upload = await UploadDocument.find_one(own) if within else None
        if upload is None:
            raise _refused(path, "There is no such upload in this project.", "Ask for one with createUpload.")
        why = await self._why_not(upload)
        if why is not None:
            raise _refused(path, why.message, why.hint)
        return upload

    async def place(self, project_id: PydanticObjectId, uri: str) -> Refusal | None:
        """May a source of the project lie there, in our own bucket?"""
        upload = await UploadDocument.find_one({"uri": uri, "project_id": project_id})
        if upload is None:
            message = f"{uri} is not an upload of this project."
            return Refusal(message, "Name the uri that createUpload gave, whole.", uri)
        why = await self._why_not(upload)
        return why and Refusal(why.message, why.hint, uri)

    async def _why_not(self, upload: UploadDocument) -> Refusal | None:
        """Why it cannot be read, where it cannot."""
        if upload.stored_at is None:
            return Refusal(
                f"Nothing has been sent for the upload of {upload.file_name!r} yet.",
                "PUT the file to its uploadUrl first; after 15 minutes ask for another upload.",
            )
        if utc_now() - upload.created_at > USABLE_FOR and not await is_named(self._database, upload):
            return Refusal(
                f"The upload of {upload.file_name!r} is older than a day, and no data source names it.",
                "Upload the file again.",
            )
        return None


def path_of(upload_id: ObjectId) -> str:
    return f"/uploads/{upload_id}"


def _checked(file_name: str, content_type: str) -> str:
    problems: list[Problem] = []
    if _NAME.fullmatch(file_name) is None or not file_name.strip(" ."):
        message = f"{file_name[:60]!r} is no file name: 1 to {LONGEST_NAME} characters without slashes"
        problems.append(Problem("fileName", message, "send the name alone, such as flights.parquet"))
    declared = media_type(content_type)
    if declared not in CONTENT_TYPES:
        hint = f"send one of {', '.join(CONTENT_TYPES)}"
        problems.append(Problem("contentType", f"{content_type[:60]!r} is not taken", hint))
    if problems:
        raise InvalidInput("; ".join(problem.message for problem in problems) + ".", problems)
    return declared


def _refused(path: str, message: str, hint: str | None) -> InvalidInput:
    return InvalidInput(message, [Problem(path, message, hint)])


async def _begin(upload: UploadDocument) -> str:
    receiver = secrets.token_hex(8)
    taken = await collection_of(UploadDocument).update_one(
        {
            "_id": upload.id,
            "stored_at": None,
            "$or": [{"receiver": None}, {"$expr": {"$lt": ["$receiving_until", "$$NOW"]}}],
        },
        [{"$set": {"receiver": receiver, "receiving_until": _patience()}}],
    )
    if taken.matched_count:
        return receiver
    now = await UploadDocument.find_one({"_id": upload.id})
    if now is None or now.stored_at is not None:
        raise Conflict("The file was uploaded already, and does not change: ask for another upload.")
    raise Conflict("Another request is sending this file: wait for it to end.")


async def _renew(upload: UploadDocument, receiver: str) -> None:
    """Raises Conflict where another request was allowed to begin meanwhile."""
    held = await collection_of(UploadDocument).update_one(
        {"_id": upload.id, "receiver": receiver}, [{"$set": {"receiving_until": _patience()}}]
    )
    if not held.matched_count:
        raise Conflict("This was silent for too long, and another request sends the file.")


async def _end(upload: UploadDocument, receiver: str, **stored: object) -> None:
    changes: dict[str, object] = {"receiver": None, "receiving_until": None}
    if stored:
        changes |= {**stored, "stored_at": utc_now()}
    await collection_of(UploadDocument).update_one({"_id": upload.id, "receiver": receiver}, {"$set": changes})


def _patience() -> dict[str, object]:
    seconds = int(PATIENCE.total_seconds())
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
