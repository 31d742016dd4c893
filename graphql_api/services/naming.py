"""Versions by the references that people write."""

from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.references import Reference
from graphql_api.errors import NotFound


def parsed_reference(text: str) -> Reference | None:
    """None for what is no reference: it refers to nothing."""
    try:
        return Reference.parse(text)
    except ValueError:
        return None


def version_reference(text: str) -> Reference:
    """Of a view or a version. Raises NotFound for anything else."""
    wanted = parsed_reference(text)
    if wanted is None or wanted.feature is not None:
        raise NotFound(f"There is no version {text!r}: write a view's name, or name@3.")
    return wanted


async def version_named(
    project: ProjectDocument, wanted: Reference, *, newest: bool = False
) -> tuple[FeatureViewDocument, FeatureViewVersionDocument]:
    """With its view; without a number the current version, or the `newest`. Raises NotFound."""
    view = await FeatureViewDocument.find_one({"project_id": project.id, "name": wanted.name})
    if view is None:
        raise NotFound(f"There is no feature view {wanted.name!r} in {project.name!r}.")
    number = wanted.version or (view.latest_version if newest else view.current_version)
    if number is None:
        raise NotFound(
            f"No version of {view.name!r} is published yet: name one, such as {view.name}@{view.latest_version}."
        )
    version = await FeatureViewVersionDocument.find_one({"view_id": view.id, "number": number})
    if version is None:
        raise NotFound(f"There is no version {view.name}@{number} in {project.name!r}.")
    return view, version
