"""The look-ups of one request, whatever their aliases, as one trip to Redis."""

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from graphql_api.auth.viewer import Viewer
from graphql_api.errors import UserError
from graphql_api.services.online_features import OnlineFeatures
from graphql_api.serving.lookup import Lookup, OnlineAnswer

Asked = tuple[str, Lookup]
"""A project's name, and what is looked up in it."""


def online_features_loader(service: OnlineFeatures, viewer: Viewer) -> DataLoader[Asked, OnlineAnswer]:
    """For one request. Nothing is cached: two fields that ask the same are answered for the same moment anyway."""

    async def load(asked: Sequence[Asked]) -> Sequence[OnlineAnswer | UserError]:
        return await service.look_up_many(viewer, asked)

    return DataLoader(load_fn=load, cache=False)
