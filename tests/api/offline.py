"""Rows of a version in the offline store, as a run's commit leaves them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from beanie import PydanticObjectId

from graphql_api.documents.base import new_id
from graphql_api.documents.commits import CommitDocument, FileRole, StagedFileDocument
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.engines.shapes import Value
from tests.api.conftest import Door
from tests.engines.joins import write_rows

Row = tuple[Sequence[Any], int, int, Sequence[Any]]
"""Key, event, created, values."""


async def commit(
    door: Door, version: FeatureViewVersionDocument, rows: Sequence[Row], *, window: tuple[int, int]
) -> PydanticObjectId:
    """The next commit of the version's data: within the window these rows, and nothing of earlier ones. -> its run"""
    run, checkpoint = new_id(), new_id()
    key = f"data/{version.data_id:x}/{run}/0.parquet"
    path = door.settings.data_dir / f"{run}.parquet"
    keys = [Value(one.name, one.value_type) for one in version.keys]
    write_rows(path, keys, [Value(one.name, one.value_type) for one in version.features], rows)
    content = path.read_bytes()
    ordered = sorted(tuple(row[0]) for row in rows)
    await door.runtime.objects.put_bytes(door.runtime.objects.uri(key), content)
    await StagedFileDocument(
        run_id=run,
        checkpoint_id=checkpoint,
        role=FileRole.ROWS,
        key=key,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        rows=len(rows),
        min_event=min(row[1] for row in rows),
        max_event=max(row[1] for row in rows),
        first_key=ordered[0],
        last_key=ordered[-1],
    ).insert()
    copy = await DataCopyDocument.get(version.data_id)
    assert copy is not None
    copy.last_commit += 1
    await copy.save()
    await CommitDocument(
        data_id=version.data_id,
        number=copy.last_commit,
        run_id=run,
        attempt=1,
        start=window[0],
        end=window[1],
        checkpoints=(checkpoint,),
        rows=len(rows),
    ).insert()
    return run
