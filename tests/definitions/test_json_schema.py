"""The JSON Schema of definitions, held against the parser: what an editor says is what the platform does."""

import ast
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from graphql_api import definitions as room
from graphql_api.definitions.documents import KIND_WORDS, Definition
from graphql_api.definitions.json_schema.validations import PARAMETERS
from graphql_api.definitions.json_schema.whole import DOCUMENT, KINDS, MODELINE, as_text
from graphql_api.definitions.parse import parse
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.reading import is_mapping
from graphql_api.domain import enums
from graphql_api.domain.enums import ValidationCheck
from graphql_api.domain.types import ValueType
from graphql_api.examples.steps import steps
from tests.definitions.example import WHOLE
from tests.definitions.full import FULL
from tests.definitions.world import definitions_of

CHECKOUT = Path(__file__).parents[2]
PRINTED = CHECKOUT / "schema" / "definitions.schema.json"
DEMO = [file for folder in steps() for file in sorted(folder.glob("*.yaml"))]
WORD_OF = {kind: word for word, kind in KIND_WORDS.items()}

Document = dict[str, Any]
Step = str | int


def documents(text: str) -> list[Document]:
    return [{"kind": WORD_OF[one.kind], **one.spec} for one in definitions_of(text)]


DOCUMENTS = documents(FULL)
_VALIDATOR: Any = Draft202012Validator(DOCUMENT)


def errors_of(*documents: Document) -> list[str]:
    """What the schema says of them."""
    return [error.message for document in documents for error in _VALIDATOR.iter_errors(document)]


def problems_of(document: Document) -> list[str]:
    """What the parser says of one document."""
    problems = Problems()
    spec = {key: document[key] for key in document if key != "kind"}
    parse([Definition(KIND_WORDS[document["kind"]], spec)], problems)
    return [problem.message for problem in problems.sorted()]


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert PRINTED.read_text() == as_text(), "run `make schema`, look at the difference, and commit it"


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(DOCUMENT)


def test_every_key_has_a_description() -> None:
    silent = [path for path, schema in properties(DOCUMENT) if not (schema.get("description") or "const" in schema)]

    assert silent == []


