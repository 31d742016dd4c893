from datetime import datetime
from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import ChangeKind, DefinitionKind
from schema.changes import Change
from schema.nodes import there
from schema.projects import Project
from schema.scalars import BigInt


@strawberry.type(description="One change of a project's registry: an apply writes one for each object that it changes.")
class RegistryEvent:
    sequence: BigInt = strawberry.field(description="Counts the project's changes from 1, without gaps.")
    kind: DefinitionKind = strawberry.field(description="What was changed.")
    name: str = strawberry.field(description="Its name.")
    change: ChangeKind = strawberry.field(description="What became of it; publishing a version is CHANGED.")
    changes: list[Change] = strawberry.field(
        description="Differences within it, as the plan said them; publishing is a change of `currentVersion`. Empty "
        "where the object came or went whole, and for events of before differences were kept."
    )
    version: str | None = strawberry.field(
        description="The reference of the version that was made, published, deprecated, archived or deleted; null "
        "where the change concerns no single version."
    )
    actor: str = strawberry.field(description="Whose token did it.")
    at: datetime = strawberry.field(description="When it was committed.")
    document: strawberry.Private[RegistryEventDocument]

    @classmethod
    def from_document(cls, event: RegistryEventDocument) -> Self:
        return cls(
            sequence=BigInt(event.sequence),
            kind=event.kind,
            name=event.name,
            change=event.change,
            changes=[Change.of(change) for change in event.changes],
            version=event.version,
            actor=event.actor,
            at=event.at,
            document=event,
        )

    @strawberry.field(description="Where it happened.")
    async def project(self, info: Info) -> Project:
        return Project.from_document(there(await info.context.loaders.project.load(self.document.project_id)))
