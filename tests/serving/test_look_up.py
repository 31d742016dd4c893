"""Online answers: whole values, as a client sees them."""

from bson import ObjectId

from graphql_api.domain.enums import VersionState
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.types import ValueType
from tests.factories import DAY, HOUR, NOON, a_row, an_entry
from tests.serving.online import E, M, N, Online, P

DELAYS = {"mean_delay": ValueType.FLOAT64, "flights": ValueType.INT64}
RUN = ObjectId("65a1b2c3d4e5f60718293a4b")
RUN_ID = global_id("Materialization", RUN)


async def test_a_service_answers_row_by_row_with_statuses_times_and_runs(online: Online) -> None:
    aircraft = await online.registry.entity()
    delays = await online.registry.version("aircraft_delays", DELAYS, entities=[aircraft], ttl=30 * DAY)
    await online.registry.service("delay_model", [an_entry(delays)])
    await online.registry.rows(
        delays,
        {
            ("N14228",): a_row(12.5, 3, run=RUN),
            ("N24211",): a_row(None, 4, event=NOON - 1, run=RUN),
            ("N619AA",): a_row(1.0, 1, event=NOON - 31 * DAY, run=RUN),
        },
    )

    answer = await online.ask("delay_model", tailnum=["N24211", "N14228", None, "N619AA", "unknown"])

    assert answer == {
        "features": ["mean_delay", "flights"],
        "rows": [[None, 4], [12.5, 3], [None, None], [None, None], [None, None]],
        "statuses": [[N, P], [P, P], [M, M], [E, E], [M, M]],
        "views": ["aircraft_delays@1"],
        "viewOfFeature": [0, 0],
        "eventTimestamps": [
            ["2025-11-25T11:59:59.999999Z"], ["2025-11-25T12:00:00Z"], [None], ["2025-10-25T12:00:00Z"], [None],
        ],
        "materializationIds": [[RUN_ID], [RUN_ID], [None], [RUN_ID], [None]],
    }  # fmt: skip


async def test_a_value_counts_until_just_the_moment_that_its_ttl_ends(online: Online) -> None:
    aircraft = await online.registry.entity()
    view = await online.registry.version("v", {"a": ValueType.INT64}, entities=[aircraft], ttl=HOUR)
    await online.registry.rows(view, {("x",): a_row(1, event=NOON)})

    statuses: list[object] = []
    for moment in (NOON - 10 * DAY, NOON, NOON + HOUR, NOON + HOUR + 1):
        online.clock[0] = moment
        answer = await online.ask(["v:a"], tailnum=["x"])
        statuses.append((answer["statuses"], answer["rows"], answer["eventTimestamps"]))

    at = [["2025-11-25T12:00:00Z"]]
    assert statuses == [([[P]], [[1]], at)] * 3 + [([[E]], [[None]], at)]


async def test_versions_that_share_a_copy_each_have_their_own_ttl(online: Online) -> None:
    aircraft = await online.registry.entity()
    short = await online.registry.version("v", DELAYS, entities=[aircraft], ttl=HOUR)
    await online.registry.version("v", DELAYS, entities=[aircraft], ttl=2 * HOUR, shares=short)
    await online.registry.version("v", DELAYS, entities=[aircraft], shares=short)
    await online.registry.rows(short, {("x",): a_row(0.5, 7)})
    online.clock[0] = NOON + 2 * HOUR

    answer = await online.ask(["v@1:flights", "v@2:flights", "v:flights"], tailnum=["x"])

    assert answer["features"] == ["v@1:flights", "v@2:flights", "v:flights"]
    assert answer["views"] == ["v@1", "v@2", "v@3"]
    assert answer["rows"] == [[None, 7, 7]]
    assert answer["statuses"] == [[E, P, P]]

    online.clock[0] += 1
    assert (await online.ask(["v@1:flights", "v@2:flights", "v:flights"], tailnum=["x"]))["statuses"] == [[E, E, P]]


