"""Small parts that many nouns share."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Self

import strawberry

from graphql_api.documents.base import ColumnPart, TagPart
from graphql_api.documents.copies import RangePart
from graphql_api.documents.data_sources import SourceColumnPart
from graphql_api.domain.times import from_micros
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import Rows
from schema.scalars import JSON


@strawberry.type(description="A typed name.")
class Column:
    name: str = strawberry.field(description="As requests and answers use it.")
    value_type: ValueType = strawberry.field(description="What its values are.")

    @classmethod
    def of(cls, part: ColumnPart) -> Self:
        return cls(name=part.name, value_type=part.value_type)


@strawberry.type(
    description="A column as it lies in files: `dataType` in the words of DuckDB; `valueType` is null where no "
    "feature can hold it."
)
class SourceColumn:
    name: str = strawberry.field(description="As SQL sees it.")
    data_type: str = strawberry.field(description="Its type in the words of DuckDB: TIMESTAMP, DECIMAL(10,2), …")
    value_type: ValueType | None = strawberry.field(description="What a feature may hold it as; null: as nothing.")

    @classmethod
    def of(cls, part: SourceColumnPart) -> Self:
        return cls(name=part.name, data_type=part.data_type, value_type=part.value_type)


@strawberry.type(description="A label, for finding things.")
class Tag:
    key: str = strawberry.field(description="What is labelled: `domain`.")
    value: str = strawberry.field(description="The label: `flights`.")


@strawberry.type(description="Rows for people to look at: small, typed, never a bulk transport.")
class Table:
    columns: list[SourceColumn] = strawberry.field(description="In the order of each row's values.")
    rows: JSON = strawberry.field(
        description="A list of rows, each a list of values, one a column; times are RFC 3339 texts."
    )

    @classmethod
    def of(cls, rows: Rows, types: Mapping[str, ValueType | None]) -> Self:
        """`types`: what features may hold the columns as, by name."""
        columns = [
            SourceColumn(name=column.name, data_type=column.data_type, value_type=types.get(column.name))
            for column in rows.columns
        ]
        return cls(columns=columns, rows=JSON(rows.rows))


@strawberry.type(description="Half-open, of event timestamps.")
class TimeRange:
    start: datetime = strawberry.field(description="The first moment in it.")
    end: datetime = strawberry.field(description="The first moment after it.")

    @classmethod
    def of(cls, part: RangePart) -> Self:
        return cls(start=from_micros(part.start), end=from_micros(part.end))


def tags_of(parts: Iterable[TagPart]) -> list[Tag]:
    return [Tag(key=part.key, value=part.value) for part in parts]


def columns_of(parts: Sequence[ColumnPart]) -> list[Column]:
    return [Column.of(part) for part in parts]


def moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
