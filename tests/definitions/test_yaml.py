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


def test_every_problem_of_every_file_is_told_with_its_line() -> None:
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
        Problem(
            "a.yaml:1, document 1 (feature view a): kind",
            "There is no kind 'FeatureVeiw'.",
            "Did you mean 'FeatureView'?",
        ),
        Problem("a.yaml:4, document 2", "A document must be a mapping, not a list.", ONE_BY_ONE),
        Problem("a.yaml:6, document 3: kind", "It says no kind.", EVERY_KIND),
        Problem(
            "b.yaml:3, document 1 (entity a): name",
            "The key 'name' is here twice.",
            "Leave one out: the other is in line 2.",
        ),
        Problem("c.yaml:1, document 1", "This is not YAML: expected ',' or ']', but got the end (column 6).", BRACKETS),
        Problem("d.yaml:1, document 1: kind", "It says no kind.", EVERY_KIND),
        Problem("d.yaml:1, document 1", "The key '1' is not text.", "Put it in quotes."),
        Problem(
            "e.yaml:8, document 3",
            "This is not YAML: expected the node content, but found the end (column 1).",
            BRACKETS,
        ),
    ]


ONE_BY_ONE = "Write each of its items as a document of its own, with a line of --- between two."
EVERY_KIND = "Every document says its kind: Entity, DataSource, FeatureView or FeatureService."
BRACKETS = "Look for a bracket or a quote that is not closed, a comma that lacks, or a text that needs quotes."


def test_a_document_with_a_problem_hides_no_other() -> None:
    text = "kind: Entity\nname: a\n---\n---\nkind: Entitee\n---\nb: 1\nb: 2\n---\nkind: Entity\nname: c\n---\n}"

    found = find_in_yaml([("x.yaml", text)])

    assert [(str(place), dict(definition.spec)) for place, definition in found.definitions] == [
        ("x.yaml:1, document 1 (entity a)", {"name": "a"}),
        ("x.yaml:5, document 3 (entity without a name)", {}),
        ("x.yaml:10, document 5 (entity c)", {"name": "c"}),
    ]
    assert [problem.path for problem in found.problems] == [
        "x.yaml:5, document 3 (entity without a name): kind",
        "x.yaml:7, document 4: kind",
        "x.yaml:8, document 4: b",
        "x.yaml:13, document 6",
    ]


def test_one_that_breaks_off_stands_there_with_its_kind_and_its_name() -> None:
    text = "kind: Entity\nname: a\njoinKeys: [\n---\nkind: FeatureView\nname: 'b'\n\tttl: 1d\n--- # next\nkind: {"

    found = find_in_yaml([("x.yaml", text)])

    assert [(str(place), dict(definition.spec)) for place, definition in found.definitions] == [
        ("x.yaml:4, document 1 (entity a)", {"name": "a"}),
        ("x.yaml:7, document 2 (feature view b)", {"name": "b"}),
    ]
    assert len(found.problems) == 3
    assert found.all_problems([Problem("definitions[0].joinKeys", "It lacks.")]) == found.problems


def test_plain_words_are_those_of_yaml_1_2_as_in_json() -> None:
    text = (
        "kind: Entity\na: [no, on, yes, off, y, 1:30, 1_000, 2025-11-01, =, 0b1, '1', nULL]\nb: [010, 0x1F, 0o17, +7]"
    )
    more = "\nc: [1e3, -1.5E-2, .5, 2.]\nd: [true, False, NULL, ~, ]\ne:"

    (definition,) = read_yaml([("x.yaml", text + more)])

    assert definition.spec == {
        "a": ["no", "on", "yes", "off", "y", "1:30", "1_000", "2025-11-01", "=", "0b1", "1", "nULL"],
        "b": [10, 31, 15, 7],
        "c": [1000.0, -0.015, 0.5, 2.0],
        "d": [True, False, None, None],
        "e": None,
    }
    assert [type(number) for number in definition.spec["c"]] == [float] * 4  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues, reportUnknownArgumentType]


