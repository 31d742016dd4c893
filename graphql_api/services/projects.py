"""Projects, and the one question that every way in asks: may this viewer do this there?"""

from collections.abc import Mapping, Sequence

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.recording import archived, record_deed
from graphql_api.documents.registry_events import ChangePart
from graphql_api.domain.enums import ChangeKind, Role
from graphql_api.domain.pages import KeyKind, Order, Page, PageRequest, SortKey
from graphql_api.domain.references import NAME
from graphql_api.domain.times import utc_now
from graphql_api.errors import Conflict, InvalidInput, Problem, ProjectNotFound
from graphql_api.services.auditing import deed_of
from graphql_api.services.pages import Stage, find_page

DEFAULT_PROJECT = "default"
MOST_DESCRIBED = 2_000
BY_NAME = Order("project", (SortKey("name", KeyKind.TEXT),))


class Projects:
    async def get(self, viewer: Viewer, name: str, role: Role, *, even_archived: bool = False) -> ProjectDocument:
        """The project, for whoever holds at least `role` in it.

        Who asks for more than VIEWER means to change something, which an archived project refuses; `even_archived`
        says that nothing in it is changed.

        Raises Unauthenticated, ProjectNotFound or Forbidden; Conflict where the project is archived."""
        viewer.must_be_known()
        project = await ProjectDocument.find_one({"name": name})
        if project is None:
            raise ProjectNotFound(f"There is no project {name!r}, or you have no role in it.")
        viewer.must_be(role, str(project.id), name)
        if project.archived_at is not None and role is not Role.VIEWER and not even_archived:
            raise archived(name)
        return project

    async def create(self, viewer: Viewer, name: str, *, description: str = "") -> ProjectDocument:
        """Raises Unauthenticated, Forbidden for whoever is no admin of the server, InvalidInput, and Conflict where the
        name is taken."""
        viewer.must_administer_the_server()
        _check(name, description)
        project = ProjectDocument(name=name, description=description)
        made = ChangePart(kind=ChangeKind.ADDED, path="description", after=description)

        async def body(session: AsyncClientSession) -> None:
            await project.insert(session=session)
            await record_deed(
                session,
                project.id,
                [name],
                deed=deed_of(viewer, "createProject"),
                changes=[made] if description else [],
            )

        try:
            await in_transaction(ProjectDocument, body)
        except DuplicateKeyError:
            raise Conflict(f"There is a project {name!r} already.") from None
        return await ProjectDocument.get(project.id) or project  # as it is held: moments are cut to milliseconds

    async def describe(self, viewer: Viewer, name: str, description: str) -> ProjectDocument:
        """Raises Unauthenticated, ProjectNotFound, Forbidden for whoever is no admin of the server, InvalidInput, and
        Conflict where it is archived."""
        await self.get(viewer, name, Role.ADMIN)
        _check(name, description)
        return await self._change(viewer, name, "updateProject", {"description": description})

    async def archive(self, viewer: Viewer, name: str) -> ProjectDocument:
        """From now on the project is only read; runs in progress go on to their end. One that is archived stays so.

        Raises Unauthenticated, ProjectNotFound, Forbidden for whoever is no admin of the server."""
        return await self._change(viewer, name, "archiveProject", {"archived_at": utc_now()})

    async def unarchive(self, viewer: Viewer, name: str) -> ProjectDocument:
        """The project goes on as it was. Raises as `archive` does."""
        return await self._change(viewer, name, "unarchiveProject", {"archived_at": None})

    async def _change(self, viewer: Viewer, name: str, operation: str, wanted: Mapping[str, object]) -> ProjectDocument:
        project = await self.get(viewer, name, Role.VIEWER)
        viewer.must_administer_the_server()
        collection = collection_of(ProjectDocument)

        async def body(session: AsyncClientSession) -> ProjectDocument:
            before = ProjectDocument.model_validate(await collection.find_one({"_id": project.id}, session=session))
            changes = _differences(before, wanted)
            if not changes:
                return before
            deed = deed_of(viewer, operation)
            await record_deed(session, project.id, [name], deed=deed, changes=changes)
            after = await collection.find_one_and_update(
                {"_id": project.id}, {"$set": wanted}, session=session, return_document=ReturnDocument.AFTER
            )
            return ProjectDocument.model_validate(after)

        return await in_transaction(ProjectDocument, body)

    async def ensure_default(self) -> ProjectDocument:
        """The project that is meant where none is named; made where it is absent."""
        found = await ProjectDocument.find_one({"name": DEFAULT_PROJECT})
        if found is not None:
            return found
        try:
            return await ProjectDocument(name=DEFAULT_PROJECT).insert()
        except DuplicateKeyError:
            return await self.ensure_default()

    async def page(self, viewer: Viewer, request: PageRequest) -> Page[ProjectDocument]:
        """Projects in which the viewer has a role, by name."""
        stages: list[Stage] = [{"$match": _visible_to(viewer)}]
        return await find_page(ProjectDocument, stages, BY_NAME, request, ProjectDocument.model_validate)

    async def all_of(self, viewer: Viewer) -> list[ProjectDocument]:
        """Every project in which the viewer has a role, by name."""
        return await ProjectDocument.find(_visible_to(viewer)).sort("name").to_list()

    async def find(self, viewer: Viewer, ids: Sequence[ObjectId]) -> list[ProjectDocument]:
        """Those of them in which the viewer has a role, in no order."""
        wanted = {"$and": [{"_id": {"$in": list(ids)}}, _visible_to(viewer)]}
        return await ProjectDocument.find(wanted).to_list()


def _visible_to(viewer: Viewer) -> dict[str, object]:
    viewer.must_be_known()
    if viewer.everywhere is not None:
        return {}
    return {"_id": {"$in": [ObjectId(project_id) for project_id in viewer.roles]}}


def _differences(before: ProjectDocument, wanted: Mapping[str, object]) -> list[ChangePart]:
    """None where it is archived already: it has been since it was."""
    if "archived_at" in wanted:
        was, shall = before.archived_at is not None, wanted["archived_at"] is not None
        return [] if was is shall else [ChangePart(kind=ChangeKind.CHANGED, path="archived", before=was, after=shall)]
    was, shall = before.description, wanted["description"]
    if was == shall:
        return []
    return [ChangePart(kind=ChangeKind.CHANGED, path="description", before=was, after=shall)]


def _check(name: str, description: str) -> None:
    problems: list[Problem] = []
    if NAME.fullmatch(name) is None:
        hint = "small letters, digits and _, beginning with a letter, at most 63"
        problems.append(Problem("name", f"{name!r} is not a name", hint))
    if len(description) > MOST_DESCRIBED:
        problems.append(Problem("description", f"has {len(description)} characters; at most {MOST_DESCRIBED}"))
    if problems:
        raise InvalidInput("; ".join(f"{problem.path} {problem.message}" for problem in problems) + ".", problems)