async def test_one_view_twice_in_a_service_answers_for_each_of_its_keys(online: Online) -> None:
    airport = await online.registry.entity("airport", {"airport": ValueType.STRING})
    aircraft = await online.registry.entity()
    weather = await online.registry.version(
        "airport_weather", {"wind": ValueType.FLOAT64, "visib": ValueType.FLOAT64}, entities=[airport]
    )
    delays = await online.registry.version("aircraft_delays", DELAYS, entities=[aircraft])
    await online.registry.service(
        "delay_model",
        [
            an_entry(weather, alias="origin_weather", keys={"airport": "origin"}),
            an_entry(delays, features=["flights"]),
            an_entry(weather, alias="dest_weather", keys={"airport": "dest"}, features=["visib"]),
        ],
    )
    await online.registry.rows(weather, {("JFK",): a_row(3.5, 10.0), ("LGA",): a_row(None, 2.25, event=NOON - HOUR)})
    await online.registry.rows(delays, {("N1",): a_row(0.1, 9)})

    answer = await online.ask(
        "delay_model", origin=["JFK", "JFK"], dest=["LGA", "DFW"], tailnum=["N1", None], nobody_needs=7
    )

    assert answer["features"] == ["origin_weather_wind", "origin_weather_visib", "flights", "dest_weather_visib"]
    assert answer["views"] == ["origin_weather", "aircraft_delays@1", "dest_weather"]
    assert answer["viewOfFeature"] == [0, 0, 1, 2]
    assert answer["rows"] == [[3.5, 10.0, 9, 2.25], [3.5, 10.0, None, None]]
    assert answer["statuses"] == [[P, P, P, P], [P, P, M, M]]
    assert answer["eventTimestamps"] == [
        ["2025-11-25T12:00:00Z", "2025-11-25T12:00:00Z", "2025-11-25T11:00:00Z"],
        ["2025-11-25T12:00:00Z", None, None],
    ]


async def test_composite_and_mapped_keys_of_every_type_find_their_row(online: Online) -> None:
    route = await online.registry.entity("route", {"origin": ValueType.STRING, "stops": ValueType.INT64})
    slot = await online.registry.entity("slot", {"at": ValueType.TIMESTAMP, "peak": ValueType.BOOL})
    view = await online.registry.version(
        "v", {"a": ValueType.STRING}, entities=[route, slot], keys={"origin": "from_airport"}
    )
    low, high = -(2**63), 2**63 - 1
    await online.registry.rows(
        view,
        {
            ("Ærø ✈", low, NOON, True): a_row("first"),
            ("", high, NOON + 1, False): a_row("second"),
            ("a:b\x00", 0, -1, True): a_row("third"),
        },
    )

    answer = await online.ask(
        ["v"],
        from_airport=["Ærø ✈", "", "a:b\x00", "", None],
        stops=[str(low), high, "0", high, 0],
        at=["2025-11-25T07:00:00-05:00", "2025-11-25T12:00:00.0000019Z", "1969-12-31T23:59:59.999999Z",
            "2025-11-25T12:00:00.000001Z", None],
        peak=[True, False, True, True, True],
    )  # fmt: skip

    assert answer["rows"] == [["first"], ["second"], ["third"], [None], [None]]
    assert answer["statuses"] == [[P], [P], [P], [M], [M]]


async def test_values_come_through_exactly_as_they_were_written(online: Online) -> None:
    aircraft = await online.registry.entity()
    values: list[object] = [2**63 - 1, -(2**63), 0.1, 'a,"b"\n\u2028é', [1, None, 3], ["x,y", None], [], True, None]
    features = {f"f{n}": ValueType.STRING for n in range(len(values))}
    view = await online.registry.version("v", features, entities=[aircraft])
    await online.registry.rows(view, {("x",): a_row(*values)})

    whole = await online.ask(["v"], tailnum=["x"])
    some = await online.ask([f"v:f{n}" for n in (8, 3, 0, 5, 1)], tailnum=["x"])

    assert whole["rows"] == [values]
    assert whole["statuses"] == [[P] * 8 + [N]]
    assert some["rows"] == [[None, values[3], values[0], values[5], values[1]]]
    assert some["statuses"] == [[N, P, P, P, P]]


async def test_the_layout_of_the_copy_decides_not_the_order_of_the_version(online: Online) -> None:
    aircraft = await online.registry.entity()
    view = await online.registry.version("v", DELAYS, entities=[aircraft], layout=["flights", "mean_delay"])
    await online.registry.rows(view, {("x",): a_row(3, 0.5)})

    assert (await online.ask(["v"], tailnum=["x"]))["rows"] == [[0.5, 3]]
    assert (await online.ask(["v:flights", "v:mean_delay"], tailnum=["x"]))["rows"] == [[3, 0.5]]


