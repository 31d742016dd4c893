"""The operations that GraphiQL opens with, from the folder of which its tabs are built."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "operations"


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


def operations() -> list[Operation]:
    """In the order of the tabs; `name` is the file's, without its number."""
    return [
        Operation(path.stem.partition("_")[2], path.read_text(), _variables(path.with_suffix(".variables.json")))
        for path in sorted(FOLDER.glob("*.graphql"))
    ]


def _variables(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}