def properties(schema: object, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each property of each mapping that is described, and not only narrowed by a condition."""
    if isinstance(schema, list):
        for one in cast("list[object]", schema):
            yield from properties(one, path)
    elif isinstance(schema, dict):
        held = cast("dict[str, Any]", schema)
        if held.get("additionalProperties") is False:
            for key, one in held["properties"].items():
                yield f"{path}.{key}", one
                yield from properties(one, f"{path}.{key}")
        for key in ("$defs", "anyOf", "oneOf", "allOf", "items", "then"):
            inner = held.get(key)
            yield from properties(list(inner.values()) if key == "$defs" and inner else inner, path)


@pytest.mark.parametrize("text", [FULL, WHOLE], ids=["full", "whole"])
def test_valid_documents_are_valid(text: str) -> None:
    assert errors_of(*documents(text)) == []


@pytest.mark.parametrize("file", DEMO, ids=lambda file: "/".join(file.parts[-2:]))
def test_the_demo_is_valid_and_each_of_its_documents_names_the_schema(file: Path) -> None:
    text = file.read_text()

    for document in text.split("---\n"):
        first = document.partition("\n")[0]
        assert first.startswith(MODELINE)
        assert (file.parent / first.removeprefix(MODELINE)).resolve() == PRINTED
    assert errors_of(*documents(text)) == []


def test_the_full_documents_hold_every_key_and_the_parser_takes_them() -> None:
    held = {key for document in DOCUMENTS for path in paths(document) for key in path[-1:] if isinstance(key, str)}
    known = {path.rpartition(".")[2] for path, _ in properties(DOCUMENT)}

    assert known - held == {"kind"}
    assert [problem for document in DOCUMENTS for problem in problems_of(document)] == []


def paths(value: object, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """To all that lies within, the kind aside."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, one in cast("Document", value).items():
            if (*path, key) != ("kind",):
                yield from paths(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(cast("list[object]", value)):
            yield from paths(one, (*path, index))


def at(document: Document, path: tuple[Step, ...]) -> Any:
    found: Any = document
    for step in path:
        found = found[step]
    return found


def changed(document: Document, path: tuple[Step, ...], value: Any) -> Document:
    """`...` for nothing."""
    if not path:
        return value
    other = deepcopy(document)
    holder = at(other, path[:-1])
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return other


PROBES: list[object] = [..., None, True, 1.5, "", "x y", [], ["x", "x"], {}, {"$x": "y"}]
BEYOND = re.compile(
    """The view has no feature '.*'|'.*' is not a name|There is no time zone '.*'|The (SQL|filter) is empty
    |UNIQUE needs a feature, or parameters.*|Give min, max or both|min is greater than max: nothing could pass
    |A source without eventTimestamp is a look-up table.*|The offset must be shorter than every.*
    |This must be (a finite number|a whole number of.*|text|a day or a time with an offset.*|true or false), not .*
    |The window is no multiple of every.*|'.*' names a feature already|.* cannot look at '.*', which is .*
    """.replace("\n    ", ""),
)
"""What hangs together with something else, and what only a list outside knows: no schema says it."""


def disagreements(document: Document) -> list[str]:
    problems, is_valid = problems_of(document), bool(_VALIDATOR.is_valid(document))
    if is_valid:
        return [problem for problem in problems if not BEYOND.fullmatch(problem.rstrip("."))]
    return [] if problems else ["The parser takes it."]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["name"])
def test_whatever_is_written_elsewhere_schema_and_parser_agree(document: Document) -> None:
    found = [
        (path, value, told)
        for path in paths(document)
        for value in PROBES
        if (told := disagreements(changed(document, path, value)))
    ]

    assert found == []


ENUMS = [ValueType, enums.AggregateFunction, enums.ValidationCheck, enums.ValidationSeverity, enums.PublishMode]
WORDS = sorted({str(word) for one in ENUMS for word in one})


def places() -> list[tuple[Document, tuple[Step, ...]]]:
    """One of each: by kind, by the form of the transformation or the check, and by the way that leads there."""
    found: dict[object, tuple[Document, tuple[Step, ...]]] = {}
    for document in DOCUMENTS:
        form = tuple(document.get("transformation", ()))
        for path in ((), *paths(document)):
            way = tuple(step for step in path if isinstance(step, str))
            check = at(document, path[:2]).get("check") if len(path) > 1 and path[0] == "validations" else None
            found.setdefault((document["kind"], form, way, check), (document, path))
    return list(found.values())


def test_closed_sets_of_words_are_equal() -> None:
    found = [
        (document["name"], path, word, told)
        for document, path in places()
        if at(document, path) in WORDS
        for word in WORDS
        if (told := disagreements(changed(document, path, word)))
    ]

    assert [one for one in found if "is not available yet" not in one[-1][0]] == []


def parser_words() -> list[str]:
    """Every text in the parser's source that may be the name of a key."""
    (folder,) = room.__path__
    texts = {
        node.value
        for file in Path(folder).glob("pars*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(text for text in texts if re.fullmatch("[a-z][a-zA-Z]*", text))


def known_keys(document: Document, path: tuple[Step, ...]) -> set[str]:
    """Of a mapping in the document, as the schema says."""
    schemas: list[Any] = [KINDS[KIND_WORDS[document["kind"]]]]
    value: Any = document
    for step in path:
        if step == "parameters":
            schemas = [PARAMETERS[ValidationCheck(value["check"])]]
        elif isinstance(step, int):
            schemas = forms([schema["items"] for schema in schemas if "items" in schema])
        else:
            schemas = forms([schema["properties"][step] for schema in schemas if step in schema.get("properties", ())])
        value = value[step]
        schemas = [schema for schema in schemas if fits(schema, value)]
    return {key for schema in schemas for key in schema.get("properties", ())}


def fits(schema: Any, value: object) -> bool:
    """Does a mapping have the keys that the schema requires?"""
    return not is_mapping(value) or set(schema.get("required", ())) <= set(value)


def forms(schemas: list[Any]) -> list[Any]:
    inner = [part for schema in schemas for key in ("anyOf", "oneOf") for part in schema.get(key, ())]
    return [*schemas, *(forms(inner) if inner else ())]


def test_a_key_that_one_of_the_two_knows_the_other_knows() -> None:
    words = {*parser_words(), *(path.rpartition(".")[2] for path, _ in properties(DOCUMENT))} - {"kind"}
    assert len(words) > 50
    for document, path in places():
        holder = at(document, path)
        if is_mapping(holder) and not {"tags", "keys"} & set(path):
            told = problems_of(changed(document, path, dict.fromkeys(words) | dict(holder)))
            unknown = {key for problem in told for key in re.findall("There is no key '(.*)' here", problem)}
            assert words - unknown == known_keys(document, path) - {"kind"}, (document["name"], path)
