"""What an action on one object would touch: the very decision by which the mutation acts."""

from collections.abc import Awaitable

from graphql_api.auth.viewer import Viewer
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import DefinitionKind, ImpactAction, Role
from graphql_api.errors import InvalidInput, NotFound, Problem
from graphql_api.services.decisions import Decision
from graphql_api.services.deleting import decide_delete
from graphql_api.services.naming import version_reference
from graphql_api.services.projects import Projects
from graphql_api.services.publishing import decide_publish
from graphql_api.services.retiring import decide_archive, decide_deprecate


class Impacts:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def of(
        self, viewer: Viewer, project_name: str, action: ImpactAction, kind: DefinitionKind, reference: str
    ) -> Decision | None:
        """What the mutation would do now; None where there is no such object. Writes nothing.

        Raises InvalidInput for what is done to versions of views alone."""
        project = await self._projects.get(viewer, project_name, Role.VIEWER)
        if action is not ImpactAction.DELETE and kind is not DefinitionKind.FEATURE_VIEW:
            message = f"Only versions of feature views can be {_DONE[action]}."
            raise InvalidInput(message, [Problem("kind", message, "Write FEATURE_VIEW.")])
        try:
            return await _decision(project, action, kind, reference)
        except NotFound:
            return None


def _decision(
    project: ProjectDocument, action: ImpactAction, kind: DefinitionKind, reference: str
) -> Awaitable[Decision]:
    match action:
        case ImpactAction.DELETE:
            return decide_delete(project, kind, reference)
        case ImpactAction.DEPRECATE:
            return decide_deprecate(project, version_reference(reference), None)
        case ImpactAction.ARCHIVE:
            return decide_archive(project, version_reference(reference))
        case ImpactAction.PUBLISH:
            return decide_publish(project, version_reference(reference))


_DONE = {
    ImpactAction.DEPRECATE: "deprecated",
    ImpactAction.ARCHIVE: "archived",
    ImpactAction.PUBLISH: "published",
}
