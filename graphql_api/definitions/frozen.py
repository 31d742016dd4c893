"""Sources as versions freeze them, and when what was frozen no longer holds."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import msgspec

from graphql_api.definitions.canonical import is_same
from graphql_api.definitions.content import source_meaning
from graphql_api.definitions.pins import relation_of_view
from graphql_api.definitions.questions import Answers
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import SqlTransformationPart
from graphql_api.engines.shapes import FileColumn, Relation

Uses = Callable[[SourcePart, str], Awaitable[bool]]
"""Does a transformation use this column of a source?"""


def relation_of(source: SourcePart, files: Sequence[str] = ()) -> Relation:
    """The source as SQL sees it."""
    return Relation(
        name=source.name,
        columns=columns_of(source),
        event_timestamp=source.event_timestamp,
        created_timestamp=source.created_timestamp,
        timezone=source.timezone,
        files=list(files),
    )


def columns_of(source: SourcePart) -> list[FileColumn]:
    return [FileColumn(column.name, column.data_type) for column in source.columns]


async def refrozen(
    held: Sequence[SourcePart], sources: Mapping[str, DataSourceDocument], uses: Uses
) -> tuple[SourcePart, ...]:
    """The sources of a transformation that stays as it is: each as it was frozen while that holds, else as it is now.

    It holds while place and timestamps stand and no column that is used was lost or retyped; columns that came since
    change nothing, because the transformation does not see them."""
    stands = await side_by_side(_stands(part, sources[part.name].frozen(), uses) for part in held)
    return tuple(part if still else sources[part.name].frozen() for part, still in zip(held, stands, strict=True))


async def _stands(part: SourcePart, now: SourcePart, uses: Uses) -> bool:
    if part.source_id != now.source_id or not is_same(_place(part), _place(now)):
        return False
    types = {column.name: column.data_type for column in now.columns}
    gone = [column.name for column in part.columns if types.get(column.name) != column.data_type]
    if part.event_timestamp in gone or part.created_timestamp in gone:
        return False
    return not any([await uses(part, name) for name in gone])


def uses_of_names(names: Collection[str]) -> Uses:
    async def uses(part: SourcePart, name: str) -> bool:
        return name in names

    return uses


def uses_of_sql(held: SqlTransformationPart, answers: Answers) -> Uses:
    """A SQL that says the same without a column does not use it."""

    async def uses(part: SourcePart, name: str) -> bool:
        relations = [*map(relation_of, held.sources), *map(relation_of_view, held.views)]
        without = [_without(one, name) if one.name == part.name else one for one in relations]
        return await answers.sql(held.sql, without) != await answers.sql(held.sql, relations)

    return uses


def _place(source: SourcePart) -> Mapping[str, object]:
    return {key: value for key, value in source_meaning(source).items() if key != "columns"}


def _without(relation: Relation, name: str) -> Relation:
    columns = [column for column in relation.columns if column.name != name]
    return msgspec.structs.replace(relation, columns=columns)
