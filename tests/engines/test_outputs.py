"""What SQL gives becomes values of features, or is refused."""

import pytest

from graphql_api.domain.types import ValueType
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ComputeProblem, SqlProblem, View
from tests.engines.chunks import over, row, source
from tests.engines.support import DAY, JAN, Bench, a_view, at


def giving(bench: Bench, value: str, feature: str) -> View:
    """One row, whose feature is a SQL expression."""
    return over(source(bench, row("a", 0)), value=value, features=[f"v:{feature}"])


def refusal(bench: Bench, view: View) -> ComputeProblem | SqlProblem:
    with pytest.raises(Refused) as caught:
        bench.compute(view, JAN, JAN + DAY)
    return caught.value.problem


@pytest.mark.parametrize(
    ("value", "feature", "expected"),
    [
        ("9223372036854775807::UBIGINT", "INT64", 2**63 - 1), ("(-9223372036854775808)::HUGEINT", "INT64", -(2**63)),
        ("12::DECIMAL(5,0)", "INT64", 12), ("1::UTINYINT", "INT64", 1), ("sum(v::BIGINT) OVER ()", "INT64", 1),
        ("1::HUGEINT", "FLOAT64", 1.0), ("0.1::DECIMAL(2,1)", "FLOAT64", 0.1), ("1.5::FLOAT", "FLOAT64", 1.5),
        ("'x'::ENUM ('x', 'y')", "STRING", "x"), ("'0b5f4a7e-9e3c-4d55-8f3e-2f6f3c1a9d10'::UUID", "STRING",
         "0b5f4a7e-9e3c-4d55-8f3e-2f6f3c1a9d10"), ("true", "BOOL", True), ("DATE '1970-01-02'", "TIMESTAMP", DAY),
        ("TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "TIMESTAMP", -1), ("TIMESTAMP '1970-01-01'", "TIMESTAMP", 0),
        ("[1::HUGEINT, NULL]", "INT64_LIST", [1, None]), ("[]::INTEGER[]", "INT64_LIST", []),
        ("NULL::INTEGER[]", "INT64_LIST", None), ("['x'::ENUM('x'), NULL]", "STRING_LIST", ["x", None]),
        ("[1, 2.5]", "FLOAT64_LIST", [1.0, 2.5]), ("[true, NULL]", "BOOL_LIST", [True, None]),
    ],
)  # fmt: skip
def test_outputs_become_values_of_features(bench: Bench, value: str, feature: str, expected: object) -> None:
    assert [found["v"] for found in bench.rows(giving(bench, value, feature), JAN, JAN + DAY)] == [expected]


@pytest.mark.parametrize(
    "value", ["9223372036854775808::UBIGINT", "9223372036854775808::HUGEINT", "9223372036854775808::DECIMAL(20,0)"]
)
def test_a_whole_number_outside_of_64_bits_fails_the_run_naming_feature_and_value(bench: Bench, value: str) -> None:
    expected = ComputeProblem("VALUE_OUT_OF_RANGE", "v: 9223372036854775808 is outside INT64")

    assert refusal(bench, giving(bench, value, "INT64")) == expected
    assert refusal(bench, giving(bench, f"[1, {value}]", "INT64_LIST")) == expected


def test_only_rows_that_are_kept_must_fit(bench: Bench) -> None:
    relation = source(bench, row("a", 1), row("a", 40))
    value = f"CASE WHEN t >= {at(JAN + DAY)} THEN 9223372036854775808::HUGEINT ELSE 1 END"

    assert len(bench.rows(over(relation, value=value, features=["v:INT64"]), JAN, JAN + DAY)) == 1


@pytest.mark.parametrize(
    ("value", "feature"),
    [("1.5", "INT64"), ("'1'", "INT64"), ("1", "BOOL"), ("1", "STRING"), ("'{}'::JSON", "STRING"), ("TIME '10:00'",
      "TIMESTAMP"), ("{'a': 1}", "STRING"), ("'x'::BLOB", "STRING"), ("1", "INT64_LIST"), ("[['x']]", "STRING_LIST")],
)  # fmt: skip
def test_an_output_of_another_type_is_refused_with_the_cast_to_write(bench: Bench, value: str, feature: str) -> None:
    found = refusal(bench, giving(bench, value, feature))

    assert isinstance(found, ComputeProblem)
    assert found.code == "TYPE_MISMATCH"
    assert found.hint == f"Write CAST(v AS {ValueType(feature).sql})."


def test_an_error_while_computing_says_where_in_the_sql(bench: Bench) -> None:
    view = a_view(
        "SELECT k, t AS event_timestamp,\n       (k || 'é')::INTEGER AS v FROM src", [source(bench, row("a", 1))]
    )

    assert refusal(bench, view) == ComputeProblem(
        "SQL_FAILED", "Could not convert string 'aé' to INT32 (line 2, column 18 of the SQL)"
    )
