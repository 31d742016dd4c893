from graphql_api.documents.entities import EntityDocument
from graphql_api.domain.enums import SearchKind
from graphql_api.services.catalog import by_name
from graphql_api.services.named import Named


class Entities(Named[EntityDocument]):
    """What features are about, by its join keys."""

    model = EntityDocument
    kind = SearchKind.ENTITY
    order = by_name("entity")
