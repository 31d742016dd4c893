"""Sources as versions freeze them, and when what was frozen no longer holds."""

from collections.abc import Mapping, Sequence

import msgspec

from graphql_api.definitions.canonical import is_same
from graphql_api.definitions.content import source_meaning
from graphql_api.definitions.questions import Answers
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import SqlTransformationPart
from graphql_api.engines.shapes import FileColumn, Relation


def relation_of(source: SourcePart, files: Sequence[str] = ()) -> Relation:
    """The source as SQL sees it."""
    return Relation(
        name=source.name,
        columns=[FileColumn(column.name, column.data_type) for column in source.columns],
        event_timestamp=source.event_timestamp,
        created_timestamp=source.created_timestamp,
        timezone=source.timezone,
        files=list(files),
    )


async def refrozen(
    held: SqlTransformationPart, sources: Mapping[str, DataSourceDocument], answers: Answers
) -> tuple[SourcePart, ...]:
    """The sources of a transformation whose text stays: each as it was frozen while that holds, else as it is now.

    It holds while place and timestamps stand and no column that the SQL uses was lost or retyped; columns that came
    since change nothing, because the SQL does not see them."""
    parts = {part.name: part for part in held.sources}
    stands = await side_by_side(_stands(held, part, sources[name].frozen(), answers) for name, part in parts.items())
    return tuple(
        part if still else sources[name].frozen() for (name, part), still in zip(parts.items(), stands, strict=True)
    )


async def _stands(held: SqlTransformationPart, part: SourcePart, now: SourcePart, answers: Answers) -> bool:
    if part.source_id != now.source_id or not is_same(_place(part), _place(now)):
        return False
    types = {column.name: column.data_type for column in now.columns}
    gone = [column.name for column in part.columns if types.get(column.name) != column.data_type]
    if not gone:
        return True
    if part.event_timestamp in gone or part.created_timestamp in gone:
        return False
    relations = [relation_of(source) for source in held.sources]
    whole = await answers.sql(held.sql, relations)
    for name in gone:
        without = [_without(relation, name) if relation.name == part.name else relation for relation in relations]
        if await answers.sql(held.sql, without) != whole:
            return False
    return True


def _place(source: SourcePart) -> Mapping[str, object]:
    return {key: value for key, value in source_meaning(source).items() if key != "columns"}


def _without(relation: Relation, name: str) -> Relation:
    """A SQL that says the same without a column does not use it."""
    columns = [column for column in relation.columns if column.name != name]
    return msgspec.structs.replace(relation, columns=columns)
