"""The catalog has no stamp of its own any more: it is made anew after all migrations, and so after this one."""

from graphql_api.migrations.work import Work


async def migrate(work: Work) -> None:
    await work.delete("counters", "catalog_format")
