"""The registry as files."""

from typing import Self

import strawberry

from graphql_api.domain.enums import DefinitionKind
from graphql_api.services import exports
from schema.scalars import BigInt


@strawberry.type(description="One object of the registry as a YAML file, as it was last applied.")
class DefinitionFile:
    kind: DefinitionKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name.")
    path: str = strawberry.field(description="Where it lies in a folder of files: feature_views/aircraft_delays.yaml")
    text: str = strawberry.field(
        description="The file. Keys are in one order and values in one layout, so that equal definitions are equal "
        "texts. A comment says which version a reference without a number is pinned to."
    )
    revision: BigInt = strawberry.field(
        description="The sequence number of the project's last change (`recentChanges`) when this was read: pages of "
        "one revision belong together."
    )

    @classmethod
    def of(cls, file: exports.DefinitionFile) -> Self:
        return cls(kind=file.kind, name=file.name, path=file.path, text=file.text, revision=BigInt(file.revision))
