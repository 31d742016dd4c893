"""What the engine is told and what it answers: plain values that cross the border of the sandbox as msgpack.

Moments and durations are microseconds. Paths are local files. `data_type` is a type in the words of DuckDB.
"""

import msgspec

from graphql_api.domain.types import ValueType


class Value(msgspec.Struct, frozen=True):
    """A typed name: a join key, a feature, an output of SQL."""

    name: str
    value_type: ValueType


class FileColumn(msgspec.Struct, frozen=True):
    name: str
    data_type: str


class FileSchema(msgspec.Struct, frozen=True):
    columns: list[FileColumn]
    rows: int


class Relation(msgspec.Struct, frozen=True):
    """A source as SQL sees it: by `name`, its frozen `columns` alone. `event_timestamp` None: a look-up table, whole.

    A naive event or created timestamp is in `timezone`. `files` is empty when only types are asked for."""

    name: str
    columns: list[FileColumn]
    event_timestamp: str | None = None
    created_timestamp: str | None = None
    timezone: str = "UTC"
    files: list[str] = []


class Check(msgspec.Struct, frozen=True):
    """A validation, its parameters as planned. `id` is the validation's id, in hex; `one_row_per_key` is implicit."""

    id: str
    check: str
    severity: str
    feature: str | None
    parameters: dict[str, object]


class View(msgspec.Struct, frozen=True):
    """What a SQL view version computes. `features` in the order of the data's layout."""

    keys: list[Value]
    features: list[Value]
    sql: str
    lookback: int
    has_created: bool
    is_static: bool
    relations: list[Relation]
    checks: list[Check]


class Slice(msgspec.Struct, frozen=True):
    """A committed file and where in it, by event timestamp, rows are visible (`ranges` empty: everywhere).

    `commit` and `run_id` (hex) are those of its rows, unless the file carries `__commit` and `__run` itself, as
    files of kept rows do."""

    path: str
    commit: int
    run_id: str
    ranges: list[tuple[int, int]] = []


class Staged(msgspec.Struct, frozen=True):
    """A Parquet file that the engine made. `first_key`, `last_key`: the keys of its first and last row, in the order by
    which it is sorted (moments as microseconds); None where the view has no keys."""

    path: str
    role: str
    sha256: str
    bytes: int
    rows: int
    min_event: int | None
    max_event: int | None
    first_key: list[bool | int | str] | None = None
    last_key: list[bool | int | str] | None = None


SAMPLE_ROWS = 5
"""How many of the rows that fail a check are shown to people, of a chunk and of a run."""


class CheckResult(msgspec.Struct, frozen=True):
    """`id` as in Check, or `one_row_per_key`. `checked` None: the check judges the run as a whole."""

    id: str
    checked: int | None
    failed: int
    observed: object = None
    sample: list[dict[str, object]] = []


class ChunkPlan(msgspec.Struct, frozen=True):
    """`start`: the oldest source row, where none was asked for; None where the sources hold no row."""

    start: int | None
    chunks: list[tuple[int, int]]
    rows_total: int
    rejected_sources: int
    """Source rows without an event timestamp; no SQL sees them."""


class ChunkResult(msgspec.Struct, frozen=True):
    files: list[Staged]
    rows_read: int
    rows_written: int
    rows_rejected: int
    rows_quarantined: int
    non_finite: dict[str, int]
    """By feature: values, and elements of lists, that became null; a feature without any is left out."""
    checks: list[CheckResult]


class PackedFile(msgspec.Struct, frozen=True):
    """A stream of msgpack arrays, one an entity: `[key, row]` for its newest row, to be written if not older than what
    is held; `[key, row or nil, held]` where a re-run took its newest row away: where Redis still holds a row whose
    order (first 24 bytes) is `held`, it is replaced by `row`, or removed; otherwise `row`, if any, is newest-wins."""

    path: str
    rows: int
    latest_event: int | None


