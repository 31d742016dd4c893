"""Deleting what nobody depends on."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.enums import DefinitionKind
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import ADMIN
from schema.connections import Project
from schema.plans import DeletePayload, DeleteResult


@strawberry.type
class DeletingMutations:
    @strawberry.mutation(
        description="Deletes an object for good; a view with its versions, runs and data. Refused "
        "(BlockedByDependents) as long as views, services or data sets depend on it, directly or through others, or a "
        "run of it is in progress. Its version numbers are not used again. Admin.",
        metadata=ADMIN,
    )
    async def delete(
        self,
        info: Info,
        kind: Annotated[DefinitionKind, strawberry.argument(description="What is to be deleted.")],
        name: Annotated[
            str, strawberry.argument(description="Its name; delay_model@1 deletes one version of a service alone.")
        ],
        project: Project = DEFAULT_PROJECT,
    ) -> DeleteResult:
        await info.context.services.deleting.delete(info.context.viewer, project, kind, name)
        return DeletePayload(kind=kind, name=name)
