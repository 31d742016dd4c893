"""What is written of who does something: the viewer as the audit knows them, and differences as documents hold them."""

from collections.abc import Iterable

from beanie import PydanticObjectId

from graphql_api.auth.viewer import Viewer
from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.documents.audit import ActorPart
from graphql_api.documents.recording import Deed, RegistryChange
from graphql_api.documents.registry_events import ChangePart


def deed_of(viewer: Viewer, operation: str) -> Deed:
    """`operation` as the API names it: `publishVersion`."""
    return Deed(
        ActorPart(
            name=viewer.name,
            token_id=PydanticObjectId(viewer.token_id) if viewer.token_id else None,
            address=viewer.origin.address,
            user_agent=viewer.origin.user_agent,
        ),
        operation,
    )


def change_parts(changes: Iterable[Change]) -> tuple[ChangePart, ...]:
    return tuple(
        ChangePart(
            kind=change.kind, path=change.path, before=change.before, after=change.after, breaking=change.breaking
        )
        for change in changes
    )


def registry_change(planned: PlannedChange) -> RegistryChange:
    return RegistryChange(
        planned.kind,
        planned.name,
        planned.change,
        change_parts(planned.changes),
        planned.creates_version or planned.of_version,
    )
