"""Deleting an object: refused as long as others rest on it, and they are named."""

from collections.abc import Mapping

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.deletion import Doomed, as_change, blocked, dependents_of, doomed, removal_of
from graphql_api.definitions.parse import KIND_NAMES
from graphql_api.definitions.usage import Usage
from graphql_api.documents.base import Described
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.enums import DefinitionKind, Role
from graphql_api.domain.references import Reference
from graphql_api.errors import NotFound
from graphql_api.services.auditing import deed_of
from graphql_api.services.decisions import Decision, carry_out, refused
from graphql_api.services.naming import parsed_reference
from graphql_api.services.projects import Projects
from graphql_api.services.removing import remove
from graphql_api.services.usage_reading import read_usage

_MODELS: Mapping[DefinitionKind, type[Described]] = {
    DefinitionKind.ENTITY: EntityDocument,
    DefinitionKind.DATA_SOURCE: DataSourceDocument,
    DefinitionKind.FEATURE_VIEW: FeatureViewDocument,
    DefinitionKind.FEATURE_SERVICE: FeatureServiceDocument,
}


class Deleting:
    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    async def delete(self, viewer: Viewer, project_name: str, kind: DefinitionKind, name: str) -> None:
        """Delete an object, or by `delay_model@1` one version of a service. Numbers that were used stay used.

        Raises:
            Forbidden: the viewer is no admin of the project.
            NotFound: there is no such object.
            BlockedByDependents: others depend on it, or a run of it is in progress.
            Conflict: the registry would not hold still.
        """
        project = await self._projects.get(viewer, project_name, Role.ADMIN)
        await carry_out(project, lambda: decide_delete(project, kind, name), deed=deed_of(viewer, "delete"))


async def decide_delete(project: ProjectDocument, kind: DefinitionKind, name: str) -> Decision:
    """Raises NotFound."""
    usage = await read_usage(project.id)
    goes = await _found(project, kind, name, usage)
    removal = removal_of([goes])
    dependents = dependents_of([goes], usage)
    if dependents:
        return refused(blocked(goes.reference, dependents, usage.runs_of(removal.views)), dependents)
    return Decision(
        f"{goes.reference} can be deleted: nothing depends on it.",
        changes=(as_change(goes, usage),),
        write=lambda session: remove(project.id, removal, session),
    )


async def _found(project: ProjectDocument, kind: DefinitionKind, text: str, usage: Usage) -> Doomed:
    wanted = parsed_reference(text)
    if wanted is None or wanted.feature is not None:
        raise _unknown(project, kind, text)
    if wanted.version is not None:
        return await _service_version(project, kind, wanted, usage)
    own = {"project_id": project.id, "name": wanted.name}
    document = await _MODELS[kind].find(own).sort("-number").first_or_none()
    if document is None:
        raise _unknown(project, kind, text)
    return doomed(kind, document, usage)


async def _service_version(project: ProjectDocument, kind: DefinitionKind, wanted: Reference, usage: Usage) -> Doomed:
    """By itself; the last one is the service."""
    if kind is DefinitionKind.FEATURE_VIEW:
        raise NotFound(
            f"{wanted} is a version of a view, which goes with the view alone. Archive it, or delete the view."
        )
    own = {"project_id": project.id, "name": wanted.name, "number": wanted.version}
    document = await FeatureServiceDocument.find_one(own) if kind is DefinitionKind.FEATURE_SERVICE else None
    if document is None:
        raise _unknown(project, kind, str(wanted))
    versions = usage.services(wanted.name)
    alone = tuple(version for version in versions if version.id == document.id)
    return Doomed(kind, document, alone, number=document.number if len(versions) > 1 else None)


def _unknown(project: ProjectDocument, kind: DefinitionKind, text: str) -> NotFound:
    return NotFound(f"There is no {KIND_NAMES[kind]} {text!r} in {project.name!r}.")
