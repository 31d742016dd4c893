"""Entities and data sources: what the registry would hold, and how it differs."""

import re

from graphql_api.definitions.columns import source_columns
from graphql_api.definitions.dependents import dependents_of_entity, dependents_of_source
from graphql_api.definitions.diff import breaking, diff
from graphql_api.definitions.draft import Draft, described_fields
from graphql_api.definitions.duck_types import is_time
from graphql_api.definitions.plan import Change, PlannedChange
from graphql_api.definitions.problems import listed, nearest
from graphql_api.definitions.questions import Refusal
from graphql_api.definitions.side_by_side import side_by_side
from graphql_api.definitions.slips import type_hint
from graphql_api.definitions.specs import DeclaredColumn, EntitySpec, SourceSpec
from graphql_api.documents.data_sources import DataSourceDocument, SourceColumnPart
from graphql_api.documents.entities import EntityDocument
from graphql_api.domain.enums import ChangeKind, DataSourceKind, DefinitionKind
from graphql_api.domain.times import utc_now
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, SqlProblem

_DUCK_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\(\d{1,2}(, ?\d{1,2})?\))?(\[\])?", re.ASCII)


def plan_entities(draft: Draft) -> None:
    for spec in draft.parsed.entities.values():
        if draft.is_broken(DefinitionKind.ENTITY, spec.about.name):
            draft.entities[spec.about.name] = None
        else:
            _plan_entity(draft, spec)
    for kind, name in draft.parsed.broken:
        if kind is DefinitionKind.ENTITY:
            draft.entities[name] = None


def _plan_entity(draft: Draft, spec: EntitySpec) -> None:
    about, name = spec.about, spec.about.name
    held = draft.registry.entities.get(name)
    if held is None:
        draft.entities[name] = draft.writes.insert(
            EntityDocument.model_construct(
                None,
                project_id=draft.registry.project_id,
                name=name,
                join_keys=spec.join_keys,
                **described_fields(about),
            )
        )
        draft.changes.append(PlannedChange(ChangeKind.ADDED, DefinitionKind.ENTITY, name, tuple(diff({}, about.raw))))
        return
    dependents = dependents_of_entity(draft.registry, held.id)
    if spec.join_keys != held.join_keys and dependents:
        draft.problems.add(
            f"{about.path}.joinKeys",
            f"The join keys of {name} cannot change: it is in use.",
            f"Define another entity. It is used by {listed(dependents)}.",
        )
        draft.entities[name] = None
        return
    changes = breaking(diff(held.spec, about.raw), where=("joinKeys", "joinKeys.*", "joinKeys.*.type"))
    if not changes:
        return
    draft.entities[name] = draft.writes.replace(
        held.model_copy(update={"join_keys": spec.join_keys, "updated_at": utc_now(), **described_fields(about)})
    )
    draft.changes.append(PlannedChange(ChangeKind.CHANGED, DefinitionKind.ENTITY, name, tuple(changes), dependents))


async def plan_sources(draft: Draft) -> None:
    """Learns the columns of all sources at once, then looks at one after the other."""
    for kind, name in draft.parsed.broken:
        if kind is DefinitionKind.DATA_SOURCE:
            draft.sources[name] = None
    nameless = [spec for spec in draft.parsed.nameless if isinstance(spec, SourceSpec)]
    specs = [*draft.parsed.sources.values(), *nameless]
    all_columns = await side_by_side(_columns(draft, spec) for spec in specs)
    for spec, columns in zip(specs, all_columns, strict=True):
        fine = columns is not None and _times_are_times(draft, spec, columns)
        if not spec.about.name:
            continue
        if columns is None or not fine or draft.is_broken(DefinitionKind.DATA_SOURCE, spec.about.name):
            draft.sources[spec.about.name] = None
        else:
            _plan_source(draft, spec, columns)


