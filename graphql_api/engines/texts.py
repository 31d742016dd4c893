"""Texts judged by themselves, where the columns that they name are not known."""

import duckdb

from graphql_api.engines.gate import pass_expression, pass_select
from graphql_api.engines.shapes import CheckText


def check_text(connection: duckdb.DuckDBPyConnection, request: CheckText) -> None:
    """Refused where it may not run, whatever the columns are."""
    if request.relations is None:
        pass_expression(connection, request.text)
    else:
        pass_select(connection, request.text, request.relations)
