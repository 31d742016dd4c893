"""What the engine is told and what it answers about rows at moments: joins to a spine, a few rows, one entity's rows.

As in `shapes`, moments and durations are microseconds, and paths are local files.
"""

import msgspec

from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import ColumnUse, FileColumn, RequestFor, Slice, Value


class JoinKey(msgspec.Struct, frozen=True):
    """A part of a view's key: `name` in the view's rows, `column` in the spine or the request."""

    name: str
    column: str
    value_type: ValueType


class JoinedView(msgspec.Struct, frozen=True):
    """A view version that answers rows of a spine. Two may be the same version by different columns.

    `name` is for people. `keys` in the view's order, empty where one row answers for all; `features`: those that are
    taken, by the join's columns or by its expressions. `has_created`: a row may have become known later than its event.
    `covered_until`: the end of what its runs covered, where that is known and of interest."""

    name: str
    keys: list[JoinKey]
    features: list[Value]
    slices: list[Slice]
    delay: int = 0
    ttl: int | None = None
    has_created: bool = True
    covered_until: int | None = None


class StoredColumn(msgspec.Struct, frozen=True, tag=True):
    """A column of the answer: a feature of the view at that place in the join's `views`."""

    column: str
    view: int
    feature: str


class OnDemandColumn(msgspec.Struct, frozen=True, tag=True):
    """A column of the answer: a rendered expression over `view.feature`, and `_request.column` for values of the
    spine and `_request.moment`. `views`: by the name in the expression, the place in the join's `views`."""

    column: str
    value_type: ValueType
    expression: str
    views: dict[str, int]
    uses: list[ColumnUse]


class Join(msgspec.Struct, frozen=True):
    """What is asked of a spine: `columns` in the order of the answer; `request`: the values, beside join keys, that
    expressions take from the spine. `known_before`: what became known later is not used."""

    views: list[JoinedView]
    columns: list[StoredColumn | OnDemandColumn]
    request: list[Value] = []
    known_before: int | None = None


class Spine(msgspec.Struct, frozen=True):
    """Rows to be answered: Parquet files in this order, or one CSV file with a header.

    An event timestamp without an offset is read in `timezone`. A column that is absent from one of the files is null
    there."""

    paths: list[str]
    event_timestamp: str
    is_csv: bool = False
    timezone: str = "UTC"


class Split(msgspec.Struct, frozen=True):
    """`fraction` of the rows or entities, or event timestamps `[start, end)`; a bound may be open."""

    name: str
    fraction: float | None = None
    start: int | None = None
    end: int | None = None


class Splits(msgspec.Struct, frozen=True):
    """`by`: ROW, ENTITY or TIME."""

    by: str
    parts: list[Split]
    seed: int = 0


class SpineFile(msgspec.Struct, frozen=True):
    """A Parquet file that a join made: rows of one split, in the order of the spine. `part` counts the files of a split
    from 0; a split without rows has one file all the same."""

    path: str
    split: str | None
    part: int
    rows: int
    bytes: int
    sha256: str


class ViewAnswers(msgspec.Struct, frozen=True):
    """How many rows of the spine a view answered, and how it did not. `later`: rows whose moment is later than what is
    covered, so that a later run may change their answer."""

    answered: int
    missing: int
    expired: int
    later: int


class Unmatchable(msgspec.Struct, frozen=True):
    """`rows` whose value in a column of the spine is none that `value_type` holds, the type of a join key or a request
    value: it is null there, and in the files as it was found."""

    column: str
    value_type: ValueType
    rows: int


