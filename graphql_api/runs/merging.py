"""Which files of a copy of data are worth merging: pure, from what is visible of it.

Files are merged with their neighbours in time, so that what covers a range stays in few places, and a merged file that
is still small is one small file of the next merge. What is larger than all that it would be merged with is left as it
is: so a row is written again only as often as its file doubles, until it is small no more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphql_api.domain.times import TimeRange
from graphql_api.stores.offline import VisibleFile


@dataclass(frozen=True, slots=True)
class Sizes:
    """`many`: so many small files make a merge. `small`: bytes under which a file is small. `file`: bytes that a merged
    one aims at. `together`: bytes of neighbours that are merged at once. `most`: bytes of files that overlap in time,
    and can only be merged together, beyond which they are left."""

    many: int = 16
    small: int = 8 << 20
    file: int = 32 << 20
    together: int = 128 << 20
    most: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are all that is visible in a range."""

    files: tuple[VisibleFile, ...]
    bytes: int
    small: int
    range: TimeRange


def to_merge(visible: Iterable[VisibleFile], sizes: Sizes) -> Group | None:
    """The first files in time that are worth it."""
    neighbours: list[Group] = []
    for cluster in _clusters(visible, sizes):
        if cluster.small >= sizes.many and cluster.bytes <= sizes.most:
            return cluster
        if not cluster.small or sum(group.bytes for group in neighbours) + cluster.bytes > sizes.together:
            if found := _worth(neighbours, sizes):
                return found
            neighbours = []
        if cluster.small:
            neighbours.append(cluster)
    return _worth(neighbours, sizes)


def _clusters(visible: Iterable[VisibleFile], sizes: Sizes) -> list[Group]:
    """Files that overlap in time are together; of two groups one ends before the other begins."""
    found: list[list[VisibleFile]] = []
    reach = 0
    for file in sorted(visible, key=lambda file: (file.earliest, file.latest, file.key)):
        if found and file.earliest <= reach:
            found[-1].append(file)
            reach = max(reach, file.latest)
        else:
            found.append([file])
            reach = file.latest
    return [_group(files, sizes) for files in found]


def _group(files: Sequence[VisibleFile], sizes: Sizes) -> Group:
    return Group(
        files=tuple(files),
        bytes=sum(file.bytes for file in files),
        small=sum(file.bytes < sizes.small for file in files),
        range=TimeRange(min(file.earliest for file in files), max(file.latest for file in files) + 1),
    )


def _worth(neighbours: Sequence[Group], sizes: Sizes) -> Group | None:
    """Them as one, without the large ones at the ends, where many small ones are left."""
    left = list(neighbours)
    while left and (place := _outweighing(left)) is not None:
        left.pop(place)
    group = _group([file for part in left for file in part.files], sizes) if left else None
    return group if group is not None and group.small >= sizes.many and group.bytes <= sizes.together else None


def _outweighing(groups: Sequence[Group]) -> int | None:
    total = sum(group.bytes for group in groups)
    return next((place for place in (0, -1) if groups[place].bytes > total - groups[place].bytes), None)
