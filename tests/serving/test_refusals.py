"""What a look-up refuses: every problem at once, with its place."""

from collections.abc import Sequence

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.auth.viewer import ANONYMOUS, EVERYONE_IS_ADMIN, Viewer
from graphql_api.domain.enums import Role, VersionState
from graphql_api.domain.times import from_micros
from graphql_api.domain.types import ValueType
from graphql_api.errors import (
    InvalidInput,
    LimitExceeded,
    NotFound,
    Problem,
    ProjectNotFound,
    Unauthenticated,
)
from graphql_api.serving.lookup import Lookup
from graphql_api.serving.plan import LookupPlan, RequestColumn
from graphql_api.serving.request import Request, read_request
from tests.factories import a_row, an_entry
from tests.serving.online import Online, a_lookup

INT = {"a": ValueType.INT64}
OWNER = ObjectId()


def a_plan(**columns: ValueType) -> LookupPlan:
    wanted = tuple(RequestColumn(name, value_type, OWNER) for name, value_type in columns.items())
    return LookupPlan(1, (), (), (), wanted, ())


def problems_of(plan: LookupPlan, entities: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        read_request(plan.request_columns, entities, most_rows=100)
    return [(problem.path, problem.message) for problem in refused.value.problems]


EVERY_TYPE = a_plan(i=ValueType.INT64, s=ValueType.STRING, b=ValueType.BOOL, t=ValueType.TIMESTAMP)


def test_every_bad_value_is_named_with_its_place() -> None:
    entities = {
        "i": [1.0, "0x1", 2**63, "-9223372036854775809", True, None],
        "s": [1, None, "\ud800", "fine", ["x"], "x"],
        "b": [1, "true", None, True, False, 0],
        "t": ["2025-11-25", "2025-11-25T12:00:00", "2025-02-30T00:00:00Z", 5, None, "2025-11-25T12:00:00+24:30"],
    }
    int64 = "an INT64: a whole number from -2^63 to 2^63 - 1, or one as a decimal string"
    timestamp = "a TIMESTAMP: RFC 3339 with an offset, such as 2026-11-24T23:39:34Z"

    assert problems_of(EVERY_TYPE, entities) == [
        ("entities.i[0]", f"1.0 is not {int64}."),
        ("entities.i[1]", f'"0x1" is not {int64}.'),
        ("entities.i[2]", f"9223372036854775808 is not {int64}."),
        ("entities.i[3]", f'"-9223372036854775809" is not {int64}.'),
        ("entities.i[4]", f"true is not {int64}."),
        ("entities.s[0]", "1 is not a STRING."),
        ("entities.s[2]", "'\\ud800' is not a STRING."),
        ("entities.s[4]", '["x"] is not a STRING.'),
        ("entities.b[0]", "1 is not a BOOL."),
        ("entities.b[1]", '"true" is not a BOOL.'),
        ("entities.b[5]", "0 is not a BOOL."),
        ("entities.t[0]", f'"2025-11-25" is not {timestamp}.'),
        ("entities.t[1]", f'"2025-11-25T12:00:00" is not {timestamp}.'),
        ("entities.t[2]", f'"2025-02-30T00:00:00Z" is not {timestamp}.'),
        ("entities.t[3]", f"5 is not {timestamp}."),
        ("entities.t[5]", f'"2025-11-25T12:00:00+24:30" is not {timestamp}.'),
    ]


def test_many_bad_values_are_counted() -> None:
    assert problems_of(a_plan(b=ValueType.BOOL), {"b": [1] * 9})[4:] == [
        ("entities.b[4]", "1 is not a BOOL."),
        ("entities.b", "4 more values are not a BOOL."),
    ]


def test_missing_misshapen_and_unequal_columns_are_all_told() -> None:
    assert problems_of(EVERY_TYPE, {"i": 7, "s": ["x", "y"], "b": [True], "other": [1, 2, 3]}) == [
        ("entities.i", "A column is a list, one value an entity."),
        ("entities.t", "The request column 't' is missing."),
        ("entities", "Columns must be equally long: s 2, b 1."),
    ]
    assert problems_of(EVERY_TYPE, ["x"]) == [("entities", "Send an object of columns.")]


def test_more_entities_than_allowed_are_refused() -> None:
    plan = a_plan(s=ValueType.STRING)
    assert read_request(plan.request_columns, {"s": ["x"] * 100}, most_rows=100).rows == 100
    with pytest.raises(LimitExceeded):
        read_request(plan.request_columns, {"s": ["x"] * 101}, most_rows=100)


@given(
    integers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=9),
    as_text=st.booleans(),
)
def test_int64_is_exact_over_its_whole_range_as_number_and_as_text(integers: list[int | None], as_text: bool) -> None:
    sent = [str(value) if as_text and value is not None else value for value in integers]
    read = read_request(a_plan(i=ValueType.INT64).request_columns, {"i": sent}, most_rows=100)
    assert read == Request(len(integers), (list(integers),))


@given(moments=st.lists(st.none() | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999), max_size=9))
def test_every_microsecond_that_rfc_3339_can_write_is_read(moments: list[int | None]) -> None:
    sent = [None if moment is None else from_micros(moment).isoformat() for moment in moments]
    assert read_request(a_plan(t=ValueType.TIMESTAMP).request_columns, {"t": sent}, most_rows=100).columns == (moments,)


