"""Values at a moment and the timeline of an entity, as a client asks for them."""

from pathlib import Path
from typing import Any

import pytest

from graphql_api.documents.training_datasets import PinnedDataPart
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import rfc3339
from graphql_api.runs.dataset_inputs import bring_views
from graphql_api.runs.tools import Tools
from graphql_api.serving.join_plan import plan_join
from graphql_api.serving.plan import Entry
from tests.api.conftest import Place
from tests.api.moments import AT, BASE, LARGE, TIMELINE, E, M, Model, N, P, a_model
from tests.api.offline import commit
from tests.factories import DAY, HOUR


@pytest.fixture
async def model(place: Place) -> Model:
    return await a_model(place)


async def test_values_are_those_that_could_have_been_known_at_the_moment(model: Model) -> None:
    entities = {"tailnum": ["N1", "N2", None], "dest": ["JFK", "JFK", "LAX"]}

    answer = await model.at(BASE + HOUR, e=entities)

    assert answer == {
        "features": ["late", "mean", "dest_wind", "risk"],
        "rows": [[LARGE, 1.5, 3.0, LARGE * 3.0 + 2], [None, 2.0, 3.0, None], [None, None, None, None]],
        "statuses": [[P, P, P, P], [N, P, P, N], [M, M, M, M]],
        "views": ["delays@1", "dest", "risks@1"],
        "viewOfFeature": [0, 0, 1, 2],
        "eventTimestamps": [
            [rfc3339(BASE), rfc3339(BASE - HOUR), rfc3339(BASE - HOUR)],
            [rfc3339(BASE), rfc3339(BASE - HOUR), rfc3339(BASE - HOUR)],
            [None, None, None],
        ],
        "materializationIds": [[model.run(0), model.run(1), None]] * 2 + [[None, None, None]],
    }


@pytest.mark.parametrize(
    ("moment", "row", "statuses"),
    [
        (BASE + HOUR - 1, [None, None], [M, M]),
        (BASE + HOUR, [LARGE, 1.5], [P, P]),
        (BASE + 2 * DAY, [LARGE, 1.5], [P, P]),
        (BASE + 2 * DAY + 1, [None, None], [E, E]),
    ],
)
async def test_delay_and_ttl_decide_as_they_do_online(
    model: Model, moment: int, row: list[Any], statuses: list[str]
) -> None:
    answer = await model.at(moment, e={"tailnum": ["N1"]}, s=None, f=["delays:late", "delays@1:mean"], d=None)

    assert (answer["rows"], answer["statuses"]) == ([row], [statuses])
    assert answer["features"] == ["delays:late", "delays@1:mean"]


async def test_a_later_commit_hides_what_it_covers(model: Model) -> None:
    again = await commit(
        model.place.door, model.delays, [(("N1",), BASE, BASE, (7, None))], window=(BASE - DAY, BASE + DAY)
    )

    answer = await model.at(BASE + HOUR, e={"tailnum": ["N1", "N2"]}, s=None, f=["delays"], d=None)

    assert (answer["rows"], answer["statuses"]) == ([[7, None], [None, None]], [[P, N], [M, M]])
    assert answer["materializationIds"] == [[global_id("Materialization", str(again))], [None]]


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"e": {"tailnum": ["N1"]}}, "INVALID_INPUT", "entities.dest"),
        ({"e": {"tailnum": ["N1"], "dest": ["JFK"]}, "d": None}, "INVALID_INPUT", "requestData.hour"),
        ({"e": {"tailnum": ["N1"], "dest": ["JFK"]}, "d": {"hour": ["two"]}}, "INVALID_INPUT", "requestData.hour[0]"),
        ({"e": {"tailnum": [1], "dest": ["JFK"]}, "d": {"hour": [1]}}, "INVALID_INPUT", "entities.tailnum[0]"),
        ({"e": {}, "f": ["delays:lat"], "s": None}, "INVALID_INPUT", "features[0]"),
        ({"e": {}, "s": None}, "INVALID_INPUT", "featureService"),
        ({"e": {}, "s": "modle"}, "NOT_FOUND", None),
        ({"e": {"tailnum": ["N1"] * 1_001}, "f": ["delays"], "s": None}, "LIMIT_EXCEEDED", None),
    ],
)
async def test_what_cannot_be_asked_is_refused(model: Model, more: Any, code: str, path: str | None) -> None:
    asked = {"s": "model", "d": {"hour": [2]}, **more}
    refusal = await model.place.viewer.refusal(AT, p=model.place.name, at=rfc3339(BASE), **asked)

    assert refusal["extensions"]["code"] == code
    assert [problem["path"] for problem in refusal["extensions"].get("problems", [])] == ([path] if path else [])


async def test_one_request_asks_for_ten_moments_at_most(model: Model) -> None:
    asked = 'at: "2026-01-01T00:00:00Z", entities: {tailnum: ["N1"]}, features: ["delays"], project: $p'
    one = f"featuresAt({asked}) {{ rows }}"
    document = "query($p: String!) { " + " ".join(f"a{n}: {one}" for n in range(11)) + " }"

    answer = await model.place.viewer.answer(document, p=model.place.name)

    assert {error["extensions"]["code"] for error in answer["errors"]} == {"LIMIT_EXCEEDED"}


