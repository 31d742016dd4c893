"""Arguments that several fields take."""

from typing import Annotated

import strawberry

Search = Annotated[
    str | None,
    strawberry.argument(
        description="Only what holds this text in its name or description, in any case; up to 200 characters."
    ),
]
TagFilter = Annotated[
    str | None, strawberry.argument(description="Only what has this tag: `domain`, or `domain:flights`.")
]
Owner = Annotated[str | None, strawberry.argument(description="Only what this person answers for, exactly.")]
Name = Annotated[str, strawberry.argument(description="Exactly.")]
