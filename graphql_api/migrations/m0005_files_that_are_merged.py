"""Commits have a kind, since files are merged by commits too; copies of data say how far that went and from where on
their history is kept; files may say between which keys their rows lie, and since when nobody is told of them."""

from graphql_api.migrations.work import Work


async def migrate(work: Work) -> None:
    await work.fill("commits", "kind", "RUN")
    await work.fill("data_copies", "merged_to", 0)
    await work.fill("data_copies", "history_from", 0)
    for field in ("first_key", "last_key", "unreachable_since"):
        await work.fill("staged_files", field, None)