async def test_references_answer_as_they_were_asked_in_their_order_and_share_a_read(online: Online) -> None:
    aircraft = await online.registry.entity()
    delays = await online.registry.version("delays", DELAYS, entities=[aircraft])
    profile = await online.registry.version("profile", {"seats": ValueType.INT64}, entities=[aircraft])
    await online.registry.rows(delays, {("x",): a_row(0.5, 3)})
    await online.registry.rows(profile, {("x",): a_row(150)})

    answer = await online.ask(["delays@1:flights", "profile", "delays:mean_delay"], tailnum=["x"])

    assert answer["features"] == ["delays@1:flights", "profile:seats", "delays:mean_delay"]
    assert answer["views"] == ["delays@1", "profile@1"]
    assert answer["viewOfFeature"] == [0, 1, 0]
    assert answer["rows"] == [[3, 150, 0.5]]


async def test_a_view_without_entities_has_one_row_for_every_entity(online: Online) -> None:
    aircraft = await online.registry.entity()
    everywhere = await online.registry.version("totals", {"planes": ValueType.INT64}, entities=[])
    delays = await online.registry.version("delays", DELAYS, entities=[aircraft])
    await online.registry.rows(everywhere, {(): a_row(4_043)})
    await online.registry.rows(delays, {("x",): a_row(0.5, 3)})

    both = await online.ask(["totals:planes", "delays:flights"], tailnum=["x", "y", None])
    alone = await online.ask(["totals:planes"])

    assert both["rows"] == [[4_043, 3], [4_043, None], [4_043, None]]
    assert both["statuses"] == [[P, P], [P, M], [P, M]]
    assert alone["rows"] == [[4_043]]


async def test_pushed_rows_name_no_run(online: Online) -> None:
    aircraft = await online.registry.entity()
    view = await online.registry.version("v", {"a": ValueType.INT64}, entities=[aircraft])
    await online.registry.rows(view, {("x",): a_row(1, run=ObjectId(bytes(12)))})

    answer = await online.ask(["v"], tailnum=["x"])

    assert (answer["rows"], answer["materializationIds"]) == ([[1]], [[None]])


async def test_no_entities_are_an_empty_answer(online: Online) -> None:
    aircraft = await online.registry.entity()
    await online.registry.version("v", DELAYS, entities=[aircraft])

    answer = await online.ask(["v"], tailnum=[])

    assert answer["features"] == ["v:mean_delay", "v:flights"]
    assert [answer[name] for name in ("rows", "statuses", "eventTimestamps", "materializationIds")] == [[]] * 4


async def test_a_draft_asked_for_by_number_answers_from_what_it_has(online: Online) -> None:
    aircraft = await online.registry.entity()
    first = await online.registry.version("v", DELAYS, entities=[aircraft])
    draft = await online.registry.version("v", DELAYS, entities=[aircraft], state=VersionState.DRAFT)
    await online.registry.rows(first, {("x",): a_row(0.1, 1)})
    await online.registry.rows(draft, {("x",): a_row(0.2, 2)})

    answer = await online.ask(["v:flights", "v@2:flights"], tailnum=["x"])

    assert (answer["rows"], answer["views"]) == ([[1, 2]], ["v@1", "v@2"])


async def test_a_service_goes_by_its_newest_ready_version_or_by_its_number(online: Online) -> None:
    aircraft = await online.registry.entity()
    first = await online.registry.version("v", DELAYS, entities=[aircraft])
    draft = await online.registry.version("v", DELAYS, entities=[aircraft], state=VersionState.DRAFT)
    await online.registry.service("model", [an_entry(first)], number=1)
    await online.registry.service("model", [an_entry(first, features=["flights"])], number=2)
    await online.registry.service("model", [an_entry(draft)], number=3)

    assert (await online.ask("model", tailnum=["x"]))["features"] == ["flights"]
    assert (await online.ask("model@1", tailnum=["x"]))["features"] == ["mean_delay", "flights"]

    await online.registry.publish(draft)
    assert (await online.ask("model@3", tailnum=["x"]))["views"] == ["v@2"]
