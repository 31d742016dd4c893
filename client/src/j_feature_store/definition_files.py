"""Definitions as people keep them: YAML or JSON files, or documents as Python values."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from j_feature_store.errors import InvalidInput, Problem
from j_feature_store.extras import needed

Document: TypeAlias = Mapping[str, Any]
Definitions: TypeAlias = "str | Path | Document | Sequence[str | Path | Document]"
"""Files, folders of them, and documents as the YAML writes them: {"kind": "Entity", "name": "aircraft", …}."""

KINDS = {
    "Entity": "ENTITY",
    "DataSource": "DATA_SOURCE",
    "FeatureView": "FEATURE_VIEW",
    "FeatureService": "FEATURE_SERVICE",
}
ENDINGS = (".yaml", ".yml", ".json")
_MENTION = re.compile(r"definitions\[([0-9]{1,9})\]")


@dataclass(frozen=True, slots=True)
class Written:
    """Documents in the order in which they are sent, and where each was read ("": it was not in a file)."""

    documents: tuple[Document, ...]
    origins: tuple[str, ...]

    def as_input(self) -> list[dict[str, Any]]:
        return [
            {"kind": KINDS[document["kind"]], "spec": {key: value for key, value in document.items() if key != "kind"}}
            for document in self.documents
        ]

    def placed(self, refused: InvalidInput) -> InvalidInput:
        """`definitions[2].features[0].type` -> `views.yaml, document 3 (weather): features[0].type`."""
        problems = [Problem(self._path(each.path), self._told(each.message), each.hint) for each in refused.problems]
        return InvalidInput(self._told(refused.message), problems)

    def _path(self, path: str) -> str:
        found = _MENTION.match(path)
        origin = self._origin(found[1]) if found else ""
        if not found or not origin:
            return path
        inner = path[found.end() :].removeprefix(".")
        return f"{origin}: {inner}" if inner else origin

    def _told(self, text: str) -> str:
        return _MENTION.sub(lambda mention: self._origin(mention[1]) or mention[0], text)

    def _origin(self, index: str) -> str:
        return self.origins[int(index)] if int(index) < len(self.origins) else ""


def read(given: Definitions) -> Written:
    """Every definition that is given, in order.

    Raises:
        InvalidInput: something cannot be read; every problem at once.
        Missing: there are YAML files, and no PyYAML.
    """
    parts = [given] if isinstance(given, str | Path | Mapping) else list(given)
    documents, origins, problems = list[Document](), list[str](), list[Problem]()
    for place, document in _documents(parts, problems):
        problem = _problem_of(document)
        if problem is not None:
            problems.append(Problem(place or f"definitions[{len(documents)}]", problem))
            continue
        told = cast(Document, document)
        documents.append(told)
        origins.append(place and f"{place} ({told.get('name', 'without a name')})")
    if problems:
        raise InvalidInput("Some of this cannot be read as definitions.", problems)
    if not documents:
        raise InvalidInput(f"There is no definition in {', '.join(map(str, parts)) or 'nothing'}.")
    return Written(tuple(documents), tuple(origins))


def _documents(parts: Sequence[str | Path | Document], problems: list[Problem]) -> Iterator[tuple[str, object]]:
    for part in parts:
        if not isinstance(part, str | Path):
            yield "", part
            continue
        for file in _files(Path(part)):
            try:
                held = _load(file)
            except (OSError, UnicodeDecodeError, ValueError) as fault:
                problems.append(Problem(str(file), f"It cannot be read: {fault}"))
                continue
            yield from ((f"{file}, document {number}", each) for number, each in held if each is not None)


def _files(path: Path) -> Sequence[Path]:
    if not path.exists():
        raise InvalidInput(f"There is no file or folder {path}.")
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
    return [path]


def _load(file: Path) -> list[tuple[int, object]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        held: object = json.loads(text)
        parts = cast("list[object]", held) if isinstance(held, list) else [held]
        return list(enumerate(parts, 1))
    documents: list[object] = needed("j_feature_store.yaml_text", "yaml", package="PyYAML").documents(text)
    return list(enumerate(documents, 1))


def _problem_of(document: object) -> str | None:
    if not isinstance(document, Mapping):
        return f"A definition is a mapping, not {type(document).__name__}."
    kind: object = cast(Document, document).get("kind")
    if kind not in KINDS:
        return f"There is no kind {kind!r}; kinds are {', '.join(KINDS)}." if kind else "It says no kind."
    return None
