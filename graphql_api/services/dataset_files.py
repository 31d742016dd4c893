"""The files of training data sets, for who reads them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.training_datasets import DatasetFilePart, TrainingDatasetDocument
from graphql_api.engines.shapes import Rows
from graphql_api.errors import NotFound
from graphql_api.runs.dataset_files import MANIFEST
from graphql_api.services.links import Links
from graphql_api.services.previews import Previews
from graphql_api.stores.object_streams import Reading
from graphql_api.stores.objects import ObjectStore

DOWNLOAD_SECONDS = 3_600.0


class DatasetFiles:
    def __init__(self, *, links: Links, objects: ObjectStore, previews: Previews) -> None:
        self._links = links
        self._objects = objects
        self._previews = previews

    async def preview(self, run: TrainingDatasetDocument, first: int) -> Rows:
        """The first rows of its files, in their order. Raises Unavailable."""
        return await self._previews.of_dataset(run, first)

    def download_url(self, viewer: Viewer, run: TrainingDatasetDocument, name: str) -> str:
        """Where the viewer may read a file, for an hour."""
        return self._links.given(viewer, path_of(run.id, name), method="GET", seconds=DOWNLOAD_SECONDS)

    @asynccontextmanager
    async def reading(self, run_id: ObjectId, name: str) -> AsyncGenerator["OpenedFile"]:
        """For who has a link to it. Raises NotFound, Unavailable."""
        run = await TrainingDatasetDocument.find_one({"_id": run_id})
        part = next((file for file in run.files if file.name == name), None) if run else None
        key = run.manifest if run and name == MANIFEST else part and part.key
        if run is None or key is None:
            raise NotFound("There is no such file: the data set may have been deleted.")
        async with self._objects.reading(key) as reading:
            yield OpenedFile(f"{run.title}-{name}", part, reading)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """`kept_as`: its name among files of other data sets. `part` None: the manifest."""

    kept_as: str
    part: DatasetFilePart | None
    reading: Reading


def path_of(run_id: ObjectId, name: str) -> str:
    return f"/training-datasets/{run_id}/{name}"
