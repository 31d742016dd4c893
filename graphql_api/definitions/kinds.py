"""Which kind of object a document means to be."""

from collections.abc import Mapping

from graphql_api.definitions.problems import closest, nearest
from graphql_api.domain.enums import DefinitionKind

KIND_WORDS = {
    "Entity": DefinitionKind.ENTITY,
    "DataSource": DefinitionKind.DATA_SOURCE,
    "FeatureView": DefinitionKind.FEATURE_VIEW,
    "FeatureService": DefinitionKind.FEATURE_SERVICE,
}
_TELLING = {
    "joinKeys": "Entity",
    "files": "DataSource",
    "transformation": "FeatureView",
    "entities": "FeatureView",
    "features": "FeatureService",
}
"""Keys that tell a kind by themselves, the surest first."""


def kind_of_word(word: object) -> DefinitionKind | None:
    """Also of a word that looks like a slip of one."""
    found = KIND_WORDS.get(word) if isinstance(word, str) else None
    return found or KIND_WORDS.get(closest(str(word), KIND_WORDS) or "")


def kind_by_keys(spec: Mapping[str, object]) -> str | None:
    """The word for a kind that is not said, if the keys tell it."""
    return next((word for key, word in _TELLING.items() if key in spec), None)


def kind_hint(spec: Mapping[str, object]) -> str | None:
    word = spec.get("kind")
    if word is not None:
        return nearest(str(word), KIND_WORDS)
    meant = kind_by_keys(spec)
    if meant is not None:
        return f"Write kind: {meant}, if that is what it is."
    *most, last = KIND_WORDS
    return f"Every document says its kind: {', '.join(most)} or {last}."


def title_of(kind: DefinitionKind | None, name: object) -> str:
    """`feature view aircraft_delays`, for people; empty without a kind."""
    if kind is None:
        return ""
    return f"{kind.replace('_', ' ').lower()} {'without a name' if name is None else str(name)[:80]}"
