"""What a person is told of the rows of a spine that nothing answers."""

import pytest

from graphql_api.documents.base import new_id
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import JoinedSpine, SpineFile, Unmatchable
from graphql_api.runs.dataset_warnings import warnings_of
from graphql_api.serving.join_plan import plan_join
from tests.runs.making import new_dataset


@pytest.mark.usefixtures("database")  # which binds the documents
async def test_keys_and_moments_that_nothing_can_match_are_counted() -> None:
    joined = JoinedSpine(
        files=[SpineFile("0-0.parquet", None, 0, 10, 1, "")],
        rows=10,
        columns=[],
        nulls=[],
        views=[],
        left_out=0,
        without_moment=3,
        outside=2,
        oldest=None,
        newest=None,
        is_naive=False,
        renamed={},
        unmatchable=[Unmatchable("id", ValueType.INT64, 1)],
    )

    assert warnings_of(new_dataset(new_id()), plan_join([], {}), [], joined) == (
        "3 of 10 rows (30.0%) have no 'at' in the years 1 to 9999: no view answers them. 2 of them hold another "
        "moment, which is null in the files.",
        "1 of 10 rows (10.0%) hold in 'id' what no INT64 can be: it counts as null, so no row of a view matches it.",
    )
