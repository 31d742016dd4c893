"""Entities and data sources."""

import pytz

from graphql_api.definitions.keys import COLUMN
from graphql_api.definitions.problems import clipped, nearest
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import DeclaredColumn, Described, EntitySpec, SourceSpec
from graphql_api.definitions.values import is_list, told
from graphql_api.documents.base import ColumnPart

_JOIN_KEY = "{name: …, type: STRING}"
_PLACE = "s3://bucket/folder/*.parquet"


def parse_entity(reader: Reader, about: Described) -> EntitySpec:
    items = reader.items("joinKeys", _JOIN_KEY, required=True)
    keys: dict[str, ColumnPart] = {}
    for path, item in items or []:
        key = Reader(item, path, reader.problems, COLUMN, form=f"Write {_JOIN_KEY}.")
        name, value_type = key.row_name(), key.key_type()
        if name in keys:
            key.refuse("name", f"The join key {name!r} comes twice.", "Leave one out, or give it another name.")
        elif name is not None and value_type is not None:
            keys[name] = ColumnPart(name=name, value_type=value_type)
    if items == []:
        reader.refuse("joinKeys", "An entity needs a join key.", f"Write joinKeys: [{_JOIN_KEY}].")
    return EntitySpec(about, tuple(keys.values()), is_told=bool(keys) and len(keys) == len(items or []))


def parse_source(reader: Reader, about: Described) -> SourceSpec:
    before = len(reader.problems)
    event_timestamp = reader.text("eventTimestamp")
    created_timestamp = reader.text("createdTimestamp")
    uris, columns = _uris(reader), _columns(reader)
    is_told = bool(uris) and len(reader.problems) == before
    if created_timestamp is not None and not reader.holds("eventTimestamp"):
        reader.refuse(
            "createdTimestamp",
            "A source without eventTimestamp is a look-up table, whose rows do not become known one by one.",
            "Name the column with the time of each row: eventTimestamp.",
        )
    if created_timestamp is not None and created_timestamp == event_timestamp:
        reader.refuse("createdTimestamp", "This is the event timestamp too.", "Leave it out: it means the same.")
    return SourceSpec(
        about=about,
        uris=uris,
        columns=columns,
        event_timestamp=event_timestamp,
        created_timestamp=created_timestamp,
        timezone=_timezone(reader),
        is_told=is_told,
    )


def _uris(reader: Reader) -> tuple[tuple[str, str], ...]:
    value = reader.raw("files", required=f"Write files: {_PLACE}.")
    if isinstance(value, str):
        return ((reader.at("files"), value),)
    if value is None:
        return ()
    if not is_list(value):
        message = f"This must be a place or a list of places, not {told(value)}."
        reader.refuse("files", message, f"Write files: {_PLACE}.")
        return ()
    uris = tuple(reader.names("files", _PLACE) or [])
    if not value:
        reader.refuse("files", "Name at least one place.", f"Write files: {_PLACE}.")
    return uris


def _columns(reader: Reader) -> tuple[DeclaredColumn, ...] | None:
    items = reader.items("columns", "{name: …, type: …}")
    if items is None:
        return None
    columns: dict[str, DeclaredColumn] = {}
    for path, item in items:
        column = Reader(item, path, reader.problems, COLUMN, form="Write {name: …, type: …}.")
        name, data_type = column.text("name", required="Write name: …"), column.text("type", required="Write type: …")
        if name is not None and name.casefold() in columns:
            column.refuse("name", f"The column {clipped(name)} comes twice.", "Leave one out.")
        elif name and data_type:
            columns[name.casefold()] = DeclaredColumn(path, name, data_type)
    if not items:
        reader.refuse("columns", "Declare at least one column.", "Leave it out: columns are learnt from the files.")
    return tuple(columns.values())


def _timezone(reader: Reader) -> str | None:
    name = reader.text("timezone")
    if name is None or name in pytz.all_timezones_set:
        return name
    reader.refuse("timezone", f"There is no time zone {clipped(name)}.", _zone_hint(name))
    return None


def _zone_hint(name: str) -> str:
    """None that is a number of hours: the sign of such names is the other way round than one thinks."""
    places = [zone for zone in pytz.all_timezones if "/" in zone and not zone.startswith("Etc/")]
    hint = nearest(name, places) or ""
    return hint if hint.startswith("Did") else "Write a name of the IANA database, such as America/New_York."
