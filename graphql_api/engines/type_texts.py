"""Types as texts that somebody wrote: nothing but a type may go into SQL of ours."""

import duckdb
import msgspec

from graphql_api.engines.problems import binding, refuse_sql


def check_type(connection: duckdb.DuckDBPyConnection, data_type: str) -> None:
    """A type may come from a document: it must be a type, and nothing but a type."""
    text = f"SELECT CAST(NULL AS {data_type})"
    with binding(text):
        statements = connection.extract_statements(text)
    if len(statements) != 1 or not _is_bare_cast(connection, text):
        refuse_sql(f"{data_type!r} is not a type of DuckDB.")
    try:
        connection.execute(text)
    except duckdb.Error:
        refuse_sql(f"{data_type!r} is not a type of DuckDB.")


def _is_bare_cast(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    parsed = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()[0][0]
    try:
        (statement,) = msgspec.json.decode(parsed, type=_Parsed).statements
        (item,) = statement.node.select_list
    except (msgspec.ValidationError, ValueError):
        return False
    return not item.alias and item.child.literal.kind == "NULL_LITERAL"


class _Literal(msgspec.Struct):
    kind: str


class _Constant(msgspec.Struct, tag_field="class", tag="CONSTANT"):
    literal: _Literal


class _Cast(msgspec.Struct, tag_field="class", tag="CAST"):
    child: _Constant
    alias: str


class _Select(msgspec.Struct):
    select_list: list[_Cast]


class _Statement(msgspec.Struct):
    node: _Select


class _Parsed(msgspec.Struct):
    statements: list[_Statement]
