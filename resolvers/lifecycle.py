"""The life of what is in the registry: published, deprecated, archived, deleted; and what each of these would touch."""

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.domain.enums import DefinitionKind, ImpactAction
from graphql_api.services.projects import DEFAULT_PROJECT
from resolvers.access import ADMIN, EDITOR, VIEWER
from schema.connections import Project
from schema.feature_view_versions import FeatureViewVersion
from schema.impact import Impact
from schema.plans import DeletePayload, DeleteResult, VersionPayload, VersionResult

CurrentVersion = Annotated[str, strawberry.argument(description="view@3; without a number, the current version.")]


@strawberry.type
class LifecycleQueries:
    @strawberry.field(
        description="What an action on one object would touch, as the mutation of that name would do it now, for who "
        "has the role that it needs. Writes nothing. Null where there is no such object.",
        metadata=VIEWER,
    )
    async def impact(
        self,
        info: Info,
        action: Annotated[ImpactAction, strawberry.argument(description="What would be done.")],
        kind: Annotated[DefinitionKind, strawberry.argument(description="What it would be done to.")],
        reference: Annotated[
            str, strawberry.argument(description="As the mutation takes it: view@3, service@2, name.")
        ],
        project: Project = DEFAULT_PROJECT,
    ) -> Impact | None:
        decision = await info.context.services.impacts.of(info.context.viewer, project, action, kind, reference)
        return decision and Impact.of(decision)


@strawberry.type
class LifecycleMutations:
    @strawberry.mutation(
        description="Makes a version the current one, at once, whatever it covers: a draft that waits, or an older "
        "PUBLISHED version, which is the way back. Editor.",
        metadata=EDITOR,
    )
    async def publish_version(
        self,
        info: Info,
        reference: Annotated[str, strawberry.argument(description="view@3; without a number, the newest version.")],
        project: Project = DEFAULT_PROJECT,
    ) -> VersionResult:
        version = await info.context.services.versions.publish(info.context.viewer, project, reference)
        return VersionPayload(version=FeatureViewVersion.from_document(version))

    @strawberry.mutation(
        description="Marks a version that has been published as on its way out, whoever uses it: it is served on, and "
        "its runs go on, but what is new may not pin it. Again: another reason or replacement. Editor.",
        metadata=EDITOR,
    )
    async def deprecate_version(
        self,
        info: Info,
        reference: CurrentVersion,
        reason: Annotated[str, strawberry.argument(description="Why, for people: 1 to 1,000 characters.")],
        replacement: Annotated[
            str | None,
            strawberry.argument(description="What to use in its place: view@4; without a number, the current version."),
        ] = None,
        project: Project = DEFAULT_PROJECT,
    ) -> VersionResult:
        version = await info.context.services.versions.deprecate(
            info.context.viewer, project, reference, reason, replacement
        )
        return VersionPayload(version=FeatureViewVersion.from_document(version))

    @strawberry.mutation(
        description="Ends a version for good: it answers nothing, and no run goes on for it. Refused "
        "(BlockedByDependents) while a service version, or another view's version that is not archived, uses it, and "
        "(Conflict) while it is the current version. Its data stays until the view is deleted. Editor.",
        metadata=EDITOR,
    )
    async def archive_version(
        self, info: Info, reference: CurrentVersion, project: Project = DEFAULT_PROJECT
    ) -> VersionResult:
        version = await info.context.services.versions.archive(info.context.viewer, project, reference)
        return VersionPayload(version=FeatureViewVersion.from_document(version))

    @strawberry.mutation(
        description="Deletes an object for good; a view with its versions, runs and data. Refused "
        "(BlockedByDependents) as long as views, services or data sets depend on it, directly or through others, or a "
        "run of it is in progress. Its version numbers are not used again. Admin.",
        metadata=ADMIN,
    )
    async def delete(
        self,
        info: Info,
        kind: Annotated[DefinitionKind, strawberry.argument(description="What is to be deleted.")],
        name: Annotated[
            str, strawberry.argument(description="Its name; delay_model@1 deletes one version of a service alone.")
        ],
        project: Project = DEFAULT_PROJECT,
    ) -> DeleteResult:
        await info.context.services.deleting.delete(info.context.viewer, project, kind, name)
        return DeletePayload(kind=kind, name=name)
