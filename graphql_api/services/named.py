"""Reading objects of the registry that have one document a name: lists with filters, by name, by id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from bson import ObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.base import Described
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.references import NAME
from graphql_api.errors import InvalidInput, Problem
from graphql_api.services.lookups import find_visible
from graphql_api.services.pages import Stage, find_page
from graphql_api.services.projects import Projects

MAX_SEARCH = 200
NamedT = TypeVar("NamedT", bound=Described)


@dataclass(frozen=True, slots=True)
class Filters:
    """`search`: text anywhere in name or description, in any case. `tag`: `key`, or `key:value`. `owner`: exactly."""

    search: str | None = None
    tag: str | None = None
    owner: str | None = None

    def stages(self, prefix: str = "") -> list[Stage]:
        """`prefix`: where in the document the described thing lies. Raises InvalidInput for a search too long."""
        matches: list[Stage] = []
        if self.search:
            matches.append({"$or": _contains(self.search, prefix)})
        if self.tag:
            key, colon, value = self.tag.partition(":")
            tag = {"key": key, "value": value} if colon else {"key": key}
            matches.append({f"{prefix}tags": {"$elemMatch": tag}})
        if self.owner is not None:
            matches.append({f"{prefix}owner": self.owner})
        return [{"$match": match} for match in matches]


def _contains(text: str, prefix: str) -> list[Stage]:
    if len(text) > MAX_SEARCH:
        raise InvalidInput(
            f"search is longer than {MAX_SEARCH} characters.", [Problem("search", f"longer than {MAX_SEARCH}")]
        )
    pattern = {"$regex": re.escape(text.replace("\0", "")), "$options": "i"}
    return [{f"{prefix}name": pattern}, {f"{prefix}description": pattern}]


def by_name(kind: str) -> Order:
    return Order(kind, (SortKey("name", KeyKind.TEXT),))


class Named(Generic[NamedT]):
    """`model` holds one document a name; `order` is the default order of its lists."""

    model: type[NamedT]
    order: ClassVar[Order]

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def page(self, viewer: Viewer, project_name: str, filters: Filters, request: PageRequest) -> Page[NamedT]:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        stages: list[Stage] = [{"$match": {"project_id": project.id}}, *filters.stages()]
        return await find_page(self.model, stages, self.order, request, self.model.model_validate)

    async def get(self, viewer: Viewer, project_name: str, name: str) -> NamedT | None:
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        return await self._named(project, name)

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[NamedT]:
        return await find_visible(viewer, self.model, ids)

    async def _named(self, project: ProjectDocument, name: str) -> NamedT | None:
        if not NAME.fullmatch(name):
            return None
        raw = await collection_of(self.model).find_one({"project_id": project.id, "name": name})
        return None if raw is None else self.model.model_validate(raw)
