from typing import get_args

from graphql_api.engines.join_shapes import Timeline, TimelineRow
from graphql_api.engines.requests import Request
from graphql_api.engines.shapes import CheckCausality, DescribeFiles, FileSchema, RequestFor


def test_whatever_may_be_asked_crosses_the_border() -> None:
    assert set(get_args(Request)) == set(RequestFor.__subclasses__())


def test_a_request_knows_the_type_of_its_answer() -> None:
    answers = {kind: kind.answer_type() for kind in (DescribeFiles, CheckCausality, Timeline)}

    assert answers == {DescribeFiles: list[FileSchema], CheckCausality: str | None, Timeline: list[TimelineRow]}
