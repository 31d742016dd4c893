"""Asking for training data sets, reading and deleting them."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import EDITOR, VIEWER
from resolvers.arguments import Name
from schema.connections import After, Connection, First, Project, connected
from schema.training_datasets import (
    CreateTrainingDatasetInput,
    DeleteTrainingDatasetPayload,
    DeleteTrainingDatasetResult,
    TrainingDataset,
    TrainingDatasetPayload,
    TrainingDatasetResult,
)


@strawberry.type
class TrainingDatasetQueries:
    @strawberry.field(description="A training data set by its name; null where there is none.", metadata=VIEWER)
    async def training_dataset(
        self,
        info: Info,
        name: Name,
        version: Annotated[int | None, strawberry.argument(description="Null: the newest version.")] = None,
        project: Project = DEFAULT_PROJECT,
    ) -> TrainingDataset | None:
        found = await info.context.services.training_datasets.get(info.context.viewer, project, name, version)
        return found and TrainingDataset.from_document(found)

    @strawberry.field(description="Training data sets, every version of each, newest first.", metadata=VIEWER)
    async def training_datasets(
        self, info: Info, project: Project = DEFAULT_PROJECT, first: First = 50, after: After = None
    ) -> Connection[TrainingDataset]:
        page = await info.context.services.training_datasets.page(
            info.context.viewer, project, PageRequest.of(first, after)
        )
        return connected(page, TrainingDataset.from_document)


@strawberry.type
class TrainingDatasetMutations:
    @strawberry.mutation(
        description="Join features to the rows of a spine, each as it could have been known at the row's moment. "
        "Editor.",
        metadata=EDITOR,
    )
    async def create_training_dataset(
        self,
        info: Info,
        input: Annotated[CreateTrainingDatasetInput, strawberry.argument(description="What to join to what.")],
    ) -> TrainingDatasetResult:
        run = await info.context.services.training_datasets.create(
            info.context.viewer, input.project, input.asked, idempotency_key=input.idempotency_key
        )
        return TrainingDatasetPayload(training_dataset=TrainingDataset.from_document(run))

    @strawberry.mutation(
        description="Remove one version of a training data set, with its files. One that is being built is a Conflict: "
        "cancel it first. Editor.",
        metadata=EDITOR,
    )
    async def delete_training_dataset(
        self,
        info: Info,
        name: Name,
        version: Annotated[int, strawberry.argument(description="Its number.")],
        project: Project = DEFAULT_PROJECT,
    ) -> DeleteTrainingDatasetResult:
        await info.context.services.training_datasets.delete(info.context.viewer, project, name, version)
        return DeleteTrainingDatasetPayload(name=name, version=version)
