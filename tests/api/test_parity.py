"""Parity: what is told where the two stores do not say the same."""

import pytest
from bson import ObjectId

from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.times import now_micros, rfc3339
from tests.api.conftest import Place
from tests.api.moments import BASE, LARGE, PARITY, Model, a_model
from tests.api.offline import commit
from tests.factories import DAY, HOUR, a_row


@pytest.fixture
async def model(place: Place) -> Model:
    return await a_model(place)


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


@pytest.mark.parametrize("sample", [0, 1_001])
async def test_a_sample_has_bounds(model: Model, sample: int) -> None:
    assert await model.place.editor.code(PARITY, p=model.place.name, n=sample) == "INVALID_INPUT"


async def test_without_a_sample_a_hundred_entities_are_enough(model: Model) -> None:
    await online(model)
    query = 'query($p: String!) { parity(featureService: "model", sample: null, project: $p) { checked } }'

    assert await model.place.editor.ask(query, p=model.place.name) == {"parity": {"checked": 5}}
