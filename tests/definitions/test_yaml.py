"""YAML files -> definitions: JSON's values, and slips that YAML itself would let pass."""

import pytest

from graphql_api.definitions.documents import Definition, find_in_yaml, read_yaml
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import InvalidInput, Problem


def test_documents_come_in_order_with_days_as_text() -> None:
    text = "kind: Entity\nname: a\n---\n---\nkind: FeatureView\nsince: 2025-11-01\nat: 2025-11-01 10:00:00\nn: 1\n"

    assert read_yaml([("a.yaml", text), ("b.yaml", "kind: DataSource\nname: b")]) == [
        Definition(DefinitionKind.ENTITY, {"name": "a"}),
        Definition(DefinitionKind.FEATURE_VIEW, {"since": "2025-11-01", "at": "2025-11-01 10:00:00", "n": 1}),
        Definition(DefinitionKind.DATA_SOURCE, {"name": "b"}),
    ]


def test_every_problem_of_every_file_is_told() -> None:
    files = [
        ("a.yaml", "kind: FeatureVeiw\nname: a\n---\n- 1\n---\nname: x"),
        ("b.yaml", "kind: Entity\nname: a\nname: b"),
        ("c.yaml", "a: [1"),
        ("d.yaml", "1: a"),
        ("e.yaml", "kind: Entity\nname: a\n---\nkind: Entity\nname: b\n---\nkind: [\n"),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_yaml(files)

    assert list(refused.value.problems) == [
        Problem("a.yaml, document 1: kind", "There is no kind 'FeatureVeiw'.", "Did you mean 'FeatureView'?"),
        Problem("a.yaml, document 2", "A document must be a mapping, not a list."),
        Problem(
            "a.yaml, document 3: kind", "It says no kind.", "Known: DataSource, Entity, FeatureService, FeatureView."
        ),
        Problem("b.yaml, document 1", "This is not YAML: 'name' is here twice (line 3, column 1)."),
        Problem("c.yaml", "This is not YAML: expected ',' or ']', but got '<stream end>' (line 1, column 6)."),
        Problem("d.yaml, document 1", "This is not YAML: the key 1 is not text (line 1, column 1)."),
        Problem("e.yaml", "This is not YAML: expected the node content, but found '<stream end>' (line 8, column 1)."),
    ]


def test_a_document_with_a_problem_hides_no_other() -> None:
    text = "kind: Entity\nname: a\n---\n---\nkind: Entitee\n---\nb: 1\nb: 2\n---\nkind: Entity\nname: c\n---\n}"

    found = find_in_yaml([("x.yaml", text)])

    assert [(str(place), definition.spec["name"]) for place, definition in found.definitions] == [
        ("x.yaml, document 1", "a"),
        ("x.yaml, document 5", "c"),
    ]
    assert [problem.path for problem in found.problems] == [
        "x.yaml, document 3: kind",
        "x.yaml, document 4",
        "x.yaml",
    ]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CHAIN = "a0: &a0 x\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(300))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "This is not YAML: its aliases make more than 100,000 values (line 1, column 1)."),
        ("a: &a [*a]", "This is not YAML: an alias holds itself (line 1, column 4)."),
        ("a: " + "[" * 3_000, "This is not YAML: it is nested more than 100 levels deep (line 1, column 103)."),
        (CHAIN, "This is not YAML: its aliases nest more than 100 levels deep (line 1, column 1)."),
        ("a: .inf", "This is not YAML: '.inf' is no number in JSON (line 1, column 4)."),
        ("a: " + "9" * 5_000, "A value of this document is not of the type that its tag or its form says."),
        ("a: !!bool x", "A value of this document is not of the type that its tag or its form says."),
        (
            "a: !!binary YQ==",
            "This is not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:binary' "
            "(line 1, column 4).",
        ),
        (
            "a: !!python/object:os.system x",
            "This is not YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object:os.system' (line 1, column 4).",
        ),
    ],
)
def test_what_has_no_end_or_is_no_value_of_json_is_one_problem(text: str, message: str) -> None:
    (problem,) = find_in_yaml([("x.yaml", text)]).problems

    assert problem.message == message


def test_aliases_within_reason_are_written_out() -> None:
    assert read_yaml([("x.yaml", "kind: Entity\ntags: &t {a: b}\nmore: [*t, *t]")]) == [
        Definition(DefinitionKind.ENTITY, {"tags": {"a": "b"}, "more": [{"a": "b"}, {"a": "b"}]})
    ]
