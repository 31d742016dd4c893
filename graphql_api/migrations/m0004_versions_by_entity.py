"""Which versions of views have an entity is asked of each apply that changes one: an index answers it."""

from graphql_api.migrations.work import Work, index


async def migrate(work: Work) -> None:
    await work.create("feature_view_versions", [index("entity", "entities.entity_id")])