async def test_a_timeline_shows_every_row_and_who_wrote_it(model: Model) -> None:
    later = await commit(
        model.place.door,
        model.delays,
        [(("N1",), BASE + DAY, BASE + DAY, (8, None)), (("N1",), BASE + 2 * DAY, BASE + 2 * DAY, (9, None))],
        window=(BASE + DAY, BASE + 3 * DAY),
    )

    found = await model.place.viewer.ask(
        TIMELINE,
        p=model.place.name,
        f="delays:late",
        e={"tailnum": "N1"},
        start=rfc3339(BASE),
        end=rfc3339(BASE + 2 * DAY),
    )

    def point(event: int, value: int) -> dict[str, Any]:
        moments = {"eventTimestamp": rfc3339(event), "createdTimestamp": rfc3339(event)}
        return {**moments, "availableAt": rfc3339(event + HOUR), "value": value, "materialization": None}

    assert later != model.runs[0]
    assert found["featureTimeline"] == {
        "feature": {"reference": "delays@1:late"},
        "points": [point(BASE, LARGE), point(BASE + DAY, 8)],
    }


@pytest.mark.parametrize(
    ("feature", "entity", "end", "code", "path"),
    [
        ("delays:late", {"tail": "N1"}, BASE + 1, "INVALID_INPUT", "entity.tailnum"),
        ("delays:late", {"tailnum": 5}, BASE + 1, "INVALID_INPUT", "entity.tailnum"),
        ("delays:late", ["N1"], BASE + 1, "INVALID_INPUT", "entity"),
        ("delays:late", {"tailnum": "N1"}, BASE, "INVALID_INPUT", "end"),
        ("risks:risk", {"tailnum": "N1"}, BASE + 1, "INVALID_INPUT", "feature"),
        ("delays:lat", {"tailnum": "N1"}, BASE + 1, "NOT_FOUND", None),
        ("delays", {"tailnum": "N1"}, BASE + 1, "NOT_FOUND", None),
    ],
)
async def test_a_timeline_of_nothing_is_refused(
    model: Model, feature: str, entity: Any, end: int, code: str, path: str | None
) -> None:
    refusal = await model.place.viewer.refusal(
        TIMELINE, p=model.place.name, f=feature, e=entity, start=rfc3339(BASE), end=rfc3339(end)
    )

    assert refusal["extensions"]["code"] == code
    assert [problem["path"] for problem in refusal["extensions"].get("problems", [])] == ([path] if path else [])


async def test_an_entity_without_a_key_has_no_points(model: Model) -> None:
    found = await model.place.viewer.ask(
        TIMELINE, p=model.place.name, f="delays:late", e={"tailnum": None}, start=rfc3339(BASE), end=rfc3339(BASE + 1)
    )

    assert found["featureTimeline"]["points"] == []


def cached(model: Model) -> set[str]:
    """One file for each object that was ever fetched."""
    return {path.name for path in (model.place.door.settings.data_dir / "cache").iterdir()}


async def test_a_look_up_of_one_entity_fetches_the_files_that_may_hold_it(model: Model) -> None:
    door, delays = model.place.door, model.delays
    for hour, tail in enumerate(["N3", "N4", "N5"]):
        event = BASE + (hour - 9) * HOUR
        await commit(door, delays, [((tail,), event, event, (hour, 0.5))], window=(event, event + 1))
    window = {"start": rfc3339(BASE - DAY), "end": rfc3339(BASE + DAY)}
    before = cached(model)

    answer = await model.at(BASE, e={"tailnum": ["N4", None]}, s=None, f=["delays:late"], d=None)
    once = cached(model) - before
    found = await model.place.viewer.ask(TIMELINE, p=model.place.name, f="delays:late", e={"tailnum": "N5"}, **window)
    twice = cached(model) - before - once

    assert answer["rows"] == [[1], [None]]
    assert [point["value"] for point in found["featureTimeline"]["points"]] == [2]
    assert (len(once), len(twice)) == (1, 1)


async def test_a_training_data_set_fetches_no_rows_later_than_its_spine(model: Model, tmp_path: Path) -> None:
    door, delays = model.place.door, model.delays
    for hour in (-9, -8, -7):
        event = BASE + hour * HOUR
        await commit(door, delays, [(("N3",), event, event, (hour, 0.5))], window=(event, event + 1))
    runtime = door.runtime
    tools = Tools(runtime.database, runtime.objects, runtime.cache, runtime.sandbox, runtime.online, chunk_rows=1)
    plan = plan_join([Entry(delays, delays.reference, ["late"], ["late"], {})], {})
    pins = {delays.data_id: PinnedDataPart(data_id=delays.data_id, commit=4)}
    before = cached(model)

    local = await bring_views(tools, plan, pins, BASE - 7 * HOUR, tmp_path)  # a row can be served an hour later
    none = await bring_views(tools, plan, pins, None, tmp_path)

    assert [sorted(piece.commit for piece in view.slices) for view in local.views] == [[2, 3]]
    assert [view.slices for view in none.views] == [[]]
    assert len(cached(model) - before) == 2
