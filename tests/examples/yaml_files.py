from pathlib import Path
from typing import Any, cast

import yaml


def documents(folder: Path) -> list[dict[str, Any]]:
    return [
        cast("dict[str, Any]", document)
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    ]


def definition(folder: Path, name: str) -> dict[str, Any]:
    (found,) = [document for document in documents(folder) if document["name"] == name]
    return found
