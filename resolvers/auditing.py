"""What somebody has no right to do is kept in the audit, whichever mutation they ask for."""

from typing import Any

from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from strawberry.types.base import StrawberryObjectDefinition

from graphql_api.context import Info
from graphql_api.errors import Forbidden


class Audited(FieldExtension):
    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            return await next_(source, info, **kwargs)
        except Forbidden as refusal:
            await info.context.services.audit.refused(info.context.viewer, info.field_name, refusal)
            raise


def audited(mutations: type) -> type:
    """Every field of a type of mutations, with its refusals kept."""
    definition: object = getattr(mutations, "__strawberry_definition__", None)
    if not isinstance(definition, StrawberryObjectDefinition):
        raise TypeError(f"{mutations.__name__} is no Strawberry type")
    for field in definition.fields:
        field.extensions = [*field.extensions, Audited()]
    return mutations
