"""Definitions checked by themselves: without a registry, without files, and honest about what that leaves open.

What they refer to and do not hold, what only files show, and which versions there are, is taken as fitting; at all the
rest the planner looks as it always does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.elsewhere import Elsewhere, as_checked, numbered, without_numbers
from graphql_api.definitions.offline_notes import notes_of
from graphql_api.definitions.parse import Parsed, parse
from graphql_api.definitions.plan_services import plan_services
from graphql_api.definitions.plan_sources import plan_entities, plan_sources
from graphql_api.definitions.plan_views import plan_views
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.questions import Refusal
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.registry import Registry
from graphql_api.definitions.specs import SqlSpec, ViewSpec
from graphql_api.definitions.untyped_texts import check_texts
from graphql_api.documents.base import ID, new_id
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.domain.enums import DataSourceKind, DefinitionKind
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, Relation, SqlProblem, TypedExpression
from graphql_api.errors import Problem


class TextAnswers(Protocol):
    """What can be asked of texts alone; raises Unavailable, and nothing else."""

    async def sql(self, sql: str, relations: Sequence[Relation]) -> Sequence[FileColumn] | SqlProblem: ...

    async def expression(self, expression: str, columns: Sequence[FileColumn]) -> FileColumn | SqlProblem: ...

    async def expression_over(
        self, expression: str, relations: Sequence[Relation], bare: str
    ) -> TypedExpression | SqlProblem: ...

    async def pattern(self, pattern: str) -> SqlProblem | None: ...

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        """May it run, whatever the columns are? `relations` None: as one scalar expression."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """`unchecked`: what only a registry, or the files of sources, can tell."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    unchecked: tuple[Problem, ...]


async def check_offline(definitions: Sequence[Definition], texts: TextAnswers, *, is_whole: bool = False) -> Checked:
    """`is_whole`: there is nothing but these definitions, so that what they refer to and do not hold is missing."""
    problems = Problems()
    parsed = parse(definitions, problems)
    elsewhere = Elsewhere.of(parsed, is_whole=is_whole)
    draft = _draft(parsed, elsewhere, problems, texts)
    plan_entities(draft)
    await plan_sources(draft)
    await plan_views(draft, author="")
    plan_services(draft, author="", repin=False)
    await check_texts(draft, texts)
    told, found = _Telling(parsed), sorted(problems.sorted(), key=_number)
    wrong = {problem.path for problem in found}
    return Checked(
        tuple(map(told.problem, found)),
        tuple(told.text(warning) for warning in sorted(set(draft.warnings))),
        tuple(note for note in sorted(notes_of(draft, parsed, elsewhere), key=_number) if note.path not in wrong),
    )


def _number(problem: Problem) -> int:
    """Of the definition."""
    return int(problem.path.removeprefix("definitions[").partition("]")[0])


class _Telling:
    """Versions have no numbers here: those that the planner gave are left out of what is told."""

    def __init__(self, parsed: Parsed) -> None:
        names = "|".join(map(re.escape, parsed.views)) or "$."
        self._given = re.compile(rf"\b({names})@1\b")

    def text(self, text: str) -> str:
        return self._given.sub(r"\1", text)

    def problem(self, problem: Problem) -> Problem:
        return Problem(problem.path, self.text(problem.message), problem.hint and self.text(problem.hint))


def _draft(parsed: Parsed, elsewhere: Elsewhere, problems: Problems, texts: TextAnswers) -> Draft:
    checked = replace(
        parsed,
        sources={name: spec for name, spec in parsed.sources.items() if name not in elsewhere.unread},
        views={name: as_checked(spec, elsewhere) for name, spec in parsed.views.items()},
        services={name: without_numbers(spec, elsewhere) for name, spec in parsed.services.items()},
    )
    registry = Registry(new_id())
    answers = _Answers(texts, parsed.views)
    draft = Draft(registry, checked, answers, problems)
    answers.entities = draft.entities
    draft.entities |= dict.fromkeys(elsewhere.entities)
    draft.latest |= dict.fromkeys([*elsewhere.views, *numbered(parsed, elsewhere)])
    draft.sources |= dict.fromkeys(elsewhere.stand_ins())
    draft.sources |= _unread(parsed, elsewhere, registry.project_id)
    return draft


def _unread(parsed: Parsed, elsewhere: Elsewhere, project_id: ID) -> Iterator[tuple[str, DataSourceDocument]]:
    """What SQL reads and nothing is known of: sources without a column, which may have a time."""

    def source(name: str, event_timestamp: str | None, created_timestamp: str | None) -> DataSourceDocument:
        return DataSourceDocument.model_construct(
            None,
            project_id=project_id,
            name=name,
            spec={},
            kind=DataSourceKind.FILES,
            uris=(),
            columns=(),
            event_timestamp=event_timestamp,
            created_timestamp=created_timestamp,
        )

    for name in elsewhere.unread:
        if (DefinitionKind.DATA_SOURCE, name) not in parsed.broken:
            spec = parsed.sources[name]
            yield name, source(name, spec.event_timestamp, spec.created_timestamp)
    yield from ((name, source(name, EVENT, None)) for name in elsewhere.inputs)
    yield from ((alias, source(name, EVENT, None)) for alias, name in numbered(parsed, elsewhere).items())


class _Answers:
    """As a plan asks for them. A SELECT over columns that are not known gives what its view declares."""

    def __init__(self, texts: TextAnswers, views: Mapping[str, ViewSpec]) -> None:
        self._texts = texts
        self._views = views
        self.entities: Mapping[str, EntityDocument | None] = {}

    async def place(self, uri: str) -> Refusal | None:
        return None

    async def columns(self, uris: Sequence[str]) -> Sequence[FileColumn] | Refusal:
        raise RuntimeError("files are not looked at here")

    async def sql(self, sql: str, relations: Sequence[Relation]) -> Sequence[FileColumn] | SqlProblem:
        if all(relation.columns for relation in relations):
            return await self._texts.sql(sql, relations)
        problem = await self._texts.text(sql, [relation.name for relation in relations])
        if problem is not None:
            return problem
        return self._declared(sql, is_static=all(relation.event_timestamp is None for relation in relations))

    async def expression(self, expression: str, columns: Sequence[FileColumn]) -> FileColumn | SqlProblem:
        return await self._texts.expression(expression, columns)

    async def expression_over(
        self, expression: str, relations: Sequence[Relation], bare: str
    ) -> TypedExpression | SqlProblem:
        return await self._texts.expression_over(expression, relations, bare)

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        return await self._texts.text(text, relations)

    async def pattern(self, pattern: str) -> SqlProblem | None:
        return await self._texts.pattern(pattern)

    def _declared(self, sql: str, *, is_static: bool) -> Sequence[FileColumn]:
        """Views with one SQL get the same columns: those of two that declare them otherwise cannot both be right."""
        view = next(
            view
            for view in self._views.values()
            if isinstance(view.transformation, SqlSpec) and view.transformation.sql == sql
        )
        types = dict[str, ValueType]()
        for one in view.entities:
            entity = self.entities.get(one.entity)
            for key in entity.join_keys if entity is not None else ():
                types[one.keys.get(key.name, key.name)] = key.value_type
        types |= {} if is_static else {EVENT: ValueType.TIMESTAMP, CREATED: ValueType.TIMESTAMP}
        types |= {one.name: one.value_type for one in view.features if one.value_type is not None}
        return [FileColumn(name, value_type.sql) for name, value_type in types.items()]
