"""Arguments that several fields take."""

from typing import Annotated

import strawberry

Search = Annotated[
    str | None,
    strawberry.argument(
        description="Only what holds, for each word of this text, a word that begins with it: in its name, "
        "description, tags, owner or columns (of a feature: its view), in any case, with or without accents. Names are "
        "cut at underscores. Up to 200 characters and 16 words."
    ),
]
TagFilter = Annotated[
    str | None, strawberry.argument(description="Only what has this tag: `domain`, or `domain:flights`.")
]
Owner = Annotated[str | None, strawberry.argument(description="Only what this person answers for, exactly.")]
Name = Annotated[str, strawberry.argument(description="Exactly.")]