# ---------------------------------------------------------------- requests: one struct an operation


class DescribeFiles(msgspec.Struct, frozen=True, tag=True):
    """-> list[FileSchema], in the order of `paths`."""

    paths: list[str]


class DescribeSql(msgspec.Struct, frozen=True, tag=True):
    """Is it one SELECT over these relations, deterministic, and what does it give? -> list[FileColumn]."""

    sql: str
    relations: list[Relation]


class CheckExpression(msgspec.Struct, frozen=True, tag=True):
    """Is it one scalar expression over these columns? -> FileColumn(rendered text, data_type)."""

    expression: str
    columns: list[FileColumn]


class TypeExpression(msgspec.Struct, frozen=True, tag=True):
    """Is it one scalar expression over the columns of these relations, and of which of them? -> TypedExpression.

    A column that two relations hold must be written with its relation. `bare`: the one relation whose columns are
    never written with its name."""

    expression: str
    relations: list[Relation]
    bare: str


class ColumnUse(msgspec.Struct, frozen=True):
    relation: str
    column: str


class TypedExpression(msgspec.Struct, frozen=True):
    """`rendered`: the text anew from its checked tree, each column with its relation. `uses` is sorted."""

    rendered: str
    data_type: str
    uses: list[ColumnUse]


class CheckText(msgspec.Struct, frozen=True, tag=True):
    """Is it one SELECT over relations of these names, whatever their columns are? -> None. `relations` None: is it one
    scalar expression?"""

    text: str
    relations: list[str] | None = None


class CheckPattern(msgspec.Struct, frozen=True, tag=True):
    """Is it a regular expression of RE2? -> None."""

    pattern: str


class PlanChunks(msgspec.Struct, frozen=True, tag=True):
    """Cut `[start or oldest row, end)` by source rows, never finer than the lookback, the same way every time.

    -> ChunkPlan. A static view is one chunk, whatever its rows."""

    view: View
    start: int | None
    end: int
    target_rows: int


class ComputeChunk(msgspec.Struct, frozen=True, tag=True):
    """-> ChunkResult. `old`: what is visible in the chunk's range before this run, to keep what a correction
    supersedes and the run does not write itself. `frozen_at`: created timestamps may not be later. `folder`: where
    files go."""

    view: View
    start: int
    end: int
    frozen_at: int
    old: list[Slice]
    folder: str


class CheckCausality(msgspec.Struct, frozen=True, tag=True):
    """-> None, or a text with the rows that differ, when a sample of the range is run whole and in two pieces."""

    view: View
    start: int
    end: int


class JudgeRun(msgspec.Struct, frozen=True, tag=True):
    """The checks of the run as a whole, over all its staged rows, quarantined ones too -> list[CheckResult]."""

    view: View
    rows: list[str]
    quarantined: list[str]


class PackOnline(msgspec.Struct, frozen=True, tag=True):
    """Each entity's newest row among `new`, and what becomes of those whose newest row in `old` (visible before this
    commit, in its range) is gone; `rest` is all that is visible after the commit. -> PackedFile."""

    data_id: int
    commit: int
    run_id: str
    view: View
    new: list[Slice]
    old: list[Slice]
    rest: list[Slice]
    folder: str


class MergeRows(msgspec.Struct, frozen=True, tag=True):
    """All that is visible in the slices, sorted as every file is and cut by keys into at most so many files of about
    the same number of rows, which carry `__commit` and `__run` -> list[Staged], of role KEPT; empty where no row is."""

    view: View
    slices: list[Slice]
    files: int
    folder: str


class ReadRows(msgspec.Struct, frozen=True, tag=True):
    """The first rows of Parquet files, for people -> Rows."""

    paths: list[str]
    limit: int


class Rows(msgspec.Struct, frozen=True):
    """`rows`: one list a row, JSON values; times as RFC 3339."""

    columns: list[FileColumn]
    rows: list[list[object]]


