"""Texts of views whose columns nobody could tell: whatever these are, they must be such as may run."""

from collections.abc import Iterator, Sequence
from typing import Protocol, cast

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.outputs import refuse_text
from graphql_api.definitions.parse import Parsed
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.definitions.specs import AggregationSpec, OnDemandSpec, SqlSpec, ViewSpec
from graphql_api.domain.enums import ValidationCheck
from graphql_api.engines.shapes import SqlProblem

Text = tuple[str, str, Sequence[str] | None]
"""Where it is written, the text, and the relations of a SELECT; None for an expression."""


class Judge(Protocol):
    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None: ...


async def check_texts(draft: Draft, parsed: Parsed, judge: Judge) -> None:
    """What a plan has told already is not told twice."""
    untold = [view for name, view in parsed.views.items() if draft.latest.get(name) is None]
    await side_by_side(_check(draft, one, judge) for view in untold for one in _texts(view))


async def _check(draft: Draft, one: Text, judge: Judge) -> None:
    path, text, relations = one
    problem = await judge.text(text, relations)
    if problem is not None:
        refuse_text(draft.problems, path, problem)


def _texts(view: ViewSpec) -> Iterator[Text]:
    match view.transformation:
        case SqlSpec(sql=sql) as made if sql:
            yield f"{made.path}.sql", sql, [entry.reference.name for entry in made.sources]
        case AggregationSpec() as made:
            yield from ((f"{one.path}.filter", one.filter, None) for one in made.aggregations if one.filter is not None)
        case OnDemandSpec() as made:
            yield from ((f"{one.path}.expression", one.expression, None) for one in made.expressions)
        case _:
            pass
    for check in view.validations:
        if check.check is ValidationCheck.SQL:
            yield f"{check.path}.parameters.expression", cast(str, check.parameters["expression"]), None
