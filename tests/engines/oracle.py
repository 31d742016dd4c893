"""What the specification says of point in time, in plain Python: no SQL, no files, every row looked at.

Moments are small whole numbers here; a key is a tuple of what the parts of it hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Key = tuple[int | str | None, ...]


@dataclass(frozen=True)
class Row:
    key: Key
    event: int
    created: int
    values: tuple[int | None, ...]
    commit: int = 0
    run: str = ""


@dataclass(frozen=True)
class Commit:
    """What one run wrote in `[start, end)`; in a file of their own the old rows that it kept."""

    number: int
    start: int
    end: int
    rows: tuple[Row, ...]
    kept: tuple[Row, ...]

    @property
    def run(self) -> str:
        return f"{self.number:024x}"


@dataclass
class Table:
    """A view's rows as runs leave them: a covered range run again replaces what runs wrote there, but old rows stay
    that a new row of the same keys and event timestamp supersedes with a later created timestamp, unless the run wrote
    them itself."""

    rows: list[Row] = field(default_factory=list[Row])
    commits: list[Commit] = field(default_factory=list[Commit])

    def run(self, start: int, end: int, rows: Sequence[Row]) -> None:
        number = len(self.commits) + 1
        new = tuple(
            Row(row.key, row.event, row.created, row.values, number, f"{number:024x}")
            for row in rows
            if start <= row.event < end
        )
        within = [row for row in self.rows if start <= row.event < end]
        kept = tuple(
            old
            for old in within
            if any(one.key == old.key and one.event == old.event and one.created > old.created for one in new)
            and (old.key, old.event, old.created) not in {(one.key, one.event, one.created) for one in new}
        )
        self.rows = [row for row in self.rows if row not in within] + [*kept, *new]
        self.commits.append(Commit(number, start, end, new, kept))

    def visible_of(self, commit: Commit) -> list[tuple[int, int]]:
        """The moments of a commit's range that no later commit's range holds."""
        later = self.commits[self.commits.index(commit) + 1 :]
        moments = [at for at in range(commit.start, commit.end) if not any(one.start <= at < one.end for one in later)]
        return [(at, at + 1) for at in moments]


def newest_available(
    rows: Sequence[Row], key: Key, moment: int | None, *, delay: int, known_before: int | None
) -> Row | None:
    """The newest row that was available at the moment: its event's delay over, and known."""
    if moment is None or None in key:
        return None
    known_by = moment if known_before is None else min(moment, known_before)
    available = [row for row in rows if row.key == key and row.event + delay <= moment and row.created <= known_by]
    return max(available, key=lambda row: (row.event, row.created, row.commit), default=None)


def status_of(row: Row | None, feature: int, moment: int | None, ttl: int | None) -> str:
    if row is None or moment is None:
        return "MISSING"
    if ttl is not None and moment > row.event + ttl:
        return "EXPIRED"
    return "NULL_VALUE" if row.values[feature] is None else "PRESENT"


def worst(statuses: Sequence[str]) -> str:
    """Of the inputs of an expression that gave null."""
    for status in ("EXPIRED", "MISSING"):
        if status in statuses:
            return status
    return "NULL_VALUE"
