"""How a refusal looks."""

import pytest

from graphql_api.doors.cli.screen import complain
from graphql_api.errors import Problem


def test_problems_stand_below_the_message_with_their_hints(capsys: pytest.CaptureFixture[str]) -> None:
    complain("It cannot be planned.", [Problem("a.b", "There is no x.", "Did you mean y?"), Problem("", "Used by z.")])

    assert capsys.readouterr().err == (
        "It cannot be planned.\n  a.b  There is no x.\n      Did you mean y?\n  Used by z.\n"
    )


def test_a_message_that_a_problem_says_too_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    complain("There is no x.", [Problem("a", "There is no x."), Problem("b", "There is no y.")])

    assert capsys.readouterr().err == "  a  There is no x.\n  b  There is no y.\n"


def test_a_message_that_ends_in_its_first_problem_is_cut_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    complain("It is not valid: a.b: There is no x.", [Problem("a.b", "There is no x."), Problem("c", "Nor y.")])

    assert capsys.readouterr().err == "It is not valid.\n  a.b  There is no x.\n  c  Nor y.\n"
