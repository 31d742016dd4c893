"""Who asks, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql_api.domain.enums import Role
from graphql_api.errors import Forbidden, ProjectNotFound, Unauthenticated


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as this server sees it. None for what comes through no door of the network.

    `server`: how it calls this server, such as https://features.example; links that it is given begin with it."""

    address: str | None = None
    user_agent: str | None = None
    server: str | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Viewer:
    """`roles` by project id; `everywhere` is a role in all projects, which only a server's admin holds."""

    name: str
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    everywhere: Role | None = None
    is_anonymous: bool = False
    token_id: str | None = None
    origin: Origin = NOWHERE

    def role_in(self, project_id: str) -> Role | None:
        own = self.roles.get(project_id)
        if own is None or self.everywhere is None:
            return own or self.everywhere
        return own if own.includes(self.everywhere) else self.everywhere

    def may(self, role: Role, project_id: str) -> bool:
        held = self.role_in(project_id)
        return held is not None and held.includes(role)

    def must_be_known(self) -> None:
        """Raises Unauthenticated without a token, unless everyone is let in."""
        if self.is_anonymous and self.everywhere is None:
            raise Unauthenticated("Send an API token: Authorization: Bearer jfs_…")

    def must_administer_the_server(self) -> None:
        """Raises Unauthenticated without a token, Forbidden for whoever is no admin of all projects."""
        self.must_be_known()
        if self.everywhere is not Role.ADMIN:
            raise Forbidden(f"This needs the role ADMIN in all projects; {self.name} does not have it.")

    def must_be(self, role: Role, project_id: str, project_name: str) -> None:
        """Raises Unauthenticated without a token, ProjectNotFound without any role, Forbidden with a lesser one."""
        self.must_be_known()
        held = self.role_in(project_id)
        if held is None:
            raise ProjectNotFound(f"There is no project {project_name!r}, or you have no role in it.")
        if not held.includes(role):
            raise Forbidden(f"This needs the role {role} in {project_name!r}; {self.name} is {held}.", project_id)


ANONYMOUS = Viewer(name="anonymous", is_anonymous=True)
EVERYONE_IS_ADMIN = Viewer(name="anonymous", everywhere=Role.ADMIN, is_anonymous=True)
