"""A definition -> YAML as people write it: one layout for one meaning, so that git shows what has changed alone."""

import textwrap
from collections.abc import Iterator, Mapping

from graphql_api.definitions.documents import KIND_WORDS
from graphql_api.definitions.json_schema.order import in_order
from graphql_api.definitions.reading import is_list, is_mapping
from graphql_api.definitions.yaml_scalars import scalar
from graphql_api.domain.enums import DefinitionKind

WIDTH = 110
_LONGEST_KEY = 500
_SHORT = 60
FOLDERS: Mapping[DefinitionKind, str] = {
    DefinitionKind.ENTITY: "entities",
    DefinitionKind.DATA_SOURCE: "data_sources",
    DefinitionKind.FEATURE_VIEW: "feature_views",
    DefinitionKind.FEATURE_SERVICE: "feature_services",
}
_WORDS = {kind: word for word, kind in KIND_WORDS.items()}

Path = tuple[str | int, ...]
Notes = Mapping[Path, str]
NO_NOTES: Notes = {}


def written(kind: DefinitionKind, spec: Mapping[str, object], notes: Notes = NO_NOTES) -> str:
    """The document, which `find_in_yaml` reads as the same. `notes` are comments, by the way to what they are of."""
    document = {"kind": _WORDS[kind], **in_order(kind, spec)}
    return "".join(f"{line}\n" for line in _Layout(notes).mapping(document, ()))


def path_of(kind: DefinitionKind, name: str) -> str:
    """Where the file of an object lies in a folder of files."""
    return f"{FOLDERS[kind]}/{name}.yaml"


class _Layout:
    """Lines, without the indentation of what they stand in. A mapping or a list of plain values is on one line where it
    fits; a list of mappings has a line for each."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def mapping(self, value: Mapping[str, object], path: Path, indent: int = 0) -> Iterator[str]:
        for key, item in value.items():
            name = scalar(key, within=True)
            if len(name) > _LONGEST_KEY:
                yield f"? {name}"
                name = ""
            yield from self._entry(f"{name}:", item, (*path, key), indent)

    def _items(self, value: list[object], path: Path, indent: int) -> Iterator[str]:
        for index, item in enumerate(value):
            yield from self._entry("-", item, (*path, index), indent)

    def _entry(self, lead: str, value: object, path: Path, indent: int) -> Iterator[str]:
        """What stands behind a key or a dash."""
        note = f"  # {self._notes[path]}" if path in self._notes else ""
        if isinstance(value, str) and (block := _text_block(value, WIDTH - indent - len(lead))):
            header, *lines = block
            yield f"{lead} {header}{note}"
            yield from _indented(lines)
            return
        line = self._on_one_line(value, path)
        if line is not None and (_is_short(value) or indent + len(lead) + len(line) < WIDTH):
            yield f"{lead} {line}{note}"
            return
        lines = self._lines(value, path, indent + 2)
        if lead == "-":
            if note:
                yield note.strip()
            yield f"- {next(lines)}"
        else:
            yield f"{lead}{note}"
        yield from _indented(lines)

    def _lines(self, value: object, path: Path, indent: int) -> Iterator[str]:
        if is_mapping(value):
            return self.mapping(value, path, indent)
        return self._items(value if is_list(value) else [value], path, indent)

    def _on_one_line(self, value: object, path: Path) -> str | None:
        """None for what goes on lines of its own however short it is."""
        if _is_short(value):
            return "{}" if value == {} else "[]" if value == [] else scalar(value)
        if is_mapping(value):
            if path[-1] == "transformation" and list(value) != ["push"]:
                return None
            parts = [(f"{scalar(key, within=True)}: ", item, (*path, key)) for key, item in value.items()]
            return self._joined("{}", parts)
        parts = [("", item, (*path, index)) for index, item in enumerate(value if is_list(value) else ())]
        return None if any(is_mapping(item) for _, item, _ in parts) else self._joined("[]", parts)

    def _joined(self, brackets: str, parts: list[tuple[str, object, Path]]) -> str | None:
        told: list[str] = []
        for lead, item, path in parts:
            text = scalar(item, within=True) if _is_scalar(item) else self._on_one_line(item, path)
            if text is None or path in self._notes:
                return None
            told.append(f"{lead}{text}")
        return f"{brackets[0]}{', '.join(told)}{brackets[1]}"


def _is_scalar(value: object) -> bool:
    return not is_mapping(value) and not is_list(value)


def _is_short(value: object) -> bool:
    """One word, which nothing can make shorter."""
    return _is_scalar(value) or not value


def _indented(lines: Iterator[str] | list[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


def _text_block(text: str, room: int) -> list[str] | None:
    """A header and lines: of a text with lines of its own, and of one that is too long for one."""
    if "\n" in text:
        return _literal(text)
    if len(text) < max(room, _SHORT) or text != text.strip() or "  " in text or not text.isprintable():
        return None
    lines = textwrap.wrap(
        text, WIDTH - 20, expand_tabs=False, replace_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    return [">-", *lines]


def _literal(text: str) -> list[str] | None:
    if not text.strip() or not all(one.isprintable() or one in "\n\t" for one in text):
        return None
    body = text.removesuffix("\n")
    chomping = "-" if body == text else "+" if body.endswith("\n") else ""
    indicator = "2" if text[0] in " \n\t" else ""
    return [f"|{indicator}{chomping}", *body.split("\n")]
