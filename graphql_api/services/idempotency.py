"""What a mutation made under an idempotency key: the same key and input give the same again."""

import hashlib
from collections.abc import Sequence

import msgspec

from graphql_api.documents.idempotency import IdempotencyDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.runs import RunT
from graphql_api.errors import Conflict, InvalidInput, Problem

LONGEST_KEY = 200


def remembered(
    project: ProjectDocument, mutation: str, key: str | None, sent: Sequence[object]
) -> IdempotencyDocument | None:
    """What is to be kept of a request, once it has made something; None without a key.

    Raises InvalidInput for a key that is blank or too long."""
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY:
        message = f"An idempotency key has 1 to {LONGEST_KEY} characters, and is not blank; this one has {len(key)}."
        raise InvalidInput(message, [Problem("idempotencyKey", message, "Send a UUID, or leave it out.")])
    return IdempotencyDocument(
        project_id=project.id,
        mutation=mutation,
        key=key,
        input_hash=hashlib.sha256(msgspec.json.encode(sent)).hexdigest(),
        result_id=project.id,
    )


async def made_before(model: type[RunT], asked: IdempotencyDocument) -> RunT | None:
    """The run that this key made. Raises Conflict where it was used with another input."""
    held = await IdempotencyDocument.find_one(
        {"project_id": asked.project_id, "mutation": asked.mutation, "key": asked.key}
    )
    if held is None:
        return None
    if held.input_hash != asked.input_hash:
        raise Conflict(f"The idempotency key {asked.key!r} was used with another input.")
    run = await model.find_one({"_id": held.result_id})
    if run is None:  # it was deleted
        await held.delete()
    return run
