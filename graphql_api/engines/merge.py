"""What is visible of many files, in few of them: each row with the commit and the run that it came with."""

from pathlib import Path

import duckdb

from graphql_api.engines.layout import COMMIT, RUN, nullable, row_columns, sorted_by_identity, visible_rows
from graphql_api.engines.shapes import MergeRows, Staged
from graphql_api.engines.staging import stage

_MERGED, _PLACE = "__merged", "__place"


def merge_rows(connection: duckdb.DuckDBPyConnection, request: MergeRows) -> list[Staged]:
    view = request.view
    columns = row_columns(view)
    source = visible_rows(view, request.slices, [column.name for column in columns])
    items = nullable(columns, [COMMIT, RUN])
    order = f"{sorted_by_identity(view)}, {COMMIT}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_MERGED} AS "
        f"SELECT row_number() OVER (ORDER BY {order}) AS {_PLACE}, * FROM ({source})"
    )
    rows: int = connection.execute(f"SELECT count(*) FROM {_MERGED}").fetchall()[0][0]
    size = max(1, -(-rows // request.files))
    made: list[Staged] = []
    for number, first in enumerate(range(1, rows + 1, size)):
        part = f"SELECT {items} FROM {_MERGED} WHERE {_PLACE} BETWEEN {first} AND {first + size - 1}"
        file = stage(
            connection,
            f"{part} ORDER BY {_PLACE}",
            Path(request.folder) / f"merged-{number}.parquet",
            "KEPT",
            view.keys,
        )
        made += [file] if file else []
    return made
