"""Registries of any size, written straight into MongoDB as apply and workers would leave them."""

import itertools
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from beanie import Document, PydanticObjectId
from beanie.odm.utils.dump import get_dict

from graphql_api.documents.base import TagPart
from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.copies import RangePart
from graphql_api.documents.data_sources import DataSourceDocument, SourceColumnPart
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument, ValidationPart
from graphql_api.documents.materializations import MaterializationDocument, ValidationResultDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import (
    DataSourceKind,
    RunState,
    RunTrigger,
    ValidationCheck,
    ValidationSeverity,
    VersionState,
)
from graphql_api.domain.times import now_micros
from graphql_api.domain.types import ValueType
from graphql_api.runs.queue import first_event
from tests.factories import DAY, HOUR, a_copy, a_service, a_version, a_view, an_entity, an_entry

_FIRST = ("air", "cab", "der", "fol", "gam", "hun", "jet", "kel", "mir", "nov", "pel", "rat")
_SECOND = ("ing", "or", "ane", "ic", "est", "uma", "oid", "ent", "ax", "ure", "ell", "ish")
WORDS = [first + second for first in _FIRST for second in _SECOND]
TYPES = (ValueType.FLOAT64, ValueType.INT64, ValueType.STRING, ValueType.BOOL)
OWNERS = [f"{name}@example.com" for name in ("ann", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "joe")]
_AT_ONCE = 5_000


async def a_large_registry(project: ProjectDocument, views: int, *, features: int = 10, seed: int = 0) -> None:
    """Views of two versions each, with validations, runs, results and services; the words of names and texts are drawn
    from a few hundred."""
    drawn = random.Random(seed)
    entities = [_entity(project, number, drawn) for number in range(max(views // 100, 2))]
    sources = [_source(project, number, drawn) for number in range(max(views // 20, 2))]
    documents: list[Document] = [*entities, *sources]
    pinned: list[FeatureViewVersionDocument] = []
    for number in range(views):
        entity, source = drawn.choice(entities), drawn.choice(sources)
        made = _view(project, number, entity, source, features, drawn)
        documents += made
        pinned.append(next(one for one in made if isinstance(one, FeatureViewVersionDocument)))
        if number % 10 == 9:
            entries = [an_entry(version, keys={"key": "key"}) for version in pinned[-5:]]
            documents.append(_said(a_service(project, entries, f"service_{number:05}"), drawn))
    await insert_all(documents)
    await rebuild_catalog(project.id)


async def insert_all(documents: Sequence[Document]) -> None:
    by_model = sorted(documents, key=lambda document: type(document).__name__)
    for model, some in itertools.groupby(by_model, key=type):
        raws = [_raw(document) for document in some]
        for start in range(0, len(raws), _AT_ONCE):
            await collection_of(model).insert_many(raws[start : start + _AT_ONCE], ordered=False)


def _raw(document: Document) -> dict[str, Any]:
    return get_dict(document, to_db=True)


def words(drawn: random.Random, count: int) -> list[str]:
    return drawn.sample(WORDS, count)


def _said(document: Any, drawn: random.Random) -> Any:
    """With a description, tags, an owner and a time of its own."""
    return document.model_copy(
        update={
            "description": f"The {' '.join(words(drawn, 6))} of each key, lately.".capitalize(),
            "owner": drawn.choice(OWNERS),
            "tags": (TagPart(key="domain", value=drawn.choice(WORDS)), TagPart(key="tier", value=drawn.choice("123"))),
            "updated_at": document.updated_at - timedelta(seconds=drawn.randrange(10_000_000)),
        }
    )


def _entity(project: ProjectDocument, number: int, drawn: random.Random) -> EntityDocument:
    return _said(an_entity(project, f"entity_{number:05}", {"key": ValueType.STRING}), drawn)


def _source(project: ProjectDocument, number: int, drawn: random.Random) -> DataSourceDocument:
    columns = [
        SourceColumnPart(name=name, data_type="DOUBLE", value_type=ValueType.FLOAT64) for name in words(drawn, 8)
    ]
    source = DataSourceDocument(
        project_id=project.id,
        name=f"source_{number:05}",
        spec={"name": f"source_{number:05}"},
        kind=DataSourceKind.FILES,
        uris=("s3://demo/*.parquet",),
        columns=tuple(columns),
        event_timestamp=columns[0].name,
    )
    return _said(source, drawn)


def _view(
    project: ProjectDocument,
    number: int,
    entity: EntityDocument,
    source: DataSourceDocument,
    features: int,
    drawn: random.Random,
) -> list[Document]:
    name = f"{'_'.join(words(drawn, 2))}_{number:05}"
    freshness = drawn.choice([None, HOUR, DAY])
    view: FeatureViewDocument = _said(a_view(project, name, entities=[entity], latest=2), drawn)
    view = view.model_copy(update={"freshness": freshness, "spec": {"name": name, "owner": view.owner}})
    types = {f"{'_'.join(words(drawn, 2))}_{at}": drawn.choice(TYPES) for at in range(features)}
    documents: list[Document] = [view]
    for version_number, state in ((1, VersionState.PUBLISHED), (2, VersionState.DRAFT)):
        made = a_version(view, version_number, entities=[entity], features=types, state=state)
        described = [
            feature.model_copy(
                update={"description": f"Mean of {' and '.join(words(drawn, 4))}.", "owner": drawn.choice(OWNERS)}
            )
            for feature in made.features
        ]
        transformation = made.transformation.model_copy(update={"sources": (source.frozen(),)})
        check = ValidationPart(
            name="plausible",
            feature=next(iter(types)),
            check=ValidationCheck.NOT_NULL,
            severity=ValidationSeverity.BLOCK,
        )
        version = made.model_copy(
            update={"features": tuple(described), "transformation": transformation, "validations": (check,)}
        )
        documents += [version, *_run(version, drawn)]
    return documents


def _run(version: FeatureViewVersionDocument, drawn: random.Random) -> list[Document]:
    end = now_micros() - drawn.randrange(2 * DAY)
    state = RunState.FAILED if drawn.random() < 0.02 else RunState.SUCCEEDED
    run = MaterializationDocument(
        project_id=version.project_id,
        view_id=version.view_id,
        view_name=version.view_name,
        version_id=version.id,
        version_number=version.number,
        data_id=version.data_id,
        is_static=False,
        trigger=drawn.choice([RunTrigger.MANUAL, RunTrigger.SCHEDULE]),
        start=end - DAY,
        end=end,
        requested_by="tests",
        state=state,
        tail=(first_event().model_copy(update={"state": state}),),
    )
    asked = run.requested_at - timedelta(seconds=drawn.randrange(1_000_000))
    run = run.model_copy(update={"requested_at": asked, "finished_at": asked + timedelta(seconds=60)})
    check = version.validations[0]
    result = ValidationResultDocument(
        project_id=run.project_id,
        view_id=run.view_id,
        version_id=run.version_id,
        run_id=run.id,
        validation_id=check.id,
        name=check.name,
        check=check.check,
        severity=check.severity,
        passed=state is RunState.SUCCEEDED,
        checked_rows=10,
    )
    covered = (RangePart(start=end - DAY, end=end),)
    held = {"covered": covered, "covered_online": covered, "latest_event": end, "failing": state is RunState.FAILED}
    copy = a_copy(version).model_copy(update=held)
    return [run, result, copy]


async def ids_in(project: ProjectDocument, model: type[Document]) -> list[PydanticObjectId]:
    return [raw["_id"] async for raw in collection_of(model).find({"project_id": project.id}, {"_id": 1})]
