"""Entities and data sources."""

import pytz

from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import Reader, is_list, kind_of
from graphql_api.definitions.specs import DeclaredColumn, Described, EntitySpec, SourceSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.domain.types import KEY_TYPES


def parse_entity(reader: Reader, about: Described) -> EntitySpec | None:
    items = reader.items("joinKeys", required=True)
    keys: dict[str, ColumnPart] = {}
    for path, item in items or []:
        key = Reader(item, path, reader.problems)
        name, value_type = key.name(), key.value_type(allowed=KEY_TYPES)
        key.done()
        if name in keys:
            key.refuse("name", f"The join key {name!r} comes twice.")
        elif name is not None and value_type is not None:
            keys[name] = ColumnPart(name=name, value_type=value_type)
    if items == []:
        reader.refuse("joinKeys", "An entity needs a join key.", "Write joinKeys: [{name: …, type: STRING}].")
    reader.done()
    return EntitySpec(about, tuple(keys.values())) if keys else None


def parse_source(reader: Reader, about: Described) -> SourceSpec | None:
    if reader.holds("delta"):
        reader.refuse("delta", "Delta sources are not available yet.", "Name Parquet files: files: s3://….")
        return None
    event_timestamp = reader.text("eventTimestamp")
    created_timestamp = reader.text("createdTimestamp")
    spec = SourceSpec(
        about=about,
        uris=_uris(reader),
        columns=_columns(reader),
        event_timestamp=event_timestamp,
        created_timestamp=created_timestamp,
        timezone=_timezone(reader),
    )
    if created_timestamp is not None and not reader.holds("eventTimestamp"):
        reader.refuse(
            "createdTimestamp",
            "A source without eventTimestamp is a look-up table, whose rows do not become known one by one.",
            "Name the column with the time of each row: eventTimestamp.",
        )
    if created_timestamp is not None and created_timestamp == event_timestamp:
        reader.refuse("createdTimestamp", "This is the event timestamp too.", "Leave it out: it means the same.")
    reader.done()
    return spec if spec.uris else None


def _uris(reader: Reader) -> tuple[tuple[str, str], ...]:
    value = reader.raw("files", required=True)
    if isinstance(value, str):
        return ((reader.at("files"), value),)
    if value is None:
        return ()
    if not is_list(value):
        reader.refuse("files", f"This must be a place or a list of places, not {kind_of(value)}.")
        return ()
    uris = tuple(reader.names("files") or [])
    if not value:
        reader.refuse("files", "Name at least one place.", "Write files: s3://bucket/folder/*.parquet.")
    return uris


def _columns(reader: Reader) -> tuple[DeclaredColumn, ...] | None:
    items = reader.items("columns")
    if items is None:
        return None
    columns: dict[str, DeclaredColumn] = {}
    for path, item in items:
        column = Reader(item, path, reader.problems)
        name, data_type = column.text("name", required=True), column.text("type", required=True)
        column.done()
        if name is not None and name.casefold() in columns:
            column.refuse("name", f"The column {name!r} comes twice.")
        elif name and data_type:
            columns[name.casefold()] = DeclaredColumn(path, name, data_type)
    if not items:
        reader.refuse("columns", "Declare at least one column, or none of them: then they are learnt from the files.")
    return tuple(columns.values())


def _timezone(reader: Reader) -> str | None:
    name = reader.text("timezone")
    if name is None or name in pytz.all_timezones_set:
        return name
    reader.refuse("timezone", f"There is no time zone {name!r}.", _zone_hint(name))
    return None


def _zone_hint(name: str) -> str:
    hint = nearest(name, pytz.all_timezones_set) or ""
    return hint if hint.startswith("Did") else "Write a name of the IANA database, such as America/New_York."
