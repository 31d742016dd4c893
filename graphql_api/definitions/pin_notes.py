"""What a definition does not say and the registry holds: the versions that its references were pinned to."""

from collections.abc import Mapping, Sequence

from graphql_api.definitions.reading import is_list, is_mapping
from graphql_api.definitions.writing import Notes, Path
from graphql_api.domain.enums import DefinitionKind
from graphql_api.domain.references import Reference

_INPUTS = ("sources", "views")


def notes_of_service(entries: Sequence[tuple[object, str]]) -> Notes:
    """`entries`: each as it is written, and the version that it is pinned to; in the order of `features`."""
    notes: dict[Path, str] = {}
    for index, (entry, reference) in enumerate(entries):
        text = entry.get("view") if is_mapping(entry) else entry
        if isinstance(text, str) and not _says(text, reference):
            notes["features", index] = _note(reference)
    return notes


def notes_of_view(spec: Mapping[str, object], pins: Mapping[str, str]) -> Notes:
    """`pins`: the version that an entry of the transformation is pinned to, by the entry."""
    made = spec.get("transformation")
    return {
        ("transformation", key, index): _note(pins[entry])
        for key in _INPUTS
        for index, entry in enumerate(_entries(made, key))
        if isinstance(entry, str) and entry in pins and not _says(entry, pins[entry])
    }


def without_versions(kind: DefinitionKind, spec: Mapping[str, object]) -> Mapping[str, object]:
    """The same, with references that name no version: for a project in which numbers begin anew."""
    made = spec.get("transformation")
    if kind is DefinitionKind.FEATURE_SERVICE:
        return {**spec, "features": [_unpinned(entry) for entry in _entries(spec, "features")]}
    if kind is not DefinitionKind.FEATURE_VIEW or not is_mapping(made):
        return spec
    inputs = {key: [_unpinned(entry) for entry in _entries(made, key)] for key in _INPUTS if is_list(made.get(key))}
    return {**spec, "transformation": {**made, **inputs}}


def _entries(holder: object, key: str) -> list[object]:
    found = holder.get(key) if is_mapping(holder) else None
    return found if is_list(found) else []


def _unpinned(entry: object) -> object:
    if is_mapping(entry):
        return {**entry, "view": _unpinned(entry.get("view"))}
    if not isinstance(entry, str):
        return entry
    reference = Reference.parse(entry)
    return str(Reference(reference.name, feature=reference.feature))


def _says(entry: str, reference: str) -> bool:
    written = Reference.parse(entry)
    return str(Reference(written.name, written.version)) == reference


def _note(reference: str) -> str:
    return f"pinned to {reference}"