# ---------------------------------------------------------------- point in time


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


class JoinSpine(msgspec.Struct, frozen=True, tag=True):
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


class CheckSpine(msgspec.Struct, frozen=True, tag=True):
    """Could this spine be joined, by its columns, and by what a CSV writes in those that are needed? -> SpineCheck."""

    join: Join
    spine: Spine


class MeasureSpine(msgspec.Struct, frozen=True, tag=True):
    """How many rows, and up to when? -> SpineExtent. Refused as JoinSpine is where the moments cannot be read."""

    join: Join
    spine: Spine


class SpineExtent(msgspec.Struct, frozen=True):
    """`newest`: the greatest moment of a row; None where none has one."""

    rows: int
    newest: int | None


class SpineProblem(msgspec.Struct, frozen=True):
    column: str
    message: str
    hint: str | None = None


class SpineCheck(msgspec.Struct, frozen=True):
    """`columns` as they were found; those of a CSV that the join needs are what it needs, and the others what keeps all
    of their values."""

    columns: list[FileColumn]
    problems: list[SpineProblem]


Scalar = bool | int | float | str


class AnswerMoments(msgspec.Struct, frozen=True, tag=True):
    """A few rows, inline -> Moments. `values`: by column of keys and request values, one a row; TIMESTAMP as
    microseconds."""

    join: Join
    moments: list[int]
    values: dict[str, list[Scalar | list[Scalar | None] | None]]


class Moments(msgspec.Struct, frozen=True):
    """JSON texts, by column of the join, one a row; a status is the name of a ValueStatus.

    `events` and `runs` (hex; None: pushed) are those of each view's row, None where there is none."""

    texts: list[list[str]]
    statuses: list[list[str]]
    events: list[list[int | None]]
    runs: list[list[str | None]]


class Timeline(msgspec.Struct, frozen=True, tag=True):
    """Every visible row of one entity with an event timestamp in `[start, end)`, by (event, created, commit)
    -> list[TimelineRow]; at most `limit`. `key` in the order of the view's keys, of its one feature."""

    view: JoinedView
    key: list[Scalar]
    start: int
    end: int
    limit: int


class SampleKeys(msgspec.Struct, frozen=True, tag=True):
    """Keys of entities that have a visible row -> list[list[Scalar]], in the order of the view's keys; TIMESTAMP as
    microseconds. At most `limit`, chosen by `seed`: the same every time."""

    view: JoinedView
    limit: int
    seed: int


class TimelineRow(msgspec.Struct, frozen=True):
    """`text`: the value as JSON. `available`: the first moment at which a join may take the row. `run`: hex."""

    event: int
    created: int
    available: int
    text: str
    run: str | None


Request = (
    DescribeFiles
    | DescribeSql
    | CheckExpression
    | TypeExpression
    | CheckText
    | CheckPattern
    | PlanChunks
    | ComputeChunk
    | CheckCausality
    | JudgeRun
    | PackOnline
    | MergeRows
    | ReadRows
    | JoinSpine
    | CheckSpine
    | AnswerMoments
    | Timeline
    | MeasureSpine
    | SampleKeys
)

# ---------------------------------------------------------------- refusals


class SqlProblem(msgspec.Struct, frozen=True, tag=True):
    """Why a SQL text or a fragment is refused; where in it (from 1), if that is known.

    `relation`, `function`: the one that it lacks, or that is refused. `others`: what else is wrong with the text."""

    message: str
    hint: str | None = None
    line: int | None = None
    column: int | None = None
    relation: str | None = None
    function: str | None = None
    others: tuple["SqlProblem", ...] = ()


class ComputeProblem(msgspec.Struct, frozen=True, tag=True):
    """Why a computation ended: `code` in RunFault's sense; never retryable unless said."""

    code: str
    message: str
    hint: str | None = None
    retryable: bool = False
