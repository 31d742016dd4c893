"""All that a resolver may touch."""

from dataclasses import dataclass, field
from functools import cached_property

import strawberry

from graphql_api.auth.viewer import Viewer
from graphql_api.loaders.all import Loaders
from graphql_api.runtime import Services


@dataclass
class Context:
    """`viewer` asks; `connection_params` is what a WebSocket client sent when it introduced itself."""

    viewer: Viewer
    services: Services
    connection_params: dict[str, object] | None = field(default=None)

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.viewer, self.services)

    def forget_loaded(self) -> None:
        """What is asked from here on is read anew: an event of a subscription tells of its own moment."""
        self.__dict__.pop("loaders", None)


Info = strawberry.Info[Context, None]
