"""From what is typed to what is asked."""

import pytest

from graphql_api.doors.cli.client import Refused
from graphql_api.doors.cli.online import columns_of, sorted_columns

WANTED = [
    {"name": "tailnum", "valueType": "STRING", "entity": {"name": "aircraft"}},
    {"name": "seat", "valueType": "INT64", "entity": {"name": "seat"}},
    {"name": "price", "valueType": "FLOAT64", "entity": None},
]


def test_a_key_given_once_counts_for_every_entity() -> None:
    columns = columns_of(["tailnum=N1", "tailnum=N=2", "seat=7"])

    assert columns == {"tailnum": ["N1", "N=2"], "seat": ["7", "7"]}


def test_values_take_their_types_and_the_requests_own_go_apart() -> None:
    columns = {"tailnum": ["17"], "seat": ["17"], "price": ["1.5"]}

    assert sorted_columns(columns, WANTED) == ({"tailnum": ["17"], "seat": [17]}, {"price": [1.5]})


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["tailnum"], "'tailnum' is not KEY=VALUE."),
        (["tailnum=a", "tailnum=b", "tailnum=c", "seat=1", "seat=2"], "seat has 2 values, where another has 3."),
        (["tail=a"], "There is no column 'tail'; the service asks for tailnum, seat, price."),
        (["seat=first"], "seat=first is not INT64."),
    ],
)
def test_what_cannot_be_asked_is_refused(typed: list[str], message: str) -> None:
    with pytest.raises(Refused) as refused:
        sorted_columns(columns_of(typed), WANTED)

    assert refused.value.message == message
