import asyncio
from dataclasses import dataclass

import pytest

from graphql_api.auth.viewer import ANONYMOUS, EVERYONE_IS_ADMIN, Viewer
from graphql_api.documents.all_runs import RunKey
from graphql_api.documents.base import new_id
from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.idempotency import IdempotencyDocument
from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import Role, RunState, RunTrigger, VersionState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import now_micros
from graphql_api.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from graphql_api.runs.queue import RunQueue
from graphql_api.services.materializations import Materializations
from graphql_api.services.projects import Projects
from graphql_api.services.runs import Runs
from tests.runs.making import data_copy, sales_version, sales_view

ANN = EVERYONE_IS_ADMIN


@dataclass
class Place:
    project: ProjectDocument
    copy: DataCopyDocument

    def viewer(self, role: Role) -> Viewer:
        return Viewer("bob", {str(self.project.id): role})


@pytest.fixture
def service(projects: Projects, queue: RunQueue) -> Materializations:
    return Materializations(projects=projects, queue=queue)


@pytest.fixture
async def place(queue: RunQueue) -> Place:
    """`sales` in a project: version 1 is current and covers [0, 10), version 2 is a draft with data of its own."""
    covered = await data_copy(1)
    await covered.set({"covered": [{"start": 0, "end": 10}]})
    await sales_view(covered, current=1)
    draft = await data_copy(2)
    await draft.set({"project_id": covered.project_id, "view_id": covered.view_id})
    await sales_version(covered, 1, VersionState.PUBLISHED)
    await sales_version(draft, 2)
    project = await ProjectDocument.get(covered.project_id)
    assert project
    return Place(project, covered)


async def test_a_run_goes_on_from_what_is_covered(service: Materializations, place: Place) -> None:
    before = now_micros()
    run = await service.start(ANN, place.project.name, "sales")

    assert (run.version_number, run.start, run.default_start, run.data_id) == (1, 10, False, 1)
    assert before <= run.end <= now_micros()
    assert (run.state, run.sequence, run.attempt, run.requested_by) == (RunState.QUEUED, 1, 0, "anonymous")
    assert await MaterializationDocument.find({"_id": run.id, "end": run.end}).count() == 1


async def test_a_draft_is_run_by_its_number_and_remembers_what_the_current_version_covered(
    service: Materializations, place: Place
) -> None:
    run = await service.start(ANN, place.project.name, "sales@2")

    assert (run.version_number, run.start, run.default_start) == (2, None, True)
    assert run.current_covered == (RangePart(start=0, end=10),)


async def test_what_does_not_exist_is_refused_by_name(service: Materializations, place: Place) -> None:
    refusals: list[tuple[str, type[Exception], str]] = [
        ("nothing", NotFound, "no feature view 'nothing'"),
        ("sales@3", NotFound, "no version 3"),
        ("sales:amount", InvalidInput, "names a feature"),
        ("Sales!", InvalidInput, "is not a reference"),
    ]
    for reference, refusal, message in refusals:
        with pytest.raises(refusal, match=message):
            await service.start(ANN, place.project.name, reference)


async def test_an_unpublished_view_wants_a_number_and_an_archived_version_is_refused(
    service: Materializations,
) -> None:
    copy = await data_copy(5)
    view = await sales_view(copy)
    version = await sales_version(copy)
    project = await ProjectDocument.get(view.project_id)
    assert project

    with pytest.raises(NotFound, match="name one, such as sales@1"):
        await service.start(ANN, project.name, "sales")
    await version.set({"state": VersionState.ARCHIVED})
    with pytest.raises(Conflict, match="is archived"):
        await service.start(ANN, project.name, "sales@1")


async def test_a_run_that_overlaps_is_a_conflict_that_names_the_other(service: Materializations, place: Place) -> None:
    run = await service.start(ANN, place.project.name, "sales", start=10, end=20)

    with pytest.raises(Conflict, match=global_id("Materialization", run.id)):
        await service.start(ANN, place.project.name, "sales")


@pytest.mark.parametrize("key", ["", " ", "k" * 201])
async def test_an_idempotency_key_that_is_blank_or_too_long_is_refused(
    place: Place, service: Materializations, key: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await service.start(ANN, place.project.name, "sales", start=10, end=20, idempotency_key=key)

    assert [problem.path for problem in refused.value.problems] == ["idempotencyKey"]
    assert await MaterializationDocument.find_all().count() == 0


async def test_an_idempotency_key_gives_the_same_run_and_refuses_another_input(
    service: Materializations, place: Place
) -> None:
    with pytest.raises(InvalidInput):
        await service.start(ANN, place.project.name, "sales", start=20, end=10, idempotency_key="k")
    first = await service.start(ANN, place.project.name, "sales", start=10, end=20, idempotency_key="k")
    again = await service.start(ANN, place.project.name, "sales", start=10, end=20, idempotency_key="k")

    assert again.id == first.id
    with pytest.raises(Conflict, match="another input"):
        await service.start(ANN, place.project.name, "sales", start=10, end=30, idempotency_key="k")
    assert await IdempotencyDocument.count() == 1


async def test_apply_starts_a_version_and_may_cancel_its_run(service: Materializations, place: Place) -> None:
    version = await sales_version(place.copy, 3)
    run = await service.start_version(ANN, place.project, version, trigger=RunTrigger.APPLY)

    assert (run.trigger, run.version_id) == (RunTrigger.APPLY, version.id)
    assert (await service.cancel_in(ANN, place.project, run.id)).state == RunState.CANCELLED


async def test_only_editors_start_and_cancel_and_strangers_see_nothing(
    service: Materializations, place: Place, queue: RunQueue
) -> None:
    runs = Runs(queue=queue)
    run = await service.start(place.viewer(Role.EDITOR), place.project.name, "sales")
    reader, stranger, key = place.viewer(Role.VIEWER), Viewer("eve", {}), RunKey.of(run)

    assert (await runs.get(reader, key)).id == run.id
    with pytest.raises(Forbidden):
        await service.start(reader, place.project.name, "sales")
    with pytest.raises(Forbidden):
        await runs.cancel(reader, key)
    for unseen in (key, RunKey(MaterializationDocument, new_id()), RunKey(TrainingDatasetDocument, run.id)):
        with pytest.raises(NotFound, match="no such run"):
            await runs.get(stranger, unseen)
        with pytest.raises(NotFound, match="no such run"):
            await runs.cancel(stranger, unseen)
        with pytest.raises(Unauthenticated):
            await runs.get(ANONYMOUS, unseen)
    assert (await runs.cancel(place.viewer(Role.EDITOR), key)).state == RunState.CANCELLED


@pytest.mark.usefixtures("place")
async def test_of_many_with_one_key_at_once_all_get_the_same_run(service: Materializations, place: Place) -> None:
    first, *others = await asyncio.gather(
        *(service.start(ANN, place.project.name, "sales", start=10, end=20, idempotency_key="k") for _ in range(6))
    )

    assert {run.id for run in others} == {first.id}
    assert await MaterializationDocument.count() == 1
