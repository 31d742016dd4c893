"""Which commits somebody may still see, by one pass over them: as by looking at each point on its own."""

import random
from collections.abc import Collection, Sequence
from typing import Any

from bson import ObjectId

from graphql_api.domain.times import Intervals
from graphql_api.runs.retention import Reach, reach_of
from graphql_api.stores.offline import ALL_TIME, extent_of


def one_by_one(commits: Sequence[dict[str, Any]], points: Collection[int]) -> Reach:
    """As a reader sees them as of each point."""
    found: dict[ObjectId, Intervals] = {}
    for point in points:
        left = Intervals.of((ALL_TIME,))
        for commit in reversed([commit for commit in commits if commit["number"] <= point]):
            extent = extent_of(commit)
            if part := left.intersect(extent):
                found[commit["_id"]] = Intervals.of((*found.get(commit["_id"], ()), *part))
                left = left.subtract(extent)
    return found


def a_history(dice: random.Random) -> list[dict[str, Any]]:
    """Commits of small ranges that overlap, touch or lie apart, of all of time too; some numbers are gone."""
    numbers = sorted(dice.sample(range(1, 16), dice.randint(1, 12)))
    starts = [None if dice.random() < 0.05 else dice.randint(0, 9) for _ in numbers]
    return [
        {"_id": ObjectId(), "number": number, "start": start, "end": (start or 0) + dice.randint(1, 5)}
        for number, start in zip(numbers, starts, strict=True)
    ]


def test_one_pass_finds_what_is_seen_as_of_any_point() -> None:
    dice = random.Random(5)
    for _ in range(500):
        commits = a_history(dice)
        last = commits[-1]["number"]
        points = {last, *dice.sample(range(last), dice.randint(0, last))}

        assert reach_of(commits, points) == one_by_one(commits, points)


def test_what_is_after_every_point_is_nobody_s() -> None:
    commits = [{"_id": ObjectId(), "number": number, "start": number, "end": number + 1} for number in (1, 2, 3)]

    assert list(reach_of(commits, {2})) == [commits[1]["_id"], commits[0]["_id"]]
