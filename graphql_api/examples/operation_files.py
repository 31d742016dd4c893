"""The operations that GraphiQL opens with, from the folder of which its tabs are built."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphql_api.domain.times import utc_now

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
    return json.loads(_dated(path.read_text())) if path.exists() else {}


def _dated(text: str) -> str:
    """A moment of the demo is told as `<30 days ago>`, since its year ends when it is set up."""
    return re.sub(r"<(\d+) days ago>", lambda ago: f"{utc_now() - timedelta(days=int(ago[1])):%FT%TZ}", text)
