"""What a client sees of errors: refusals in full, limits, and nothing of what is unexpected."""

import logging
import secrets
import time

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from graphql_api import errors
from graphql_api.doors.documents import Documents, Limits
from graphql_api.doors.graphql import core_schema
from graphql_api.services.materializations import Materializations
from graphql_api.services.named import Named
from graphql_api.services.plans import Plans
from tests.api.client import Json
from tests.api.conftest import Place
from tests.api.registry import a_registry

ENTITY = 'query($p: String!) { entity(name: "x", project: $p) { id } }'
START = """mutation($p: String!) { startMaterialization(input: {reference: "x", project: $p}) {
  __typename ... on Error { code message } ... on InvalidInput { problems { path message hint } }
} }"""
APPLY = """mutation($p: String!) { apply(definitions: [], project: $p) {
  __typename ... on Error { code message } ... on BlockedByDependents { dependents }
} }"""


PLAN_OF = "{ plan(definitions: [{kind: ENTITY, spec: $n}], project: $p) { __typename } }"


def failing(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, error: Exception) -> None:
    """Makes a real service meet an error that is hard to bring about."""

    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(owner, method, fail)


async def test_what_is_unexpected_is_masked_and_logged_in_full(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = secrets.token_hex()
    failing(monkeypatch, Named, "get", RuntimeError(secret))

    answer = await place.viewer.answer(ENTITY, p=place.name)

    (error,) = answer["errors"]
    assert answer["data"] == {"entity": None}
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["path"] == ["entity"]
    assert secret not in str(answer)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    assert str(record.exc_info[1]) == secret
    assert record.getMessage().split()[2] in error["message"]


async def test_a_bug_in_a_mutation_is_masked_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Materializations, "start", KeyError("secret"))

    assert (await place.editor.refusal(START, p=place.name))["extensions"] == {"code": "INTERNAL"}


@pytest.mark.parametrize(
    ("error", "extensions"),
    [
        (errors.InvalidInput("m"), {"code": "INVALID_INPUT"}),
        (
            errors.InvalidInput("m", [errors.Problem("a.b", "wrong", "do"), errors.Problem("c", "bad")]),
            {
                "code": "INVALID_INPUT",
                "problems": [
                    {"path": "a.b", "message": "wrong", "hint": "do"},
                    {"path": "c", "message": "bad", "hint": None},
                ],
            },
        ),
        (errors.NotFound("m"), {"code": "NOT_FOUND"}),
        (errors.Unauthenticated("m"), {"code": "UNAUTHENTICATED"}),
        (errors.Forbidden("m"), {"code": "FORBIDDEN"}),
        (errors.LimitExceeded("m"), {"code": "LIMIT_EXCEEDED"}),
        (errors.Unavailable("m"), {"code": "UNAVAILABLE"}),
        (errors.Unavailable("m", 2.5), {"code": "UNAVAILABLE", "retryAfterSeconds": 2.5}),
    ],
)
async def test_a_query_that_refuses_gives_one_error_with_its_code(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: errors.UserError, extensions: Json
) -> None:
    failing(monkeypatch, Named, "get", error)

    refusal = await place.viewer.refusal(ENTITY, p=place.name)

    assert (refusal["message"], refusal["extensions"], refusal["path"]) == ("m", extensions, ["entity"])


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (
            errors.InvalidInput("m", [errors.Problem("a", "wrong")]),
            {
                "__typename": "InvalidInput",
                "code": "INVALID_INPUT",
                "message": "m",
                "problems": [{"path": "input.a", "message": "wrong", "hint": None}],
            },
        ),
        (errors.NotFound("m"), {"__typename": "NotFound", "code": "NOT_FOUND", "message": "m"}),
        (errors.Conflict("m"), {"__typename": "Conflict", "code": "CONFLICT", "message": "m"}),
    ],
)
async def test_a_mutation_that_refuses_gives_a_member_of_its_union(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: errors.UserError, result: Json
) -> None:
    failing(monkeypatch, Materializations, "start", error)

    assert await place.editor.ask(START, p=place.name) == {"startMaterialization": result}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"reference": "aircraft_delays:flights_7d"}, "input.reference"),
        ({"reference": "aircraft_delays@1", "end": "2999-01-01T00:00:00Z"}, "input.end"),
        ({"reference": "aircraft_delays@1", "start": "2998-01-01T00:00:00Z"}, "input.start"),
    ],
)
async def test_a_problem_within_an_input_is_found_from_the_argument(place: Place, given: Json, path: str) -> None:
    await a_registry(place.project)

    answer = await place.editor.ask(
        """mutation($i: StartMaterializationInput!) {
          startMaterialization(input: $i) { ... on InvalidInput { problems { path } } }
        }""",
        i={"project": place.name, **given},
    )

    assert answer == {"startMaterialization": {"problems": [{"path": path}]}}


