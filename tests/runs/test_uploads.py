"""Uploads go after a day, unless something names them."""

from datetime import timedelta
from typing import Any

from graphql_api.documents.base import new_id
from graphql_api.documents.uploads import UploadDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.times import utc_now
from graphql_api.domain.uploads import USABLE_FOR
from graphql_api.runs.housekeeping import UPLOADS, Housekeeping
from graphql_api.runs.tools import Tools
from graphql_api.runs.uploads import GRACE, remove_old_uploads
from tests.runs.making import new_dataset

PROJECT = new_id()


async def upload(tools: Tools, name: str, age: timedelta) -> UploadDocument:
    key = f"uploads/{new_id()}/{name}"
    await tools.objects.put_bytes(tools.objects.uri(key), b"x")
    made = UploadDocument(
        project_id=PROJECT,
        file_name=name,
        content_type="text/csv",
        key=key,
        uri=tools.objects.uri(key),
        created_by="tester",
        created_at=utc_now() - age,
        stored_at=utc_now(),
    )
    return await made.insert()


async def left(tools: Tools) -> tuple[list[str], list[str]]:
    documents = await UploadDocument.find_all().to_list()
    return sorted(one.file_name for one in documents), sorted(
        found.key.rpartition("/")[2] for found in await tools.objects.page("uploads/")
    )


async def test_an_upload_goes_after_a_day_unless_a_source_a_version_or_a_build_names_it(tools: Tools) -> None:
    old = USABLE_FOR + GRACE + timedelta(minutes=1)
    held = {
        name: await upload(tools, name, old) for name in ("source", "version", "build", "built", "elsewhere", "none")
    }
    await upload(tools, "young", USABLE_FOR)
    database: Any = tools.database
    await database["data_sources"].insert_one({"project_id": PROJECT, "uris": ["s3://x/y", held["source"].uri]})
    await database["data_sources"].insert_one({"project_id": new_id(), "uris": [held["elsewhere"].uri]})
    sources = [{"uris": ["s3://x/z"]}, {"uris": [held["version"].uri]}]
    await database["feature_view_versions"].insert_one({"project_id": PROJECT, "transformation": {"sources": sources}})
    for version, (name, state) in enumerate((("build", RunState.RUNNING), ("built", RunState.SUCCEEDED)), start=1):
        run = new_dataset(PROJECT, version=version)
        spine = run.spine.model_copy(update={"upload_id": held[name].id})
        await run.model_copy(update={"spine": spine, "state": state}).insert()

    assert await Housekeeping(tools, "one").do(UPLOADS)

    kept = ["build", "source", "version", "young"]
    assert await left(tools) == (kept, kept)


async def test_old_uploads_are_looked_at_a_piece_at_a_time(tools: Tools) -> None:
    old = USABLE_FOR + GRACE + timedelta(minutes=1)
    ids = [(await upload(tools, str(number), old)).id for number in range(3)]

    first = await remove_old_uploads(tools, utc_now(), most=2)
    second = await remove_old_uploads(tools, utc_now(), after=str(ids[1]), most=2)

    assert (first, second) == ((2, str(ids[1])), (1, None))
    assert await left(tools) == ([], [])
