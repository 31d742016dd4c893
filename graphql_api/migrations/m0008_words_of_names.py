"""Searches find names by their words: catalogs, which are made anew after every migration, hold them of their own."""

from graphql_api.migrations.work import Work, index


async def migrate(work: Work) -> None:
    await work.create("catalog", [index("own_words", "project_id kind listed own_words")])
