from typing import get_args

from graphql_api.engines.join_shapes import Timeline, TimelineRow
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import CheckCausality, DescribeFiles, FileSchema, RequestFor


def test_whatever_may_be_asked_crosses_the_border() -> None:
    kinds: list[type[object]] = type.__subclasses__(RequestFor)

    assert set(get_args(Request)) == set(kinds)


def test_a_request_knows_the_type_of_its_answer() -> None:
    answers = [DescribeFiles.answer_type(), CheckCausality.answer_type(), Timeline.answer_type()]

    assert answers == [list[FileSchema], str | None, list[TimelineRow]]
