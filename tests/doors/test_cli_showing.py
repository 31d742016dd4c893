"""How a plan looks."""

import io
from typing import Any

import pytest
from rich.console import Console

from graphql_api.doors.cli.showing import lines_of

SQL = "SELECT tailnum,\n       a,\n       b,\n       c,\n       d\nFROM flights\nWHERE a > 0\n"


def a_plan(*details: dict[str, Any], dependents: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Of one view that changes."""
    change = {
        "change": "CHANGED",
        "kind": "FEATURE_VIEW",
        "name": "v",
        "createsVersion": "v@2",
        "dependents": list(dependents),
        "changes": [{"kind": "CHANGED", "breaking": False, **detail} for detail in details],
    }
    return {"changes": [change], "behind": [], "warnings": [], **more}


def shown(plan: dict[str, Any]) -> list[str]:
    return [line.plain for line in lines_of(plan)]


def test_values_stand_on_one_line_where_they_fit() -> None:
    plan = a_plan(
        {"path": "ttl", "before": "30d", "after": "20d"},
        {"path": "tags", "kind": "ADDED", "before": None, "after": {"a": "b c", "d": "e: f"}},
        {"path": "features.x", "kind": "REMOVED", "before": {"name": "x"}, "after": None, "breaking": True},
        {"path": "currentVersion", "before": None, "after": 2},
        dependents=("m@1", "w@3"),
    )

    assert shown(plan) == [
        "~ feature view v  makes v@2  breaking",
        "    ~ ttl: 30d -> 20d",
        '    + tags: {a: b c, d: "e: f"}',
        "    - features.x: {name: x}  breaking",
        "    ~ currentVersion: nothing -> 2",
        "    used by m@1, w@3",
        "Plan: 0 to add, 1 to change (1 breaking), 0 to delete; 1 new version.",
    ]


def test_texts_and_long_lists_are_compared_line_by_line() -> None:
    many = [f"some_view_of_the_service:feature_{number}" for number in range(4)]
    plan = a_plan(
        {"path": "transformation.sql", "before": SQL, "after": SQL.replace("  b,", "  b2,")},
        {"path": "features", "before": many, "after": [*many[:3], "another"]},
    )

    assert shown(plan)[1:-1] == [
        "    ~ transformation.sql:",
        "        @@ -1,5 +1,5 @@",
        "          SELECT tailnum,",
        "                 a,",
        "        -        b,",
        "        +        b2,",
        "                 c,",
        "                 d",
        "    ~ features:",
        "        @@ -2,3 +2,3 @@",
        "          - some_view_of_the_service:feature_1",
        "          - some_view_of_the_service:feature_2",
        "        - - some_view_of_the_service:feature_3",
        "        + - another",
    ]


def test_what_is_long_has_lines_of_its_own_and_what_was_not_there_has_none() -> None:
    check = {"name": "enough_flights", "description": "Fewer than three flights: " + "little " * 9, "check": "SQL"}
    plan = a_plan(
        {"path": "validations.enough_flights", "kind": "REMOVED", "before": check, "after": None},
        {"path": "transformation.sql", "kind": "ADDED", "before": None, "after": "SELECT 1\nFROM x\n"},
        {"path": "description", "before": "A text. " * 10 + "Old.", "after": "A text. " * 10 + "New."},
    )

    assert shown(plan)[1:-1] == [
        "    - validations.enough_flights:",
        "        - name: enough_flights",
        f'        - description: "Fewer than three flights: {"little " * 9}"',
        "        - check: SQL",
        "    + transformation.sql:",
        "        + SELECT 1",
        "        + FROM x",
        "    ~ description:",
        f"        - {'A text. ' * 10}Old.",
        f"        + {'A text. ' * 10}New.",
    ]


def test_what_would_move_the_cursor_is_written_out() -> None:
    plan = a_plan(
        {"path": "description", "before": "a", "after": "b\x1b[2J"},
        {"path": "transformation.sql", "before": "a\nb", "after": "a\nb\x1b[2J"},
    )

    assert "\x1b" not in "".join(shown(plan))
    assert "        + b\\x1b[2J" in shown(plan)


def test_pins_warnings_and_nothing_to_do() -> None:
    behind = {"dependent": "m", "reference": "v@1", "newest": "v@2"}

    assert shown({"changes": [], "behind": [behind], "warnings": ["v: careful."]}) == [
        "Pins that stay behind what is newer; --repin moves them:",
        "  m holds v@1; the newest is v@2",
        "! v: careful.",
        "No changes: the registry matches already.",
    ]


@pytest.mark.parametrize(("variables", "has_colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(variables: dict[str, str], has_colour: bool) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm", **variables})

    for line in lines_of(a_plan({"path": "ttl", "before": "30d", "after": "20d"})):
        screen.print(line, soft_wrap=True)

    assert isinstance(screen.file, io.StringIO)
    assert ("\x1b[33m" in screen.file.getvalue()) == has_colour
