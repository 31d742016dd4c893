from graphql_api.documents.entities import EntityDocument
from graphql_api.services.named import Named, by_name


class Entities(Named[EntityDocument]):
    """What features are about, by its join keys."""

    model = EntityDocument
    order = by_name("entity")
