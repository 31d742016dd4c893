"""A whole spine, joined: first which row answers, for all of it, then the values, a piece at a time.

Which row answers needs keys and moments alone, so this ASOF join is narrow; it tells a row by its place in its file. A
piece of the spine then gathers its values from the files, in its order, and its relations lie side by side: nothing
wide is joined by key, and memory is bounded by the piece. What grows with the spine is in temporary tables, which spill
to disk.

The files have the same bytes every time, with any number of threads: no value is summed up, whatever needs an order is
sorted by the number of its row in the spine, and relations that lie side by side are read by one thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import duckdb

from graphql_api.engines.join_shapes import (
    JoinedSpine,
    JoinProgress,
    JoinSpine,
    OnDemandColumn,
    SpineFile,
    StoredColumn,
    ViewAnswers,
)
from graphql_api.engines.layout import (
    PLACE,
    ROWS_A_FILE,
    files_of,
    has_places,
    row_place,
    visible_columns,
)
from graphql_api.engines.on_demand import VALUE, create_computed
from graphql_api.engines.point_in_time import ANSWERED, EXPIRED, MISSING, STATE, create_steps, matched, stored_columns
from graphql_api.engines.shapes import FileColumn
from graphql_api.engines.spine import SPINE, OpenSpine, open_spine
from graphql_api.engines.splits import CHOSEN, create_chosen
from graphql_api.engines.staging import file_sha256
from graphql_api.engines.text import listed, literal, quoted

CELLS_A_PIECE = 16_000_000
"""Values of a piece, all its columns together."""
_STEPS = "__steps"


def ignored(_: JoinProgress) -> None:
    """For those whom progress does not concern."""


def join_spine(
    connection: duckdb.DuckDBPyConnection, request: JoinSpine, tell: Callable[[JoinProgress], None] = ignored
) -> JoinedSpine:
    spine = open_spine(connection, request.join, request.spine)
    if request.splits is not None:
        create_chosen(connection, request.join, spine.asked, request.splits)
    joining = _Joining(connection, request, spine, tell)
    views = [joining.find_rows(at) for at in range(len(request.join.views))]
    joining.write_pieces()
    timed, oldest, newest = connection.execute(f"SELECT count(t), min(t), max(t) FROM {SPINE}").fetchall()[0]
    return JoinedSpine(
        files=joining.files,
        rows=spine.rows,
        columns=joining.columns(),
        nulls=joining.nulls,
        views=views,
        left_out=spine.rows - sum(file.rows for file in joining.files),
        without_moment=spine.rows - timed,
        outside=spine.outside,
        oldest=oldest,
        newest=newest,
        is_naive=spine.is_naive,
        renamed={old: new for old, new in joining.names.items() if old != new},
        unmatchable=spine.unmatchable,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int

    @property
    def where(self) -> str:
        return f"i >= {self.start} AND i < {self.end}"


class _Joining:
    """Its work counts in steps: to find the rows of a view, to gather the values of a view for a piece, and to write a
    piece."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        request: JoinSpine,
        spine: OpenSpine,
        tell: Callable[[JoinProgress], None],
    ) -> None:
        self._connection = connection
        self._request = request
        self._join = request.join
        self._spine = spine
        self.names = _output_names(spine, [column.column for column in request.join.columns])
        self.files: list[SpineFile] = []
        self.nulls = [0] * len(request.join.columns)
        self._tell = tell
        self._pieces = self._cut()
        self._views_found = 0
        self._steps_done = 0
        views = len(request.join.views)
        self._steps = views + len(self._pieces) * (views + 1)

    def _step(self, *, rows: int) -> None:
        self._steps_done += 1
        self._tell(JoinProgress(self._views_found, rows, self._steps_done / self._steps))

    # ------------------------------------------------------------ which rows answer

    def find_rows(self, at: int) -> ViewAnswers:
        """Makes `__found<at>`: `i`, `t`, `__state` and where the values of the answering row lie, or the values; both
        null where it is expired."""
        view = self._join.views[at]
        carried = {PLACE: PLACE} if self._by_place(at) else self._features(at)
        columns = stored_columns(view) if self._by_place(at) else [*stored_columns(view), *view.features]
        visible = visible_columns(columns, view.slices, with_place=self._by_place(at))
        create_steps(
            self._connection, view, visible, carried, known_before=self._join.known_before, table=f"{_STEPS}{at}"
        )
        found = matched(view, self._spine.asked, f"{_STEPS}{at}", carried)
        held = ", ".join(f"CASE WHEN {STATE} = {ANSWERED} THEN {name} END AS {name}" for name in carried)
        self._connection.execute(
            f"CREATE TEMP TABLE {_found(at)} AS SELECT i, t, {STATE}{', ' if held else ''}{held} FROM ({found}) "
            "ORDER BY i"
        )
        later = "false" if view.covered_until is None else f"t - {view.delay} >= {view.covered_until}"
        counts = ", ".join(f"count(*) FILTER (WHERE {STATE} = {state})" for state in (ANSWERED, MISSING, EXPIRED))
        row = self._connection.execute(f"SELECT {counts}, count(*) FILTER (WHERE {later}) FROM {_found(at)}")
        answered, missing, expired, beyond = row.fetchall()[0]
        self._connection.execute(f"DROP TABLE IF EXISTS {_STEPS}{at}_rows CASCADE")
        self._views_found += 1
        self._step(rows=0)
        return ViewAnswers(answered, missing, expired, beyond)

    def _by_place(self, at: int) -> bool:
        view = self._join.views[at]
        return bool(view.slices) and has_places([*stored_columns(view), *view.features])

    def _features(self, at: int) -> dict[str, str]:
        return {f"f{place}": quoted(feature.name) for place, feature in enumerate(self._join.views[at].features)}

    def _feature(self, at: int, name: str) -> str:
        place = [feature.name for feature in self._join.views[at].features].index(name)
        return f"{_gathered(at)}.f{place}"

    # ------------------------------------------------------------ pieces

    def _cut(self) -> list[_Piece]:
        """Pieces of one size, as far as it goes."""
        width = len(self._spine.found) + len(self._join.columns)
        most = max(1, min(self._request.rows_a_file, CELLS_A_PIECE // max(width, 1)))
        pieces = max(1, ceil(self._spine.rows / most))
        size = max(1, ceil(self._spine.rows / pieces))
        return [_Piece(number * size, (number + 1) * size) for number in range(pieces)]

    def write_pieces(self) -> None:
        for piece in self._pieces:
            for at in range(len(self._join.views)):
                self._gather(at, piece)
                self._step(rows=piece.start)
            self._compute(piece)
            self._write(piece, is_last=piece is self._pieces[-1])
            self._step(rows=min(piece.end, self._spine.rows))

    def _gather(self, at: int, piece: _Piece) -> None:
        """Makes `__gathered<at>` of the view's features, one row for each of the piece, in its order."""
        features = self._features(at)
        if not features:
            return
        asked = f"(SELECT * FROM {_found(at)} WHERE {piece.where}) AS asked"
        query = f"SELECT {', '.join(features)} FROM {asked} ORDER BY asked.i"
        if self._by_place(at):
            query = self._from_files(at, asked, piece)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {_gathered(at)} AS {query}")

    def _from_files(self, at: int, asked: str, piece: _Piece) -> str:
        view, features = self._join.views[at], self._features(at)
        places = f"SELECT DISTINCT {PLACE} // {ROWS_A_FILE} FROM {_found(at)} WHERE {piece.where}"
        found: list[tuple[int | None]] = self._connection.execute(places).fetchall()
        used = sorted(file for (file,) in found if file is not None)
        if not used:
            nothing = [f"CAST(NULL AS {feature.value_type.sql}) AS f{n}" for n, feature in enumerate(view.features)]
            return f"SELECT {', '.join(nothing)} FROM {asked}"
        files = files_of(view.slices)
        place = row_place(f"{used}[CAST(file_index AS BIGINT) + 1]")
        items = [f"{column} AS {name}" for name, column in features.items()]
        scan = f"read_parquet({listed(files[file] for file in used)}, union_by_name=true)"
        values = f"(SELECT {', '.join(items)}, {place} AS {PLACE} FROM {scan}) AS held"
        chosen = ", ".join(f"held.{name}" for name in features)
        return f"SELECT {chosen} FROM {asked} LEFT JOIN {values} ON held.{PLACE} = asked.{PLACE} ORDER BY asked.i"

    def _compute(self, piece: _Piece) -> None:
        for at, column in enumerate(self._join.columns):
            if isinstance(column, OnDemandColumn):
                relation = self._beside(piece)
                create_computed(self._connection, _computed(at), column, relation, self._feature, self._spine.values)

    def _beside(self, piece: _Piece, more: Sequence[str] = ()) -> str:
        """The rows of the piece and what was gathered for them, side by side."""
        relations = [f"(SELECT * FROM {SPINE} WHERE {piece.where}) AS spine"]
        relations += [_gathered(at) for at, view in enumerate(self._join.views) if view.features]
        return " POSITIONAL JOIN ".join([*relations, *more])

    # ------------------------------------------------------------ files

    def columns(self) -> list[FileColumn]:
        query = f"DESCRIBE FROM read_parquet({literal(self.files[0].path)})"
        return [FileColumn(name, data_type) for name, data_type, *_ in self._connection.execute(query).fetchall()]

    def _write(self, piece: _Piece, *, is_last: bool) -> None:
        computed = [_computed(at) for at, one in enumerate(self._join.columns) if isinstance(one, OnDemandColumn)]
        chosen = [f"(SELECT split FROM {CHOSEN} WHERE {piece.where}) AS chosen"] if self._request.splits else []
        relation = self._beside(piece, [*computed, *chosen])
        self._count_nulls(relation)
        splits = [split.name for split in self._request.splits.parts] if self._request.splits else [None]
        for at, split in enumerate(splits):
            where = "true" if split is None else f"chosen.split = {at}"
            part = sum(file.split == split for file in self.files)
            path = Path(self._request.folder) / f"{at}-{part}.parquet"
            # DuckDB must not know that a column has no nulls: it would be REQUIRED in one file, OPTIONAL in the next.
            items = [f"CASE WHEN spine.i IS NOT NULL THEN {sql} END AS {quoted(name)}" for name, sql in self._output()]
            rows = self._connection.execute(
                f"COPY (SELECT {', '.join(items)} FROM {relation} WHERE {where}) TO {literal(str(path))} "
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            ).fetchall()[0][0]
            if rows or (is_last and part == 0):
                size = path.stat().st_size
                self.files.append(SpineFile(str(path), split, part, rows, size, file_sha256(path)))
            else:
                path.unlink()

    def _output(self) -> list[tuple[str, str]]:
        event = self._request.spine.event_timestamp.lower()
        own = [
            (self.names[column.name], "make_timestamptz(spine.t)" if column.name.lower() == event else f"spine.{name}")
            for name, column in self._spine.found.items()
        ]
        return [*own, *((column.column, self._value(at, column)) for at, column in enumerate(self._join.columns))]

    def _value(self, at: int, column: StoredColumn | OnDemandColumn) -> str:
        if isinstance(column, OnDemandColumn):
            return f"{_computed(at)}.{VALUE}"
        return self._feature(column.view, column.feature)

    def _count_nulls(self, relation: str) -> None:
        values = [self._value(at, column) for at, column in enumerate(self._join.columns)]
        if values:
            counts = ", ".join(f"count(*) - count({value})" for value in values)
            found = self._connection.execute(f"SELECT {counts} FROM {relation}").fetchall()[0]
            self.nulls = [held + more for held, more in zip(self.nulls, found, strict=True)]


def _found(at: int) -> str:
    return f"__found{at}"


def _gathered(at: int) -> str:
    return f"__gathered{at}"


def _computed(at: int) -> str:
    return f"__computed{at}"


def _output_names(spine: OpenSpine, features: Sequence[str]) -> dict[str, str]:
    """What the files call each column of the spine: a feature has its name everywhere, and so a column of the spine
    that has it too gives it up."""
    taken = {name.lower() for name in [*features, *(column.name for column in spine.found.values())]}
    wanted = {name.lower() for name in features}
    names: dict[str, str] = {}
    for column in spine.found.values():
        name = column.name
        if name.lower() in wanted:
            while name.lower() in taken:
                name = f"spine_{name}"
            taken.add(name.lower())
        names[column.name] = name
    return names
