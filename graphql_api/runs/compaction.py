"""Small files of a copy of data merged into few, in a commit of its own that changes no answer.

The merged files carry each row's own commit and run, so what is newest, and in which order a key's rows come, stays as
it is. Earlier commits and their files stay as well, for whoever reads as of one of them.
"""

import logging
from pathlib import Path

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import CommitDocument, CommitKind
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.engines.shapes import MergeRows, Staged
from graphql_api.errors import RunFault
from graphql_api.runs.borders import apart
from graphql_api.runs.files import bring_files, staged_document
from graphql_api.runs.leases import still_held
from graphql_api.runs.log import Database
from graphql_api.runs.merging import Group, Sizes, to_merge
from graphql_api.runs.shaping import rows_of
from graphql_api.runs.tools import Tools
from graphql_api.runs.transactions import Overtaken, in_transaction
from graphql_api.stores.offline import OfflineStore, extent_of

log = logging.getLogger(__name__)

CHORE = "small files"
LEASE_SECONDS = 900.0
COPIES_A_PASS = 20
SIZES = Sizes()


async def merge_small_files(
    tools: Tools, owner: str, sizes: Sizes = SIZES, *, after: str | None = None, most: int = COPIES_A_PASS
) -> tuple[bool, str | None]:
    """One pass of whoever holds the chore's lease: look at some copies from an id on that have changed, and merge files
    of one at most. Return whether it did, and after which id to go on (None: that was the end).

    A copy whose files cannot be merged now is looked at again in the next round."""
    changed: dict[str, object] = {"writing": None, "$expr": {"$ne": ["$merged_to", "$last_commit"]}}
    if after is not None:
        changed["_id"] = {"$gt": int(after)}
    found = tools.database["data_copies"].find(changed, {"_id": 1}, sort=[("_id", 1)], limit=most)
    ids = [int(copy["_id"]) for copy in await found.to_list()]
    for data_id in ids:
        with apart(f"Merging files of data {data_id:x}"):
            if await compact(tools, data_id, owner, sizes):
                return True, str(data_id - 1)
    return False, str(ids[-1]) if len(ids) == most else None


async def compact(tools: Tools, data_id: int, owner: str, sizes: Sizes = SIZES) -> bool:
    """Merge files of this copy, where some are worth it; return whether a commit was made."""
    found = await _version_of(tools.database, data_id)
    if found is None:
        return False
    copy, version = found
    visible = [] if version.is_static else await OfflineStore(tools.database).visible(data_id, up_to=copy.last_commit)
    group = to_merge(visible, sizes)
    if group is not None:
        try:
            return await _merge(tools, copy, version, group, owner, sizes)
        except RunFault as fault:
            log.warning("Files of %s are not merged: %s", version.reference, fault.message)
    where = {"_id": data_id, "last_commit": copy.last_commit}
    await tools.database["data_copies"].update_one(where, {"$set": {"merged_to": copy.last_commit}})
    return False


async def _version_of(database: Database, data_id: int) -> tuple[DataCopyDocument, FeatureViewVersionDocument] | None:
    """The copy, and one of its versions; None where the data is gone or going, or a run of it goes online."""
    copy = await database["data_copies"].find_one({"_id": data_id, "writing": None})
    version = await database["feature_view_versions"].find_one({"data_id": data_id}, sort=[("number", -1)])
    if copy is None or version is None:
        return None
    return DataCopyDocument.model_validate(copy), FeatureViewVersionDocument.model_validate(version)


async def _merge(
    tools: Tools,
    copy: DataCopyDocument,
    version: FeatureViewVersionDocument,
    group: Group,
    owner: str,
    sizes: Sizes,
) -> bool:
    work_id, checkpoint_id = new_id(), new_id()
    documents: list[dict[str, object]] = []
    with tools.cache.folder() as folder:
        slices = await bring_files(tools, group.files, folder)
        async with tools.boxes.lease() as box:
            request = MergeRows(
                view=rows_of(version, copy),
                slices=slices,
                files=-(-group.bytes // sizes.file),
                folder=str(box.folder),
            )
            made = await box.call(request, readable=[piece.path for piece in slices])
            for number, file in enumerate(made):
                key = f"data/{copy.id:x}/{work_id}/0-{number}.parquet"
                await tools.objects.put_file(key, Path(file.path))
                documents.append(staged_document(file, key, run_id=work_id, checkpoint_id=checkpoint_id))
    if documents:
        await tools.database["staged_files"].insert_many(documents)
    document = CommitDocument(
        data_id=copy.id,
        number=0,
        kind=CommitKind.COMPACTION,
        run_id=work_id,
        attempt=0,
        start=group.range.start,
        end=group.range.end,
        checkpoints=(checkpoint_id,),
        rows=_rows(made),
    )
    if not await commit_merged(tools.database, document, as_of=copy.last_commit, owner=owner):
        log.info("Files of %s are not merged now: a run of it was faster.", version.reference)
        return False
    log.info("Merged %d files of %s into %d.", len(group.files), version.reference, len(made))
    return True


def _rows(made: list[Staged]) -> int:
    return sum(file.rows for file in made)


async def commit_merged(database: Database, document: CommitDocument, *, as_of: int, owner: str) -> bool:
    """Give merged files, made of what was visible `as_of` a commit, the next number of their data.

    False, and nothing has changed, where a run has since committed into their range, or one is on its way online, or
    the lease of the chore has passed to another."""
    raw = await database["data_copies"].find_one({"_id": document.data_id, "writing": None})
    if raw is None:
        return False
    copy = DataCopyDocument.model_validate(raw)
    if await _changed_since(database, document, as_of, copy.last_commit):
        return False
    number = copy.last_commit + 1
    stored = document.model_copy(update={"number": number}).model_dump(exclude={"revision_id"})
    stored["_id"] = ObjectId(stored.pop("id"))
    # All that is covered is online as before: whoever brings later commits online need not look behind this one.
    online = number if not copy.offline_only else copy.online_commit

    async def body(session: AsyncClientSession) -> None:
        if not await still_held(database, CHORE, owner, LEASE_SECONDS, session):
            raise Overtaken
        turn = {"_id": copy.id, "writing": None, "last_commit": copy.last_commit}
        changes = {"last_commit": number, "online_commit": online}
        moved = await database["data_copies"].update_one(turn, {"$set": changes}, session=session)
        if not moved.matched_count:
            raise Overtaken
        await database["commits"].insert_one(stored, session=session)

    try:
        await in_transaction(database, body)
    except Overtaken:
        return False
    return True


async def _changed_since(database: Database, document: CommitDocument, as_of: int, last: int) -> bool:
    own = extent_of({"start": document.start, "end": document.end})
    where = {"data_id": document.data_id, "number": {"$gt": as_of, "$lte": last}}
    later = await database["commits"].find(where, {"start": 1, "end": 1}).to_list()
    return any(extent_of(commit).overlaps(own) for commit in later)
