"""A database in which nothing is yet."""

from graphql_api.documents.models import MODELS
from graphql_api.documents.raw import collection_of
from graphql_api.migrations.work import Work


async def make(work: Work) -> None:
    """Every collection, with the indexes that its documents declare.

    Whoever began with it and died may have been of another release, and nobody works here before it is whole: so an
    empty collection loses the indexes that it has. One that is not empty is somebody else's."""
    begun = await work.database.list_collection_names()
    for model in MODELS:
        name = collection_of(model).name
        if name in begun and await work.database[name].find_one({}, {"_id": 1}) is None:
            await work.drop_indexes(name)
        await work.create(name, [field.index for field in model.get_settings().indexes])
