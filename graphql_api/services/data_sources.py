from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.domain.enums import SearchKind
from graphql_api.services.catalog import by_name
from graphql_api.services.named import Named


class DataSources(Named[DataSourceDocument]):
    """Where rows come from."""

    model = DataSourceDocument
    kind = SearchKind.DATA_SOURCE
    order = by_name("data source")
