"""What the engine is told and what it answers: plain values that cross the border of the sandbox as msgpack.

Moments and durations are microseconds. Paths are local files. `data_type` is a type in the words of DuckDB.
"""

from typing import Generic, TypeVar, get_args

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


AnswerT = TypeVar("AnswerT")
_AnswerT = TypeVar("_AnswerT", covariant=True)


class RequestFor(msgspec.Struct, Generic[_AnswerT], frozen=True):
    """What the engine is asked for; each kind of it names the type of its answer."""

    @classmethod
    def answer_type(cls) -> object:
        """As msgspec decodes it."""
        return get_args(vars(cls)["__orig_bases__"][0])[0]


class DescribeFiles(RequestFor[list[FileSchema]], frozen=True, tag=True):
    """-> list[FileSchema], in the order of `paths`."""

    paths: list[str]


class DescribeSql(RequestFor[list[FileColumn]], frozen=True, tag=True):
    """Is it one SELECT over these relations, deterministic, and what does it give? -> list[FileColumn]."""

    sql: str
    relations: list[Relation]


class CheckExpression(RequestFor[FileColumn], frozen=True, tag=True):
    """Is it one scalar expression over these columns? -> FileColumn(rendered text, data_type)."""

    expression: str
    columns: list[FileColumn]


class ColumnUse(msgspec.Struct, frozen=True):
    relation: str
    column: str


class TypedExpression(msgspec.Struct, frozen=True):
    """`rendered`: the text anew from its checked tree, each column with its relation. `uses` is sorted."""

    rendered: str
    data_type: str
    uses: list[ColumnUse]


class TypeExpression(RequestFor[TypedExpression], frozen=True, tag=True):
    """Is it one scalar expression over the columns of these relations, and of which of them? -> TypedExpression.

    A column that two relations hold must be written with its relation. `bare`: the one relation whose columns are
    never written with its name."""

    expression: str
    relations: list[Relation]
    bare: str


class CheckText(RequestFor[None], frozen=True, tag=True):
    """Is it one SELECT over relations of these names, whatever their columns are? -> None. `relations` None: is it one
    scalar expression?"""

    text: str
    relations: list[str] | None = None


class CheckPattern(RequestFor[None], frozen=True, tag=True):
    """Is it a regular expression of RE2? -> None."""

    pattern: str


class PlanChunks(RequestFor[ChunkPlan], frozen=True, tag=True):
    """Cut `[start or oldest row, end)` by source rows, never finer than the lookback, the same way every time.

    -> ChunkPlan. A static view is one chunk, whatever its rows."""

    view: View
    start: int | None
    end: int
    target_rows: int


class ComputeChunk(RequestFor[ChunkResult], frozen=True, tag=True):
    """-> ChunkResult. `old`: what is visible in the chunk's range before this run, to keep what a correction
    supersedes and the run does not write itself. `frozen_at`: created timestamps may not be later. `folder`: where
    files go."""

    view: View
    start: int
    end: int
    frozen_at: int
    old: list[Slice]
    folder: str


class CheckCausality(RequestFor[str | None], frozen=True, tag=True):
    """-> None, or a text with the rows that differ, when a sample of the range is run whole and in two pieces."""

    view: View
    start: int
    end: int


class JudgeRun(RequestFor[list[CheckResult]], frozen=True, tag=True):
    """The checks of the run as a whole, over all its staged rows, quarantined ones too -> list[CheckResult]."""

    view: View
    rows: list[str]
    quarantined: list[str]


class PackOnline(RequestFor[PackedFile], frozen=True, tag=True):
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


class MergeRows(RequestFor[list[Staged]], frozen=True, tag=True):
    """All that is visible in the slices, sorted as every file is and cut by keys into at most so many files of about
    the same number of rows, which carry `__commit` and `__run` -> list[Staged], of role KEPT; empty where no row is."""

    view: View
    slices: list[Slice]
    files: int
    folder: str


class Rows(msgspec.Struct, frozen=True):
    """`rows`: one list a row, JSON values; times as RFC 3339."""

    columns: list[FileColumn]
    rows: list[list[object]]


class ReadRows(RequestFor[Rows], frozen=True, tag=True):
    """The first rows of Parquet files, for people -> Rows."""

    paths: list[str]
    limit: int


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
