import pytest

from graphql_api.domain.times import Intervals, TimeRange
from graphql_api.errors import InvalidInput
from graphql_api.runs.coverage import Span, covered_after, span_of_static, span_of_timed

NOW, DELAY, SINCE = 1000, 100, 200


def span(
    start: int | None = None,
    end: int | None = None,
    *,
    since: int | None = SINCE,
    covered: tuple[tuple[int, int], ...] = (),
    offline_only: tuple[tuple[int, int], ...] = (),
) -> Span:
    return span_of_timed(
        start=start,
        end=end,
        since=since,
        delay=DELAY,
        covered=Intervals.of(TimeRange(*piece) for piece in covered),
        offline_only=Intervals.of(TimeRange(*piece) for piece in offline_only),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (span(), Span(200, 900)),
        (span(since=None), Span(None, 900, default_start=True)),
        (span(covered=((200, 300), (400, 500))), Span(500, 900)),
        (span(covered=((50, 150),)), Span(200, 900)),
        (span(300, 400, covered=((200, 500),)), Span(300, 400)),
        (span(covered=((200, 500),), offline_only=((300, 350), (400, 500))), Span(300, 900)),
        (span(covered=((100, 500),), offline_only=((100, 150), (190, 300))), Span(200, 900)),
        (span(covered=((100, 500),), offline_only=((100, 150),)), Span(500, 900)),
        (span(600, covered=((200, 500),), offline_only=((200, 500),)), Span(600, 900)),
        (span(None, 800), Span(200, 800)),
        (span(200, 900), Span(200, 900)),
        (span(1, since=None), Span(1, 900)),
        (span_of_static(start=None, end=None, now=NOW), Span(None, NOW)),
    ],
)
def test_a_range_is_what_was_asked_for_or_what_comes_next(found: Span, expected: Span) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("start", "end", "covered", "message"),
    [
        (199, None, (), "earlier than the view's since"),
        (None, 901, (), "later than now - delay"),
        (300, 300, (), "is empty"),
        (400, 300, (), "is empty"),
        (None, 200, (), "begins with the view's since"),
        (None, None, ((200, 900),), "is covered"),
    ],
)
def test_a_range_outside_what_can_be_known_or_empty_is_refused(
    start: int | None, end: int | None, covered: tuple[tuple[int, int], ...], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        span(start, end, covered=covered)
    assert [problem.path for problem in refused.value.problems] == ["end" if end == 901 else "start"]


def test_a_static_view_takes_no_range() -> None:
    with pytest.raises(InvalidInput, match="has no range") as refused:
        span_of_static(start=1, end=2, now=NOW)
    assert [problem.path for problem in refused.value.problems] == ["start", "end"]


def test_coverage_grows_by_runs_and_a_static_view_is_covered_to_its_last_freeze() -> None:
    covered = Intervals.of((TimeRange(0, 10),))
    assert covered_after(covered, start=10, end=20) == Intervals((TimeRange(0, 20),))
    assert covered_after(covered, start=30, end=40) == Intervals((TimeRange(0, 10), TimeRange(30, 40)))
    assert covered_after(covered, start=None, end=50) == Intervals((TimeRange(0, 50),))
