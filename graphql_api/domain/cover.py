"""Moments that are covered, more and more of them."""

from bisect import bisect_left, bisect_right

from graphql_api.domain.times import Intervals, TimeRange


class Cover:
    """What it costs to add a range does not grow with what is covered elsewhere."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, piece: TimeRange) -> Intervals:
        """Cover a range, and return what of it was not covered before."""
        first, last = bisect_left(self._ends, piece.start), bisect_right(self._starts, piece.end)
        starts, ends = self._starts[first:last], self._ends[first:last]
        free = [
            TimeRange(start, end)
            for start, end in zip([piece.start, *ends], [*starts, piece.end], strict=True)
            if start < end
        ]
        self._starts[first:last] = [min([piece.start, *starts[:1]])]
        self._ends[first:last] = [max([piece.end, *ends[-1:]])]
        return Intervals(tuple(free))
