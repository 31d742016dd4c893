"""Feature services: a list of references, as text or with names and keys of their own."""

from collections.abc import Mapping

from graphql_api.definitions.problems import Problems
from graphql_api.definitions.reading import CREATED, EVENT, Reader, is_mapping, kind_of
from graphql_api.definitions.specs import Described, EntrySpec, ServiceSpec
from graphql_api.domain.references import NAME, Reference


def parse_service(reader: Reader, about: Described) -> ServiceSpec | None:
    items = reader.items("features", required=True)
    entries = [parse_entry(path, item, reader.problems) for path, item in items or []]
    if items == []:
        reader.refuse("features", "A service needs a feature.", "Write features: [some_view, other_view:feature].")
    reader.done()
    usable = tuple(entry for entry in entries if entry is not None)
    return ServiceSpec(about, usable) if usable else None


def parse_entry(path: str, item: object, problems: Problems) -> EntrySpec | None:
    if isinstance(item, str):
        reference = _reference(path, item, problems)
        return _entry(path, item, reference, alias=None, keys={}, features=None) if reference else None
    if not is_mapping(item):
        problems.add(path, f"An entry is a reference or a mapping, not {kind_of(item)}.")
        return None
    reader = Reader(item, path, problems)
    text = reader.text("view", required=True)
    reference = _reference(reader.at("view"), text, problems) if text is not None else None
    alias, keys, features = reader.name("as", required=False), reader.texts_by_name("keys"), reader.names("features")
    for key, column in keys.items():
        if not NAME.fullmatch(column):
            problems.add(f"{reader.at('keys')}.{key}", f"{column!r} is not a name.")
        elif column in (EVENT, CREATED):
            message = f"{column!r} is the name of a timestamp of the row and can be no request column."
            problems.add(f"{reader.at('keys')}.{key}", message, "Give the column another name.")
    if features == []:
        reader.refuse("features", "Name at least one feature, or leave this out: then all are taken.")
    if features and reference is not None and reference.feature is not None:
        reader.refuse("features", f"{text!r} names a feature already.", "Write view: without :feature.")
    reader.done()
    if reference is None:
        return None
    return _entry(path, item, reference, alias=alias, keys=keys, features=features)


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


def _reference(path: str, text: str, problems: Problems) -> Reference | None:
    try:
        return Reference.parse(text)
    except ValueError as refused:
        problems.add(path, f"{refused}.")
        return None
