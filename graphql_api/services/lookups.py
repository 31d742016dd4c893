"""Documents by their ids, for whoever may read the projects that they are in."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from beanie import Document, PydanticObjectId
from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role


class InProject(Protocol):
    @property
    def project_id(self) -> PydanticObjectId: ...


DocumentT = TypeVar("DocumentT", bound=Document)
SeenT = TypeVar("SeenT", bound=InProject)


def visible(viewer: Viewer, found: Iterable[SeenT]) -> list[SeenT]:
    """Without what lies in a project without a role: it is as if it were not there."""
    return [one for one in found if viewer.may(Role.VIEWER, str(one.project_id))]


async def find_visible(
    viewer: Viewer, model: type[DocumentT], ids: Iterable[ObjectId], path: str = "_id"
) -> list[DocumentT]:
    """What holds one of `ids` at `path`, in no order; what lies in a project without a role is as if it were not.

    Raises Unauthenticated for whoever sent no token."""
    viewer.must_be_known()
    raws = await collection_of(model).find({path: {"$in": list(ids)}}).to_list()
    return [model.model_validate(raw) for raw in raws if viewer.may(Role.VIEWER, str(raw["project_id"]))]
