"""Files that people send."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from resolvers.access import EDITOR
from schema.uploads import CreateUploadInput, CreateUploadResult, UploadPayload


@strawberry.type
class UploadMutations:
    @strawberry.mutation(
        description="A place for one file, to be sent by PUT: a spine, or what a data source holds. What no data "
        "source names is removed after a day. Editor.",
        metadata=EDITOR,
    )
    async def create_upload(
        self,
        info: Info,
        input: Annotated[CreateUploadInput, strawberry.argument(description="What is to be sent.")],
    ) -> CreateUploadResult:
        offer = await info.context.services.uploads.create(
            info.context.viewer, input.project, input.file_name, input.content_type
        )
        return UploadPayload.of(offer)