@given(texts=st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=9))
def test_every_unicode_text_is_a_string(texts: list[str | None]) -> None:
    assert read_request(a_plan(s=ValueType.STRING).request_columns, {"s": texts}, most_rows=100).columns == (texts,)


async def refused(online: Online, asked: str | Sequence[str], **entities: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        await online.ask(asked, **entities)
    return caught.value


async def test_every_reference_that_cannot_be_answered_is_told(online: Online) -> None:
    aircraft = await online.registry.entity()
    await online.registry.version("aircraft_delays", INT, entities=[aircraft])
    await online.registry.version("new_view", INT, entities=[aircraft], state=VersionState.DRAFT)
    await online.registry.version("old_view", INT, entities=[aircraft], state=VersionState.ARCHIVED)

    refusal = await refused(
        online,
        ["aircraft_delay:a", "aircraft_delays@2", "aircraft_delays:b", "new_view:a", "Not a Reference", "old_view@1",
         "aircraft_delays:a"],
    )  # fmt: skip

    assert sorted(refusal.problems, key=lambda problem: problem.path) == [
        Problem("features[0]", "There is no feature view 'aircraft_delay'.", "Did you mean 'aircraft_delays'?"),
        Problem("features[1]", "There is no aircraft_delays@2.", "The newest is 1."),
        Problem("features[2]", "aircraft_delays@1 has no feature 'b'.", "Known: a."),
        Problem("features[3]", "'new_view' has no published version.", "Publish new_view@1, or ask for it by number."),
        Problem(
            "features[4]",
            "'Not a Reference' is not a reference: write name, name@3, name:feature or name@3:feature, "
            "names of small letters, digits and _",
        ),
        Problem("features[5]", "old_view@1 is archived: nothing is written to it any more."),
    ]


async def test_one_feature_twice_and_one_column_for_two_things_are_refused(online: Online) -> None:
    one = await online.registry.entity("one", {"id": ValueType.STRING})
    other = await online.registry.entity("other", {"id": ValueType.INT64})
    await online.registry.version("v", INT, entities=[one])
    await online.registry.version("w", INT, entities=[other])

    refusal = await refused(online, ["v", "v:a", "w:a"], id=["x"])

    assert refusal.problems == (
        Problem("features", "'v:a' is asked for twice.", "Once is enough."),
        Problem(
            "features",
            "v@1 and w@1 want the request column 'id' for different things.",
            "Ask for them apart, or through a feature service that renames one with `keys`.",
        ),
    )


async def test_a_service_that_is_not_ready_names_each_unpublished_version(online: Online) -> None:
    aircraft = await online.registry.entity()
    first = await online.registry.version("first", INT, entities=[aircraft])
    second = await online.registry.version("second", INT, entities=[aircraft], state=VersionState.DRAFT)
    third = await online.registry.version("third", INT, entities=[aircraft], state=VersionState.DRAFT)
    entries = [an_entry(first), an_entry(second, alias="b"), an_entry(third, alias="c"), an_entry(third, alias="d")]
    await online.registry.service("model", entries)

    refusal = await refused(online, "model", tailnum=["x"])

    assert refusal.message == "model@1 is not ready: second@1 is a draft, third@1 is a draft."
    assert [problem.message for problem in refusal.problems] == ["second@1 is a draft", "third@1 is a draft"]


async def test_an_unknown_service_is_not_found_and_the_nearest_is_named(online: Online) -> None:
    aircraft = await online.registry.entity()
    view = await online.registry.version("v", INT, entities=[aircraft])
    await online.registry.service("delay_model", [an_entry(view)])

    for asked, message in [
        ("delay_modle", "There is no feature service 'delay_modle' in 'default'. Did you mean 'delay_model'?"),
        ("delay_model@7", "There is no feature service 'delay_model@7' in 'default'."),
    ]:
        with pytest.raises(NotFound) as caught:
            await online.ask(asked, tailnum=["x"])
        assert caught.value.message == message


@pytest.mark.parametrize(
    "lookup",
    [
        Lookup({}),
        Lookup({}, feature_service="model", features=["v:a"]),
        Lookup({}, features=[]),
        Lookup({}, feature_service="Model!"),
        Lookup({}, feature_service="model:a"),
    ],
)
async def test_a_look_up_names_one_service_or_a_list_of_references(online: Online, lookup: Lookup) -> None:
    with pytest.raises(InvalidInput):
        await online.features.look_up(EVERYONE_IS_ADMIN, "default", lookup)


async def test_policy_holds_before_and_after_the_project_is_known(online: Online) -> None:
    aircraft = await online.registry.entity()
    view = await online.registry.version("v", INT, entities=[aircraft])
    await online.registry.rows(view, {("x",): a_row(1)})
    project_id = str(online.registry.project.id)
    lookup = a_lookup(["v"], {"tailnum": ["x"]})
    may = Viewer("reader", {project_id: Role.VIEWER})
    strangers = [(Viewer("stranger", {"other": Role.ADMIN}), ProjectNotFound), (ANONYMOUS, Unauthenticated)]

    for _ in range(2):
        for viewer, refusal in strangers:
            with pytest.raises(refusal):
                await online.features.look_up(viewer, "default", lookup)
        await online.features.look_up(may, "default", lookup)

    with pytest.raises(ProjectNotFound):
        await online.features.look_up(EVERYONE_IS_ADMIN, "elsewhere", lookup)
