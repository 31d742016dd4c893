from typing import TypeVar

import strawberry

from graphql_api.domain.global_ids import global_id
from graphql_api.errors import NotFound


@strawberry.interface(description="What has an id of its own and can be asked for by it alone, with `node`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque and global: unique over all types, never made from a name, good for as long as the object."
    )


def node_id(type_name: str, within: object) -> strawberry.ID:
    return strawberry.ID(global_id(type_name, within))


FoundT = TypeVar("FoundT")


def there(found: FoundT | None) -> FoundT:
    """What a stored reference leads to. Raises NotFound where it was deleted since the referrer was read."""
    if found is None:
        raise NotFound("What this refers to is not there any more.")
    return found
