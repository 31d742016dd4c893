from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.services.named import Named, by_name


class DataSources(Named[DataSourceDocument]):
    """Where rows come from."""

    model = DataSourceDocument
    order = by_name("data source")