async def _columns(draft: Draft, spec: SourceSpec) -> tuple[SourceColumnPart, ...] | None:
    """Those that the document declares, or those that the files show; None after a problem."""
    answers = await side_by_side(draft.answers.place(uri) for _, uri in spec.uris)
    refusals = [(path, answer) for (path, _), answer in zip(spec.uris, answers, strict=True) if answer is not None]
    for path, refusal in refusals:
        draft.problems.add(path, refusal.message, refusal.hint)
    if spec.columns is not None:
        declared = await side_by_side(_declared(draft, column, spec) for column in spec.columns)
        columns = [column for column in declared if column is not None]
        return source_columns(columns) if len(columns) == len(declared) and not refusals else None
    if refusals or not spec.uris:
        return None
    learnt = await draft.answers.columns([uri for _, uri in spec.uris])
    if isinstance(learnt, Refusal):
        places = {uri: path for path, uri in spec.uris}
        path = places.get(learnt.uri, f"{spec.about.path}.files") if learnt.uri else f"{spec.about.path}.files"
        draft.problems.add(path, learnt.message, learnt.hint)
        return None
    return source_columns(learnt)


async def _declared(draft: Draft, column: DeclaredColumn, spec: SourceSpec) -> FileColumn | None:
    """A type of a feature, or one in the words of DuckDB. A TIMESTAMP of a source with a time zone is a naive one."""
    if column.type == ValueType.TIMESTAMP and spec.timezone is not None:
        return FileColumn(column.name, "TIMESTAMP")
    if column.type in tuple(ValueType):
        return FileColumn(column.name, ValueType(column.type).sql)
    answer: FileColumn | SqlProblem | None = None
    if _DUCK_TYPE.fullmatch(column.type):
        answer = await draft.answers.expression(f"CAST(NULL AS {column.type})", [FileColumn("unused", "BOOLEAN")])
    if isinstance(answer, FileColumn):
        return FileColumn(column.name, answer.data_type)
    draft.problems.add(
        f"{column.path}.type", f"There is no type {column.type!r}.", type_hint(column.type, tuple(ValueType))
    )
    return None


def _times_are_times(draft: Draft, spec: SourceSpec, columns: tuple[SourceColumnPart, ...]) -> bool:
    types = {column.name: column.data_type for column in columns}
    fine = True
    for key, name in (("eventTimestamp", spec.event_timestamp), ("createdTimestamp", spec.created_timestamp)):
        path = f"{spec.about.path}.{key}"
        if name is None:
            continue
        if name not in types:
            draft.problems.add(path, f"The source has no column {name!r}.", nearest(name, types))
            fine = False
        elif not is_time(types[name]):
            times = [column for column, data_type in types.items() if is_time(data_type)]
            hint = f"Columns with times: {listed(times)}." if times else "No column of the source holds times."
            draft.problems.add(path, f"The column {name!r} is {types[name]}, which is no time.", hint)
            fine = False
    return fine


def _plan_source(draft: Draft, spec: SourceSpec, columns: tuple[SourceColumnPart, ...]) -> None:
    about, name = spec.about, spec.about.name
    held = draft.registry.sources.get(name)
    fields = {
        "kind": DataSourceKind.FILES,
        "uris": tuple(uri for _, uri in spec.uris),
        "columns": columns,
        "declared": spec.columns is not None,
        "event_timestamp": spec.event_timestamp,
        "created_timestamp": spec.created_timestamp,
        "timezone": spec.timezone or "UTC",
        **described_fields(about),
    }
    if held is None:
        document = DataSourceDocument.model_construct(None, project_id=draft.registry.project_id, name=name, **fields)
        draft.sources[name] = draft.writes.insert(document)
        draft.changes.append(
            PlannedChange(ChangeKind.ADDED, DefinitionKind.DATA_SOURCE, name, tuple(diff({}, about.raw)))
        )
        return
    changes = [*diff(held.spec, about.raw)]
    if not any(change.path.startswith("columns") for change in changes):
        changes += diff(_types(held.columns), _types(columns), "columns")
    if not changes:
        return
    draft.changed_sources.add(name)
    draft.sources[name] = draft.writes.replace(held.model_copy(update={"updated_at": utc_now(), **fields}))
    dependents = dependents_of_source(draft.registry, held.id)
    marked: tuple[Change, ...] = tuple(breaking(changes, where=("columns.*", "columns.*.type", "eventTimestamp")))
    draft.changes.append(PlannedChange(ChangeKind.CHANGED, DefinitionKind.DATA_SOURCE, name, marked, dependents))


def _types(columns: tuple[SourceColumnPart, ...]) -> dict[str, object]:
    return {column.name: column.data_type for column in columns}
