"""What every kind of definition begins with."""

from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import Described
from graphql_api.domain.enums import DefinitionKind


def described(reader: Reader, kind: DefinitionKind) -> Described:
    """`name` is empty where there is none that can be used."""
    return Described(
        path=reader.path,
        kind=kind,
        raw=reader.values,
        name=reader.name() or "",
        description=reader.text("description") or "",
        owner=reader.text("owner"),
        tags=reader.tags(),
    )
