"""Which files are worth merging."""

from graphql_api.domain.times import TimeRange
from graphql_api.runs.merging import Group, Sizes, to_merge
from graphql_api.stores.offline import VisibleFile

SIZES = Sizes(many=4, small=100, file=200, together=1_000, most=5_000)


def a_file(first: int, last: int, size: int = 10) -> VisibleFile:
    return VisibleFile(
        key=f"{first}-{last}-{size}",
        sha256="",
        bytes=size,
        rows=1,
        commit=1,
        run_id="",
        ranges=(),
        earliest=first,
        latest=last,
    )


def hours(count: int, size: int = 10, start: int = 0) -> list[VisibleFile]:
    return [a_file(start + 10 * number, start + 10 * number + 9, size) for number in range(count)]


def test_many_small_neighbours_are_merged_whole() -> None:
    assert to_merge(hours(3), SIZES) is None
    files = hours(4)
    assert to_merge(reversed(files), SIZES) == Group(tuple(files), 40, 4, TimeRange(0, 40))


def test_a_file_larger_than_all_the_small_ones_beside_it_is_left_alone() -> None:
    early, late, files = a_file(-100, -1, 90), a_file(100, 200, 90), hours(4)
    alone = Group(tuple(files), 40, 4, TimeRange(0, 40))

    assert to_merge([early, *files], SIZES) == to_merge([*files, late], SIZES) == alone
    assert to_merge([early, *files, late], SIZES) == Group((early, *files, late), 220, 6, TimeRange(-100, 201))


def test_only_so_much_is_merged_at_once() -> None:
    files = hours(30, 90)

    group = to_merge(files, SIZES)

    assert group == Group(tuple(files[:11]), 990, 11, TimeRange(0, 110))


def test_what_overlaps_in_time_is_merged_together_or_not_at_all() -> None:
    large = a_file(0, 100, 900)
    corrections = [a_file(10 * number, 10 * number, 10) for number in range(4)]

    assert to_merge([large, *corrections[:3]], SIZES) is None
    assert to_merge([large, *corrections], SIZES) == Group(
        (corrections[0], large, *corrections[1:]), 940, 5 - 1, TimeRange(0, 101)
    )
    assert to_merge([a_file(0, 100, 5_000), *corrections], SIZES) is None


def test_large_files_between_small_ones_end_a_group() -> None:
    files = [*hours(3), a_file(1_000, 1_010, 990), *hours(4, start=2_000)]

    assert to_merge(files, SIZES) == Group(tuple(hours(4, start=2_000)), 40, 4, TimeRange(2_000, 2_040))


def test_what_was_merged_is_written_again_only_as_often_as_it_doubles() -> None:
    """A file an hour, for a thousand hours."""
    files: list[VisibleFile] = []
    written = 0
    for hour in range(1_000):
        files += hours(1, start=10 * hour)
        while group := to_merge(files, Sizes(many=4, small=1 << 20)):
            written += group.bytes
            merged = a_file(group.range.start, group.range.end - 1, group.bytes)
            files = [*(file for file in files if file not in group.files), merged]

    assert (len(files) < 20, sum(file.bytes for file in files)) == (True, 10_000)
    assert written < 10 * 10_000
