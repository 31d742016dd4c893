"""A registry in memory: definitions are planned by the real planner, its writes are taken over, and SQL is judged by
the real engine. Files are columns by place."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import duckdb
import msgspec
from beanie import Document

from graphql_api.definitions.documents import Definition, read_yaml
from graphql_api.definitions.plan import Plan, Planned
from graphql_api.definitions.planning import make_plan
from graphql_api.definitions.questions import Refusal
from graphql_api.definitions.registry import Registry, RunInProgress
from graphql_api.documents.base import new_id
from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import VersionState
from graphql_api.engines.describe import check_expression, check_pattern, describe_sql
from graphql_api.engines.expressions import type_expression
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import (
    CheckExpression,
    CheckPattern,
    CheckText,
    DescribeSql,
    FileColumn,
    Relation,
    SqlProblem,
    TypedExpression,
    TypeExpression,
)
from graphql_api.engines.texts import check_text
from graphql_api.errors import InvalidInput, Problem

D = TypeVar("D", bound=Document)
Q = TypeVar("Q", bound=msgspec.Struct)
A = TypeVar("A")

FLIGHTS = {
    "tailnum": "VARCHAR",
    "carrier": "VARCHAR",
    "origin": "VARCHAR",
    "dest": "VARCHAR",
    "departed_at": "TIMESTAMP",
    "recorded_at": "TIMESTAMP",
    "dep_delay": "DOUBLE",
    "air_time": "DOUBLE",
}
PLANES = {"tailnum": "VARCHAR", "year": "BIGINT", "manufacturer": "VARCHAR", "seats": "INTEGER"}
WEATHER = {"origin": "VARCHAR", "observed_at": "TIMESTAMP", "wind_speed": "DOUBLE", "visib": "DOUBLE"}
FILES: Mapping[str, Mapping[str, str]] = {
    "s3://demo/flights/*.parquet": FLIGHTS,
    "s3://demo/planes/*.parquet": PLANES,
    "s3://demo/weather/*.parquet": WEATHER,
}


class DuckAnswers:
    """Answers of a world whose files are known, typed by DuckDB."""

    def __init__(self, files: Mapping[str, Mapping[str, str]]) -> None:
        self.files = {place: dict(columns) for place, columns in files.items()}

    async def place(self, uri: str) -> Refusal | None:
        if uri.startswith("s3://demo/"):
            return None
        return Refusal(f"{uri!r} is outside of the places that sources may lie at.", "Allowed: s3://demo/.", uri)

    async def columns(self, uris: Sequence[str]) -> Sequence[FileColumn] | Refusal:
        await asyncio.sleep(0)
        for uri in uris:
            if uri not in self.files:
                return Refusal(f"No file matches {uri!r}.", "Upload one, or declare columns.", uri)
        return [FileColumn(name, kind) for uri in uris for name, kind in self.files[uri].items()]

    async def sql(self, sql: str, relations: Sequence[Relation]) -> Sequence[FileColumn] | SqlProblem:
        await asyncio.sleep(0)
        return _judged(describe_sql, DescribeSql(sql, list(relations)))

    async def expression(self, expression: str, columns: Sequence[FileColumn]) -> FileColumn | SqlProblem:
        await asyncio.sleep(0)
        return _judged(check_expression, CheckExpression(expression, list(columns)))

    async def expression_over(
        self, expression: str, relations: Sequence[Relation], bare: str
    ) -> TypedExpression | SqlProblem:
        return _judged(type_expression, TypeExpression(expression, list(relations), bare))

    async def text(self, text: str, relations: Sequence[str] | None) -> SqlProblem | None:
        return _judged(check_text, CheckText(text, None if relations is None else list(relations)))

    async def pattern(self, pattern: str) -> SqlProblem | None:
        return _judged(check_pattern, CheckPattern(pattern))


_JUDGED: dict[bytes, Any] = {}
"""The same question has the same answer."""


def _judged(judge: Callable[[duckdb.DuckDBPyConnection, Q], A], question: Q) -> A | SqlProblem:
    """As the sandbox would."""
    key = msgspec.msgpack.encode(question)
    if key not in _JUDGED:
        with duckdb.connect() as connection:
            connection.execute("SET errors_as_json=true; SET TimeZone='UTC'")
            try:
                _JUDGED[key] = judge(connection, question)
            except Refused as refused:
                _JUDGED[key] = refused.problem
    return _JUDGED[key]


def definitions_of(text: str) -> list[Definition]:
    return read_yaml([("world.yaml", text)])


@dataclass
class World:
    registry: Registry = field(default_factory=lambda: Registry(new_id()))
    answers: DuckAnswers = field(default_factory=lambda: DuckAnswers(FILES))

    async def plan(self, text: str, *, repin: bool = False) -> Plan:
        return (await self.planned(text, repin=repin)).plan

    async def planned(self, text: str, *, repin: bool = False) -> Planned:
        return await make_plan(definitions_of(text), self.registry, self.answers, author="ann", repin=repin)

    async def problems(self, text: str) -> list[Problem]:
        try:
            plan = await self.plan(text)
        except InvalidInput as refused:
            return list(refused.problems)
        raise AssertionError(f"nothing was refused: {plan}")

    async def apply(self, text: str, *, repin: bool = False) -> Planned:
        planned = await self.planned(text, repin=repin)
        self.registry = _after(self.registry, planned)
        return planned

    def version(self, reference: str) -> FeatureViewVersionDocument:
        return next(version for version in self.registry.versions.values() if version.reference == reference)

    def service(self, name: str) -> FeatureServiceDocument:
        return self.registry.services[name]

    def cover(self, reference: str, start: int = 0, end: int = 100) -> None:
        """As a run that succeeded would leave the version's data."""
        ranges = (RangePart(start=start, end=end),)
        copies = [
            copy.model_copy(update={"covered": ranges, "covered_online": ranges})
            if copy.id == self.version(reference).data_id
            else copy
            for copy in self.registry.copies
        ]
        self.registry = replace(self.registry, copies=copies)

    def publish(self, reference: str) -> None:
        version = self.version(reference)
        view = self.registry.views[version.view_name]
        self.registry = replace(
            self.registry,
            views={**self.registry.views, view.name: view.model_copy(update={"current_version": version.number})},
            versions={
                **self.registry.versions,
                version.id: version.model_copy(update={"state": VersionState.PUBLISHED}),
            },
        )

    def run(self, reference: str) -> RunInProgress:
        """A run of the version that is under way."""
        version = self.version(reference)
        run = RunInProgress(new_id(), version.id, version.data_id)
        self.registry = replace(self.registry, runs=[*self.registry.runs, run])
        return run


