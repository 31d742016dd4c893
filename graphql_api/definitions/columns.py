"""The columns of a source from the footers of its files."""

from collections.abc import Sequence

from graphql_api.definitions.duck_types import UNKNOWN, value_type_of, widened
from graphql_api.definitions.questions import Refusal
from graphql_api.documents.data_sources import SourceColumnPart
from graphql_api.engines.shapes import FileColumn, FileSchema

FOOTERS = 200


def spread(uris: Sequence[str]) -> list[str]:
    """All, or 200 spread evenly over the names, the first and the last among them."""
    names = sorted(uris)
    if len(names) <= FOOTERS:
        return names
    return [names[index * (len(names) - 1) // (FOOTERS - 1)] for index in range(FOOTERS)]


def merged_columns(schemas: Sequence[tuple[str, FileSchema]]) -> list[FileColumn] | Refusal:
    """By name, given (file, schema): a column that a file lacks is null there, numbers widen, anything else is
    refused naming both files."""
    types: dict[str, tuple[str, str]] = {}
    spelt: dict[str, tuple[str, str]] = {}
    for file, schema in schemas:
        for column in schema.columns:
            spelling, first = spelt.setdefault(column.name.casefold(), (column.name, file))
            if spelling != column.name:
                return Refusal(
                    f"Column {spelling!r} of {first} and {column.name!r} of {file} differ in case alone.",
                    "SQL takes the two for one: write the files with one spelling.",
                )
            held, where = types.get(column.name, (UNKNOWN, file))
            wide = widened(held, column.data_type)
            if wide is None:
                return Refusal(
                    f"Column {column.name!r} is {held} in {where} and {column.data_type} in {file}.",
                    "Write the files with one type, or split them into two sources.",
                )
            types[column.name] = (wide, where if held == wide and held != UNKNOWN else file)
    return [FileColumn(name, data_type) for name, (data_type, _) in types.items()]


def source_columns(columns: Sequence[FileColumn]) -> tuple[SourceColumnPart, ...]:
    return tuple(
        SourceColumnPart(name=column.name, data_type=column.data_type, value_type=value_type_of(column.data_type))
        for column in columns
    )
