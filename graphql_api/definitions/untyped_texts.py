"""Texts of views whose columns nobody could tell: whatever these are, they must be such as may run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from msgspec import structs

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.outputs import refuse_text
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.definitions.specs import AggregationSpec, OnDemandSpec, SqlSpec, ViewSpec
from graphql_api.domain.enums import ValidationCheck
from graphql_api.engines.shapes import SqlProblem


@dataclass(frozen=True, slots=True)
class _Text:
    """`relations` None: an expression. `line`: how many were left out before it. `sources_told`: are its relations all
    there?"""

    path: str
    text: str
    relations: Sequence[str] | None = None
    line: int = 0
    sources_told: bool = True


class Judge(Protocol):
    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        """May it run, whatever the columns are? `relations` None: as one scalar expression."""
        ...


async def check_texts(draft: Draft, judge: Judge) -> None:
    """Those of which nothing is told yet: what keeps their columns from being known shall not hide what is wrong with
    themselves."""
    unclear = [view for name, view in draft.parsed.views.items() if draft.latest.get(name) is None]
    texts = [one for view in unclear for one in _texts(draft, view) if not draft.problems.are_at(one.path)]
    await side_by_side(_check(draft, one, judge) for one in texts)


async def _check(draft: Draft, one: _Text, judge: Judge) -> None:
    problem = await judge.text(one.text, one.relations)
    if problem is None:
        return
    # A relation that is missing may be the one whose name is wrong in `sources`, which is told there.
    for fault in (problem, *problem.others):
        if one.sources_told or fault.relation is None:
            refuse_text(draft.problems, one.path, structs.replace(fault, others=()), line=one.line)


def _texts(draft: Draft, view: ViewSpec) -> Iterator[_Text]:
    match view.transformation:
        case SqlSpec(sql=sql) as made if sql:
            names = [entry.reference.name for entry in made.sources]
            told = bool(names) and not draft.problems.are_at(f"{made.path}.sources")
            yield _Text(made.sql_path, sql, names, made.line, told)
        case AggregationSpec() as made:
            yield from (_Text(f"{one.path}.filter", one.filter) for one in made.aggregations if one.filter is not None)
        case OnDemandSpec() as made:
            yield from (_Text(f"{one.path}.expression", one.expression) for one in made.expressions)
        case _:
            pass
    for check in view.validations:
        if check.check is ValidationCheck.SQL:
            yield _Text(f"{check.path}.parameters.expression", cast(str, check.parameters["expression"]))