def _after(registry: Registry, planned: Planned) -> Registry:
    written = [*planned.writes.new.values(), *planned.writes.changed.values()]
    versions = dict(registry.versions) | {one.id: one for one in _of(written, FeatureViewVersionDocument)}
    copies = list(registry.copies)
    for copy in planned.writes.copies:
        data_id = len(copies) + 1
        copies.append(
            DataCopyDocument.model_construct(
                id=data_id,
                project_id=registry.project_id,
                view_id=copy.view_id,
                fingerprint=copy.fingerprint,
                layout=copy.layout,
            )
        )
        versions[copy.version_id] = versions[copy.version_id].model_copy(update={"data_id": data_id})
    return Registry(
        project_id=registry.project_id,
        revision=registry.revision + len(planned.plan.changes),
        entities=dict(registry.entities) | {one.name: one for one in _of(written, EntityDocument)},
        sources=dict(registry.sources) | {one.name: one for one in _of(written, DataSourceDocument)},
        views=dict(registry.views) | {one.name: one for one in _of(written, FeatureViewDocument)},
        services=dict(registry.services) | {one.name: one for one in _of(written, FeatureServiceDocument)},
        versions=versions,
        copies=copies,
        runs=[run for run in registry.runs if run.run_id not in planned.cancelled],
    )


def _of(documents: Sequence[Document], kind: type[D]) -> list[D]:
    return [document for document in documents if isinstance(document, kind)]
