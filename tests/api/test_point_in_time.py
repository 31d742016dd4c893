"""Values at a moment, the timeline of an entity, and parity, as a client asks for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from beanie import PydanticObjectId
from bson import ObjectId

from graphql_api.documents.base import ColumnPart
from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.feature_views import (
    ExpressionPart,
    FeatureUsePart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    ViewPinPart,
)
from graphql_api.documents.training_datasets import PinnedDataPart
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.packing import packed_key
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.domain.types import ValueType
from graphql_api.runs.dataset_inputs import bring_views
from graphql_api.runs.tools import Tools
from graphql_api.serving.join_plan import plan_join
from graphql_api.serving.plan import Entry
from tests.api.conftest import Place
from tests.api.offline import commit
from tests.factories import DAY, HOUR, a_copy, a_row, a_service, a_version, a_view, an_entity, an_entry

P, N, M, E = "PRESENT", "NULL_VALUE", "MISSING", "EXPIRED"
AT = """query($p: String!, $at: DateTime!, $e: JSON!, $s: String, $f: [String!], $d: JSON) {
  featuresAt(at: $at, entities: $e, featureService: $s, features: $f, requestData: $d, project: $p) {
    features rows statuses views viewOfFeature eventTimestamps materializationIds
  }
}"""
TIMELINE = """query($p: String!, $f: String!, $e: JSON!, $start: DateTime!, $end: DateTime!) {
  featureTimeline(feature: $f, entity: $e, start: $start, end: $end, project: $p) {
    feature { reference }
    points { eventTimestamp createdTimestamp availableAt value materialization { id } }
  }
}"""
PARITY = """query($p: String!, $n: Int! = 100) { parity(featureService: "model", sample: $n, project: $p) {
  checked equal differences { feature entity online offline reason }
} }"""
LARGE = 2**53 + 1
BASE = now_micros() // HOUR * HOUR - 6 * HOUR
"""Rows of then are available now, and not expired."""


@dataclass
class Model:
    """A view of planes with a delay of an hour and a ttl of two days, one of airports, and what is computed of both."""

    place: Place
    delays: FeatureViewVersionDocument
    weather: FeatureViewVersionDocument
    runs: list[PydanticObjectId]

    async def at(self, moment: int, **more: Any) -> Any:
        asked = {"s": "model", "d": {"hour": [2] * 3}, **more}
        answer = await self.place.viewer.ask(AT, p=self.place.name, at=rfc3339(moment), **asked)
        return answer["featuresAt"]

    async def parity(self, sample: int = 100) -> Any:
        return (await self.place.editor.ask(PARITY, p=self.place.name, n=sample))["parity"]

    async def hold(self, version: FeatureViewVersionDocument, rows: dict[str, bytes]) -> None:
        """Online, by the one key of the entity."""
        items = [(packed_key(version.data_id, [key]), row) for key, row in rows.items()]
        assert await self.place.door.runtime.online.write(version.data_id, 1, 1, items) == len(items)

    def run(self, at: int) -> str:
        return global_id("Materialization", str(self.runs[at]))


def risk(delays: FeatureViewVersionDocument, weather: FeatureViewVersionDocument) -> OnDemandTransformationPart:
    """Of a delay, the wind and the hour that the caller sends."""
    uses = (FeatureUsePart(view="delays", feature="late"), FeatureUsePart(view="weather", feature="wind"))
    return OnDemandTransformationPart(
        views=(pin(delays), pin(weather)),
        request=(ColumnPart(name="hour", value_type=ValueType.FLOAT64),),
        expressions=(
            ExpressionPart(
                feature="risk",
                expression="late * wind + hour",
                rendered="((delays.late * weather.wind) + _request.hour)",
                uses=uses,
                request=("hour",),
                uses_moment=False,
            ),
        ),
        outputs=(),
        fingerprint="",
    )


def pin(version: FeatureViewVersionDocument) -> ViewPinPart:
    return ViewPinPart(
        written=version.view_name,
        version_id=version.id,
        view_id=version.view_id,
        name=version.view_name,
        reference=version.reference,
        keys=version.keys,
        features=tuple(ColumnPart(name=one.name, value_type=one.value_type) for one in version.features),
        is_static=False,
        has_created=False,
        data_fingerprint=version.data_fingerprint,
    )


@pytest.fixture
async def model(place: Place) -> Model:
    """Written directly, as apply and two runs would leave it."""
    door, project = place.door, place.project
    plane = an_entity(project, "plane", {"tailnum": ValueType.STRING})
    airport = an_entity(project, "airport", {"airport": ValueType.STRING})
    views = {
        "delays": a_view(project, "delays", entities=[plane]),
        "weather": a_view(project, "weather", entities=[airport]),
        "risks": a_view(project, "risks", entities=[plane, airport]),
    }
    features = {"late": ValueType.INT64, "mean": ValueType.FLOAT64}
    delays = a_version(views["delays"], entities=[plane], features=features, ttl=2 * DAY)
    delays.delay = HOUR
    weather = a_version(views["weather"], entities=[airport], features={"wind": ValueType.FLOAT64})
    risks = a_version(views["risks"], entities=[plane, airport], features={"risk": ValueType.FLOAT64}, data_id=0)
    risks.transformation = risk(delays, weather)
    entries = [
        an_entry(delays),
        an_entry(weather, alias="dest", keys={"airport": "dest"}),
        an_entry(risks, keys={"airport": "dest"}),
    ]
    copies = [a_copy(delays), a_copy(weather)]
    for document in (
        plane,
        airport,
        *views.values(),
        delays,
        weather,
        risks,
        *copies,
        a_service(project, entries, "model"),
    ):
        await document.insert()
    runs = [
        await commit(
            door,
            delays,
            [(("N1",), BASE, BASE, (LARGE, 1.5)), (("N2",), BASE, BASE, (None, 2.0))],
            window=(BASE - DAY, BASE + DAY),
        ),
        await commit(door, weather, [(("JFK",), BASE - HOUR, BASE - HOUR, (3.0,))], window=(BASE - DAY, BASE + DAY)),
    ]
    return Model(place, delays, weather, runs)


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


async def online(model: Model, *, late: int = LARGE, event: int = BASE, run: ObjectId | None = None) -> None:
    """What runs bring online, as it should be, but for what a test says of N1."""
    first, second = model.runs
    newest = a_row(late, 1.5, event=event, run=run or first)
    await model.hold(model.delays, {"N1": newest, "N2": a_row(None, 2.0, event=BASE, run=first)})
    await model.hold(model.weather, {"JFK": a_row(3.0, event=BASE - HOUR, run=second)})


async def test_stores_that_say_the_same_are_equal(model: Model) -> None:
    await online(model)

    assert await model.parity() == {"checked": 5, "equal": 5, "differences": []}


async def reasons(model: Model) -> list[str]:
    return [difference["reason"] for difference in (await model.parity())["differences"]]


async def test_what_did_not_come_online_is_a_late_write(model: Model) -> None:
    await online(model)
    later = BASE + HOUR
    run = await commit(model.place.door, model.delays, [(("N1",), later, later, (7, 1.5))], window=(later, later + 1))

    report = await model.parity()

    name = global_id("Materialization", str(run))
    assert report == {
        "checked": 5,
        "equal": 4,
        "differences": [
            {
                "feature": "late",
                "entity": {"tailnum": "N1"},
                "online": LARGE,
                "offline": 7,
                "reason": f"Late write: online is the row of {rfc3339(BASE)} by run {model.run(0)}, and the offline "
                f"store has the row of {rfc3339(later)} by run {name}. startMaterialization of "
                f"delays@1 over a range with {rfc3339(later)} writes it online anew.",
            }
        ],
    }


async def test_a_row_that_is_too_old_is_told(model: Model) -> None:
    old = BASE - 3 * DAY
    await online(model, event=old)

    assert (
        await reasons(model)
        == [
            f"Late write: online is the row of {rfc3339(old)} by run {model.run(0)}, and the offline store has the "
            f"row of {rfc3339(BASE)} by run {model.run(0)}. startMaterialization of delays@1 over a range with "
            f"{rfc3339(BASE)} writes it online anew. "
            "TTL: the online row is EXPIRED, older than 2d."
        ]
        * 2
    )


async def test_what_is_not_online_at_all_is_told(model: Model) -> None:
    assert sorted(set(await reasons(model))) == [
        f"Late write: the offline store has the row of {rfc3339(event)} by run {model.run(at)}, and none is held "
        f"online. startMaterialization of {view} over a range with {rfc3339(event)} writes it online anew."
        for event, at, view in ((BASE - HOUR, 1, "weather@1"), (BASE, 0, "delays@1"))
    ]


async def test_what_could_not_go_online_is_told(model: Model) -> None:
    await online(model, late=1, event=BASE - HOUR)
    missed = [RangePart(start=BASE, end=BASE + 1).model_dump()]
    await DataCopyDocument.find_one({"_id": model.delays.data_id}).update({"$set": {"offline_only": missed}})

    assert await reasons(model) == [
        f"Late write: what was committed for {rfc3339(BASE)} could not go online, and is brought there by the next run "
        f"of it. startMaterialization of delays@1 over a range with {rfc3339(BASE)} writes it online anew."
    ]


async def test_a_run_on_its_way_online_is_told(model: Model) -> None:
    await online(model, late=1)
    running = ObjectId()
    await DataCopyDocument.find_one({"_id": model.delays.data_id}).update({"$set": {"writing": running}})

    name = global_id("Materialization", str(running))
    assert await reasons(model) == [f"Run in progress: run {name} has committed and is on its way online."]


async def test_a_pushed_row_is_told(model: Model) -> None:
    await online(model, late=1, event=BASE + 1, run=ObjectId(bytes(12)))

    assert await reasons(model) == [
        f"Late write: the pushed row of {rfc3339(BASE + 1)} is online, and not in the offline store yet."
    ]


async def test_a_row_that_is_not_available_yet_is_told(model: Model) -> None:
    soon = now_micros() // HOUR * HOUR
    await online(model, late=1, event=soon)

    assert await reasons(model) == [
        f"Not yet available: the row of {rfc3339(soon)} by run {model.run(0)} is online, and by the delay of delays@1 "
        f"it is available from {rfc3339(soon + HOUR)}."
    ]


async def test_a_row_of_an_entity_that_the_offline_store_does_not_know_is_told(model: Model) -> None:
    await online(model)
    await model.hold(model.weather, {"SFO": a_row(9.0, event=BASE, run=model.runs[1])})

    assert await model.parity() == {
        "checked": 6,
        "equal": 5,
        "differences": [
            {
                "feature": "dest_wind",
                "entity": {"dest": "SFO"},
                "online": 9.0,
                "offline": None,
                "reason": f"Taken away: the row of {rfc3339(BASE)} by run {model.run(1)} is online, and the offline "
                "store has no row of this entity. It is served until a run writes a newer row of the entity.",
            }
        ],
    }


async def test_a_row_newer_than_any_offline_was_taken_away(model: Model) -> None:
    await online(model, late=1, event=BASE + 1)

    assert await reasons(model) == [
        f"Taken away: the row of {rfc3339(BASE + 1)} by run {model.run(0)} is online, and the newest that the offline "
        f"store has is the row of {rfc3339(BASE)} by run {model.run(0)}. It is served until a run writes a newer row "
        "of the entity."
    ]


async def test_one_row_with_two_values_is_damaged(model: Model) -> None:
    await online(model, late=1)

    assert await reasons(model) == [
        f"Damaged: both have the row of {rfc3339(BASE)} by run {model.run(0)}, and it holds other values online. "
        f"startMaterialization of delays@1 over a range with {rfc3339(BASE)} writes it online anew."
    ]


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


@pytest.mark.parametrize("sample", [0, 1_001])
async def test_a_sample_has_bounds(model: Model, sample: int) -> None:
    assert await model.place.editor.code(PARITY, p=model.place.name, n=sample) == "INVALID_INPUT"