async def test_what_would_break_names_its_dependents(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Plans, "apply", errors.BlockedByDependents("m", ["delay_model@1"]))

    assert await place.editor.ask(APPLY, p=place.name) == {
        "apply": {
            "__typename": "BlockedByDependents",
            "code": "BLOCKED_BY_DEPENDENTS",
            "message": "m",
            "dependents": ["delay_model@1"],
        }
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Unauthenticated("m"), "UNAUTHENTICATED"),
        (errors.Forbidden("m"), "FORBIDDEN"),
        (errors.LimitExceeded("m"), "LIMIT_EXCEEDED"),
        (errors.ProjectNotFound("m"), "NOT_FOUND"),
        (errors.Unavailable("m"), "UNAVAILABLE"),  # no member of this union
    ],
)
async def test_what_concerns_every_request_stays_an_error_in_mutations(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: errors.UserError, code: str
) -> None:
    failing(monkeypatch, Materializations, "start", error)

    assert await place.editor.code(START, p=place.name) == code


async def test_a_plan_that_refuses_is_a_member_of_its_union(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Plans, "plan", errors.InvalidInput("m"))

    found = await place.editor.ask(
        "query($p: String!) { plan(definitions: [], project: $p) { __typename ... on Error { code } } }", p=place.name
    )

    assert found == {"plan": {"__typename": "InvalidInput", "code": "INVALID_INPUT"}}


async def test_a_spec_that_is_no_object_is_a_problem_with_its_place(place: Place) -> None:
    found = await place.editor.ask(
        """query($p: String!) { plan(definitions: [{kind: ENTITY, spec: {}}, {kind: ENTITY, spec: [1]}], project: $p) {
          ... on InvalidInput { problems { path } }
        } }""",
        p=place.name,
    )

    assert found == {"plan": {"problems": [{"path": "definitions[1].spec"}]}}


async def test_a_database_that_does_not_answer_is_unavailable(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Named, "get", ServerSelectionTimeoutError("mongodb://user:secret@host"))

    refusal = await place.viewer.refusal(ENTITY, p=place.name)

    assert refusal["extensions"] == {"code": "UNAVAILABLE"}
    assert "secret" not in refusal["message"]


async def test_a_field_that_fails_on_its_own_leaves_its_parent(place: Place) -> None:
    """The demo's bucket is not among the places that this server may read."""
    await a_registry(place.project)

    answer = await place.viewer.answer(
        'query($p: String!) { dataSource(name: "flights", project: $p) { name preview { rows } } }', p=place.name
    )

    assert answer["data"] == {"dataSource": {"name": "flights", "preview": None}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


@pytest.mark.parametrize("first", [-1, 201])
async def test_a_preview_is_small(place: Place, first: int) -> None:
    await a_registry(place.project)
    query = 'query($p: String!, $n: Int!) { dataSource(name: "flights", project: $p) { preview(first: $n) { rows } } }'

    assert await place.viewer.code(query, p=place.name, n=first) == "INVALID_INPUT"


DEPTH, ALIASES, TOKENS = 15, 30, 4_000


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        ("{ " + " ".join(f"a{n}: __typename" for n in range(ALIASES)) + " }", True),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(ALIASES + 1)) + " }", False),
        ("{ ...F ...F } fragment F on Query { " + " ".join(f"a{n}: __typename" for n in range(20)) + " }", False),
        ("query(" + " ".join(f"$v{n}: Int" for n in range(900)) + ") { __typename }", None),
        ("{ " + " ".join("__typename" for _ in range(TOKENS - 1)) + " }", False),
        ("query($x: JSON) { __typename @skip(if: false) " + "#" * 50_000 + "\n }", None),
    ],
)
async def test_aliases_and_tokens_are_limited(place: Place, document: str, allowed: bool | None) -> None:
    answer = await place.viewer.answer(document)

    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    if allowed is None:
        assert "LIMIT_EXCEEDED" not in codes
    else:
        assert codes == ([] if allowed else ["LIMIT_EXCEEDED"])


