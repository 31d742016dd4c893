"""The registry as the YAML files that git would hold."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.pages import PageRequest
from graphql_api.services.exports import FileStyle
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import VIEWER
from schema.connections import After, Connection, First, Project, connected
from schema.definition_files import DefinitionFile


@strawberry.type
class DefinitionFileQueries:
    @strawberry.field(
        description="The registry as YAML files, one an object: entities, data sources, feature views, feature "
        "services, each by name. What was last applied stands in them, so that applying all of them changes nothing; "
        "what YAML does not hold (numbers and states of versions, data, runs) is not in them.",
        metadata=VIEWER,
    )
    async def definition_files(
        self,
        info: Info,
        project: Project = DEFAULT_PROJECT,
        label: Annotated[
            str | None,
            strawberry.argument(description="Only what was last applied under this label. Null: everything."),
        ] = None,
        schema: Annotated[
            str | None,
            strawberry.argument(
                description="Where editors find the JSON Schema of definitions, for the first line of each file: an "
                "address such as https://…/definitions.schema.json, or a path. Null: no such line."
            ),
        ] = None,
        unpinned: Annotated[
            bool,
            strawberry.argument(
                description="Leave the numbers of versions out of references (aircraft_delays@3 becomes "
                "aircraft_delays), for a project in which numbers begin anew. Applied here, they move what was pinned."
            ),
        ] = False,
        first: First = 50,
        after: After = None,
    ) -> Connection[DefinitionFile]:
        page = await info.context.services.exports.page(
            info.context.viewer,
            project,
            PageRequest.of(first, after),
            FileStyle(schema=schema, unpinned=unpinned),
            label=label,
        )
        return connected(page, DefinitionFile.of)
