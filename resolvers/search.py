from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.enums import SearchKind
from graphql_api.domain.pages import PageRequest
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import VIEWER
from schema.connections import First, Project
from schema.search import SearchHit


@strawberry.type
class SearchQueries:
    @strawberry.field(
        description="What there is in a project, by words of its name, description, tags, owner and columns; features "
        "of current versions, and those that only a latest version has. The best first: an exact name, a name that "
        "begins so, what holds for each word one that begins with it, then what holds some of the words, or other "
        "forms of them (flight, flights); within these by weight: names before tags and owners, these before "
        "descriptions, these before columns.",
        metadata=VIEWER,
    )
    async def search(
        self,
        info: Info,
        query: Annotated[
            str,
            strawberry.argument(
                description="Words, or a reference; any case, with or without accents. Up to 200 characters and 16 "
                "words; without a letter or a digit it finds nothing."
            ),
        ],
        kinds: Annotated[list[SearchKind] | None, strawberry.argument(description="Only these; null: all.")] = None,
        project: Project = DEFAULT_PROJECT,
        first: First = 20,
    ) -> list[SearchHit]:
        hits = await info.context.services.search.find(
            info.context.viewer, project, query, kinds, PageRequest.of(first, default=20)
        )
        return [SearchHit.of(hit) for hit in hits]
