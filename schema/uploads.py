from datetime import datetime
from typing import Annotated, Self

import strawberry

from graphql_api.domain.uploads import PARQUET
from graphql_api.services.uploads import Offer
from schema.errors import InvalidInput
from schema.nodes import node_id


@strawberry.input(description="A file that is to be sent.")
class CreateUploadInput:
    project: str = strawberry.field(default="default", description="The project's name.")
    file_name: str = strawberry.field(description="For people, without folders: flights.parquet; up to 200 characters.")
    content_type: str = strawberry.field(
        default=PARQUET, description="application/vnd.apache.parquet, or text/csv, which is good as a spine alone."
    )


@strawberry.type(
    description="PUT the bytes to `uploadUrl` within 15 minutes. Within a day, give `id` as a spine, or `uri` as a "
    "data source's `files` (then it is kept as long as the source)."
)
class UploadPayload:
    id: strawberry.ID = strawberry.field(description="For a training data set's `spine.upload`.")
    upload_url: str = strawberry.field(
        description="An address of this server that takes one PUT of the whole file as its body, up to the size that "
        "the server's settings allow; it needs no further token, and counts as long as the one it was asked for with. "
        "A PUT that fails leaves nothing, and may be sent again; one that succeeds is the last."
    )
    uri: str = strawberry.field(description="For the `files` of a data source in the same project, whole.")
    expires_at: datetime = strawberry.field(description="When the PUT must have begun.")

    @classmethod
    def of(cls, offer: Offer) -> Self:
        upload = offer.upload
        return cls(id=node_id("Upload", upload.id), upload_url=offer.url, uri=upload.uri, expires_at=offer.expires_at)


CreateUploadResult = Annotated[
    UploadPayload | InvalidInput,
    strawberry.union("CreateUploadResult", description="Where to send the file, or what is wrong with it."),
]