@pytest.mark.parametrize(
    "document", ["{ __typename } #" + "x" * 200_000, '{ entity(name: "' + "x" * 200_000 + '") { id } }']
)
async def test_a_document_is_limited_in_length_whatever_its_tokens(place: Place, document: str) -> None:
    refusal = await place.viewer.refusal(document)

    assert refusal["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert refusal["message"] == (
        f"The document has {len(document):,} characters; 200,000 are allowed. Send values as variables."
    )


async def test_variables_may_be_larger_than_a_document(place: Place) -> None:
    found = await place.editor.ask("query($n: JSON!, $p: String!) " + PLAN_OF, p=place.name, n={"x": "x" * 300_000})

    assert found["plan"]["__typename"] == "InvalidInput"


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ __typename } " + "x" * 100_000, {}),
        ("{ " + "x" * 100_000 + " }", {}),
        ("query($n: Boolean!) { __typename @skip(if: $n) }", {"n": "x" * 100_000}),
    ],
)
async def test_a_message_does_not_repeat_all_that_was_sent(place: Place, document: str, variables: Json) -> None:
    answer = await place.viewer.answer(document, **variables)

    assert all(len(error["message"]) <= 1_001 for error in answer["errors"])


def test_introspection_goes_no_deeper_than_its_own_limit() -> None:
    assert code_of("{ __schema { types { name fields { name type { name ofType { name } } } } } }") is None
    assert (
        code_of("{ __schema { types" + " { fields { type" * 4 + " { name }" + " } }" * 4 + " } }") == "LIMIT_EXCEEDED"
    )


def test_documents_are_measured_through_fragments() -> None:
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(300))
    document = "{ ...F0 } " + chain + " fragment F300 on Query { a: __typename }"

    assert code_of(document) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("document", ["{ ...F } fragment F on Query { ...F }", "{ ...Nothing }"])
def test_fragments_that_lead_nowhere_are_refused_and_not_followed(document: str) -> None:
    assert code_of(document) is None


@pytest.mark.parametrize("levels", [500, 1_900])
def test_a_document_that_is_nested_beyond_reading_is_refused(levels: int) -> None:
    assert code_of("{ a" * levels + " }" * levels) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "document",
    [
        "{ " + " ".join("viewer { name }" for _ in range(900)) + " }",
        "{ "
        + " ".join(f"...F{n}" for n in range(300))
        + " }"
        + " ".join(f"fragment F{n} on Query {{ viewer {{ name }} }}" for n in range(300)),
    ],
)
def test_a_document_that_repeats_itself_costs_little(document: str) -> None:
    began = time.process_time()

    assert code_of(document) == "LIMIT_EXCEEDED"
    assert time.process_time() - began < 3


@pytest.mark.parametrize(("levels", "code"), [(DEPTH, None), (DEPTH + 1, "LIMIT_EXCEEDED")])
def test_depth_is_limited(levels: int, code: str | None) -> None:
    pairs = (levels - 2) // 2
    inside = "featureView { latestVersion { " * pairs + ("number" if levels % 2 == 0 else "featureView { name }")
    document = '{ featureViewVersion(reference: "x") { ' + inside + " } }" * pairs + " } }"

    assert code_of(document) == code


def code_of(document: str) -> str | None:
    """Of the first error of a document that must not be executed, if it is so; None too where it has no code."""
    read = Documents(core_schema(), Limits(DEPTH, ALIASES, TOKENS)).read(document)
    return (read.errors[0].extensions or {}).get("code") if read.errors else None


def test_a_text_that_comes_again_is_not_read_again() -> None:
    documents = Documents(core_schema(), Limits(DEPTH, ALIASES, TOKENS))

    first, second = documents.read("{ __typename }"), documents.read("{ __typename }")

    assert first is second
    assert (documents.misses, documents.hits) == (1, 1)


def test_texts_that_come_once_do_not_push_out_those_that_come_again() -> None:
    documents = Documents(core_schema(), Limits(DEPTH, ALIASES, TOKENS))
    for _ in range(2):
        documents.read("{ __typename }")

    for number in range(2_000):
        documents.read(f"{{ a{number} }}")
    documents.read("{ __typename }")

    assert documents.hits == 2
