"""The values at moments that one request asks for, whatever their aliases."""

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from graphql_api.auth.viewer import Viewer
from graphql_api.errors import LimitExceeded, UserError
from graphql_api.services.features_at import FeaturesAt, LookupAt
from graphql_api.serving.lookup import OnlineAnswer

AskedAt = tuple[str, LookupAt]
"""A project's name, and what is asked in it."""
MOST_A_REQUEST = 10
"""Each is a computation of its own."""


def features_at_loader(service: FeaturesAt, viewer: Viewer) -> DataLoader[AskedAt, OnlineAnswer]:
    """For one request; nothing is cached."""

    async def load(asked: Sequence[AskedAt]) -> Sequence[OnlineAnswer | UserError]:
        if len(asked) > MOST_A_REQUEST:
            message = f"{len(asked)} moments are asked for at once; one request asks for at most {MOST_A_REQUEST}."
            return [LimitExceeded(message)] * len(asked)
        return await service.look_up_many(viewer, asked)

    return DataLoader(load_fn=load, cache=False)
