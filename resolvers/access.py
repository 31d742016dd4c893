"""The role that each root field needs, as data. The services decide; a test holds the two against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql_api.domain.enums import Role


@dataclass(frozen=True, slots=True)
class Needs:
    """`role` None: the field answers whoever is known with what they may see, and with nothing else.

    `everywhere`: the role in all projects, as an admin of the server has it."""

    role: Role | None
    everywhere: bool = False


_KEY: Final = "needs"


def needs(role: Role | None, *, everywhere: bool = False) -> dict[str, Needs]:
    """For a field's `metadata`."""
    return {_KEY: Needs(role, everywhere)}


def needs_of(metadata: Mapping[object, object]) -> Needs | None:
    found = metadata.get(_KEY)
    return found if isinstance(found, Needs) else None


SEES: Final = needs(None)
VIEWER: Final = needs(Role.VIEWER)
EDITOR: Final = needs(Role.EDITOR)
ADMIN: Final = needs(Role.ADMIN)
SERVER_ADMIN: Final = needs(Role.ADMIN, everywhere=True)