def test_keys_may_be_merged_and_those_that_stand_there_count() -> None:
    text = "kind: Entity\nx: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {c: 4}], a: 5}"

    (definition,) = read_yaml([("x.yaml", text)])

    assert definition.spec == {"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 1}, "z": {"a": 5, "b": 2, "c": 4}}


def test_definitions_that_are_wrapped_are_told_to_be_and_read_all_the_same() -> None:
    wrapped = "definitions:\n- kind: Entity\n  name: a\n  ttl: 1d"
    kubernetes = "kind: Entity\nmetadata: {name: b}\nspec:\n  joinKeys: []"

    found = find_in_yaml([("w.yaml", wrapped), ("k.yaml", kubernetes)])

    assert [definition.spec for _, definition in found.definitions] == [
        {"name": "a", "ttl": "1d"},
        {"name": "b", "joinKeys": []},
    ]
    planned = [Problem("definitions[0].ttl", "one"), Problem("definitions[1].joinKeys", "two")]
    assert [problem.path for problem in found.all_problems(planned)] == [
        "w.yaml:1, document 1: definitions",
        "w.yaml:4, document 1 (entity a): definitions[0].ttl",
        "k.yaml:2, document 1 (entity b): metadata",
        "k.yaml:3, document 1 (entity b): spec",
        "k.yaml:4, document 1 (entity b): spec.joinKeys",
    ]


def test_a_line_within_a_text_is_the_line_of_the_file_where_it_stands_in_lines() -> None:
    text = "kind: FeatureView\nname: v\ntransformation:\n  sql: |\n    SELECT a,\n      b\n  folded: >\n    a,\n    b\n"
    found = find_in_yaml([("x.yaml", text)])
    (place, _) = found.definitions[0]

    assert place.line("transformation.sql", "Line 2, column 3: There is no column 'b' here.") == 6
    assert place.line("transformation.folded", "Line 2, column 3: There is no column 'b' here.") == 7
    assert place.line("transformation.sql", "The SQL does not give …") == 4
    assert place.line("transformation.lookback") == 3
    assert place.line("features[3].name") == 1


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CHAIN = "a0: &a0 x\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(300))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "This is not YAML: its aliases make more than 100,000 values (column 1)."),
        ("a: &a [*a]", "This is not YAML: an alias holds itself (column 4)."),
        ("a: " + "[" * 3_000, "This is not YAML: it is nested more than 100 levels deep (column 103)."),
        (CHAIN, "This is not YAML: its aliases nest more than 100 levels deep (column 1)."),
        ("a: \x07b", "The text holds the character '\\x07', which YAML does not take."),
    ],
    ids=["a bomb", "a circle", "depth", "depth by aliases", "a bell"],
)
def test_what_has_no_end_or_is_no_text_is_one_problem(text: str, message: str) -> None:
    problem, *others = find_in_yaml([("x.yaml", text)]).problems

    assert problem.message == message
    assert [other.message for other in others] == ["It says no kind."] * (len(others))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".inf", "'.inf' is no value of JSON."),
        (".nan", "'.nan' is no value of JSON."),
        ("1e999", "'1e999' is no value of JSON."),
        ("9" * 5_000, f"{repr('9' * 5_000)[:100]}… is no value of JSON."),
        ("!!bool x", "'x' is no value of JSON."),
        ("!!binary YQ==", "The tag '!!binary' is none of JSON's kinds of values."),
        ("!!set {x}", "The tag '!!set' is none of JSON's kinds of values."),
        ("!!python/object:os.system x", "The tag '!!python/object:os.system' is none of JSON's kinds of values."),
        ('"\\ud800"', "The text holds half of a pair of characters."),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_value_of_json_is_told_at_its_place_and_hides_nothing(text: str, message: str) -> None:
    found = find_in_yaml([("x.yaml", f"kind: Entity\nname: a\ntags:\n  b: {text}\nowner: 7")])

    (problem,) = found.problems
    assert (problem.path, problem.message) == ("x.yaml:4, document 1 (entity a): tags.b", message)
    assert found.definitions[0][1].spec["owner"] == 7


def test_aliases_within_reason_are_written_out() -> None:
    assert read_yaml([("x.yaml", "kind: Entity\ntags: &t {a: b}\nmore: [*t, *t]")]) == [
        Definition(DefinitionKind.ENTITY, {"tags": {"a": "b"}, "more": [{"a": "b"}, {"a": "b"}]})
    ]


def test_many_documents_that_break_off_cost_no_more_than_their_length() -> None:
    found = find_in_yaml([("x.yaml", "--- [\n" * 5_000)])

    assert len(found.problems) == 5_000
    assert found.problems[-1].path == "x.yaml:5001, document 5000"
