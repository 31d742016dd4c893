"""Feature services: a list of references, as text or with names and keys of their own."""

from collections.abc import Mapping
from dataclasses import replace

from graphql_api.definitions.keys import ENTRY
from graphql_api.definitions.parse_common import reference_of
from graphql_api.definitions.problems import Problems, clipped
from graphql_api.definitions.reading import CREATED, EVENT, Reader
from graphql_api.definitions.slips import name_hint
from graphql_api.definitions.specs import Described, EntrySpec, ServiceSpec
from graphql_api.definitions.values import is_mapping, told
from graphql_api.domain.references import NAME, Reference

_ENTRY = "Write view, view:feature, or {view: …, as: …, keys: {join_key: request_column}}."


def parse_service(reader: Reader, about: Described) -> ServiceSpec | None:
    value = reader.value("features")
    form = value if isinstance(value, str) and len(value) < 100 else "some_view, other_view:feature"
    items = reader.items("features", form, required=True)
    entries = [parse_entry(path, item, reader.problems) for path, item in items or []]
    if items == []:
        reader.refuse("features", "A service needs a feature.", "Write features: [some_view, other_view:feature].")
    usable = tuple(entry for entry in entries if entry is not None)
    return ServiceSpec(about, usable) if usable else None


def parse_entry(path: str, item: object, problems: Problems) -> EntrySpec | None:
    if isinstance(item, str):
        reference = reference_of(path, item, problems)
        return _entry(path, item, reference, alias=None, keys={}, features=None) if reference else None
    if not is_mapping(item):
        problems.add(path, f"An entry is a reference or a mapping, not {told(item)}.", _ENTRY)
        return None
    reader = Reader(item, path, problems, ENTRY)
    text = reader.text("view", required="Write view: …")
    reference = reference_of(reader.at("view"), text, problems) if text is not None else None
    alias, keys = reader.name("as", required=False), reader.texts_by_name("keys", "{join_key: request_column}")
    features = reader.names("features")
    for key, column in keys.items():
        at = f"{reader.at('keys')}.{key}"
        if not NAME.fullmatch(column):
            problems.add(at, f"{clipped(column)} is not a name.", name_hint(column))
        elif column in (EVENT, CREATED):
            message = f"{column!r} is the name of a timestamp of the row and can be no request column."
            problems.add(at, message, "Give the column another name.")
    if features == [] and reader.value("features") == []:
        reader.refuse("features", "Name at least one feature.", "Leave it out: then all are taken.")
    if features and reference is not None and reference.feature is not None:
        whole = Reference(reference.name, reference.version)
        reader.refuse("features", f"{text!r} names a feature already.", f"Write view: {whole}, or leave features out.")
    if reference is None:
        return None
    entry = _entry(path, item, reference, alias=alias, keys=keys, features=features)
    columns_told = not problems.are_at(reader.at("as"), reader.at("features"))
    return replace(entry, columns_told=columns_told, keys_told=not problems.are_at(reader.at("keys")))


def _entry(
    path: str,
    written: object,
    reference: Reference,
    *,
    alias: str | None,
    keys: Mapping[str, str],
    features: list[tuple[str, str]] | None,
) -> EntrySpec:
    """`view:feature` and `{view, features: [feature]}` mean the same."""
    if features is None and reference.feature is not None:
        features = [(path, reference.feature)]
    return EntrySpec(
        path=path,
        written=written,
        reference=Reference(reference.name, reference.version),
        alias=alias,
        keys=keys,
        features=tuple(features) if features else None,
    )