class JoinedSpine(msgspec.Struct, frozen=True):
    """`rows`: of the spine. `columns`: of the files; `nulls`: how many values of each are null, over all the files.
    `views` as in the join.

    `left_out`: rows outside all ranges of a split by time. `without_moment`: rows whose event timestamp is null, or
    outside of the years 1 to 9999; no view answers them. `outside`: how many of these held one, which is null in the
    files. `oldest`, `newest`: of the moments. `is_naive`: the event timestamps had no offset. `renamed`: columns of the
    spine that gave their names to features, and are called otherwise in the files."""

    files: list[SpineFile]
    rows: int
    columns: list[FileColumn]
    nulls: list[int]
    views: list[ViewAnswers]
    left_out: int
    without_moment: int
    outside: int
    oldest: int | None
    newest: int | None
    is_naive: bool
    renamed: dict[str, str]
    unmatchable: list[Unmatchable]


class JoinSpine(RequestFor[JoinedSpine], frozen=True, tag=True):
    """Every row of the spine with what could have been known at its moment -> JoinedSpine.

    The files hold the spine's columns, then the join's; at most `rows_a_file` each, fewer where rows are wide. The same
    request over the same files gives the same bytes. Refused with code SPINE_INVALID where a column is absent or of a
    wrong type, or a value cannot be read."""

    join: Join
    spine: Spine
    folder: str
    splits: Splits | None = None
    rows_a_file: int = 500_000


class JoinProgress(msgspec.Struct, frozen=True):
    """How far JoinSpine is. `views`: those of which it is known which row answers, for the whole spine; `rows`: of the
    spine, in files that are written; `share`: of the work, from 0 to 1."""

    views: int
    rows: int
    share: float


class SpineProblem(msgspec.Struct, frozen=True):
    column: str
    message: str
    hint: str | None = None


class SpineCheck(msgspec.Struct, frozen=True):
    """`columns` as they were found; those of a CSV that the join needs are what it needs, and the others what keeps all
    of their values."""

    columns: list[FileColumn]
    problems: list[SpineProblem]


class CheckSpine(RequestFor[SpineCheck], frozen=True, tag=True):
    """Could this spine be joined, by its columns, and by what a CSV writes in those that are needed? -> SpineCheck."""

    join: Join
    spine: Spine


class SpineExtent(msgspec.Struct, frozen=True):
    """`newest`: the greatest moment of a row; None where none has one."""

    rows: int
    newest: int | None


class MeasureSpine(RequestFor[SpineExtent], frozen=True, tag=True):
    """How many rows, and up to when? -> SpineExtent. Refused as JoinSpine is where the moments cannot be read."""

    join: Join
    spine: Spine


Scalar = bool | int | float | str


class Moments(msgspec.Struct, frozen=True):
    """JSON texts, by column of the join, one a row; a status is the name of a ValueStatus.

    `events` and `runs` (hex; None: pushed) are those of each view's row, None where there is none."""

    texts: list[list[str]]
    statuses: list[list[str]]
    events: list[list[int | None]]
    runs: list[list[str | None]]


class AnswerMoments(RequestFor[Moments], frozen=True, tag=True):
    """A few rows, inline -> Moments. `values`: by column of keys and request values, one a row; TIMESTAMP as
    microseconds."""

    join: Join
    moments: list[int]
    values: dict[str, list[Scalar | list[Scalar | None] | None]]


class TimelineRow(msgspec.Struct, frozen=True):
    """`text`: the value as JSON. `available`: the first moment at which a join may take the row. `run`: hex."""

    event: int
    created: int
    available: int
    text: str
    run: str | None


class Timeline(RequestFor[list[TimelineRow]], frozen=True, tag=True):
    """Every visible row of one entity with an event timestamp in `[start, end)`, by (event, created, commit)
    -> list[TimelineRow]; at most `limit`. `key` in the order of the view's keys, of its one feature."""

    view: JoinedView
    key: list[Scalar]
    start: int
    end: int
    limit: int


class SampleKeys(RequestFor[list[list[Scalar]]], frozen=True, tag=True):
    """Keys of entities that have a visible row -> list[list[Scalar]], in the order of the view's keys; TIMESTAMP as
    microseconds. At most `limit`, chosen by `seed`: the same every time."""

    view: JoinedView
    limit: int
    seed: int
