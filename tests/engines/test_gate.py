"""What may be run: one SELECT over the given relations, deterministic; everything else is refused by name and place."""

from collections.abc import Iterator

import duckdb
import pytest

from graphql_api.engines.gate import pass_expression, pass_select
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ComputeProblem, SqlProblem

RELATIONS = ("flights", "planes")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET errors_as_json=true")
        yield opened


def refusal(connection: duckdb.DuckDBPyConnection, sql: str) -> SqlProblem | ComputeProblem:
    with pytest.raises(Refused) as caught:
        pass_select(connection, sql, RELATIONS)
    return caught.value.problem


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM flights",
        "FROM flights SELECT tailnum",
        "SELECT * FROM flights; -- the end",
        "WITH a AS (FROM flights), b AS (FROM a) FROM b JOIN planes USING (tailnum)",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 10) FROM r",
        "SELECT avg(x) OVER w FROM flights WINDOW w AS (PARTITION BY a ORDER BY b "
        "RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW)",
        "SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) FROM flights QUALIFY row_number() OVER (PARTITION BY a) = 1",
        "SELECT (SELECT max(x) FROM flights f WHERE f.a = p.a), x IN (SELECT y FROM planes) FROM planes p",
        "SELECT unnest(l), list_transform(l, lambda x: x + 1), a[1:2], {'x': 1}.x, a->'$.b' FROM flights",
        "SELECT * FROM (PIVOT flights ON a IN (1, 2) USING sum(b))",
        "SELECT * FROM flights ASOF JOIN planes ON a >= b, range(3), LATERAL (SELECT 1)",
        "SELECT date_trunc('day', t), time_bucket(INTERVAL 1 HOUR, t), timezone('Asia/Tokyo', t) FROM flights",
        "SELECT age(a, b), list_aggregate(l, 'sum'), approx_quantile(a, 0.5), mode(a) FROM flights",
        "VALUES (1)",
    ],
)
def test_a_deterministic_select_over_its_relations_passes(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    pass_select(connection, sql, RELATIONS)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT now()", "'now'"),
        ("SELECT current_timestamp FROM flights", "'current_timestamp'"),
        ("SELECT today()", "'today'"),
        ("SELECT random()", "'random'"),
        ("SELECT uuid()", "'uuid'"),
        ("SELECT gen_random_uuid()", "'gen_random_uuid'"),
        ("SELECT nextval('s')", "'nextval'"),
        ("SELECT age(t) FROM flights", "'age'"),
        ("SELECT list_aggregate(l, 'reservoir_quantile', 0.5) FROM flights", "'list_aggregate'"),
        ("SELECT list_transform([1], x -> random())", "'random'"),
        ("SELECT sum(a ORDER BY random()) FROM flights", "'random'"),
        ("SELECT count(*) FILTER (WHERE now() > t) FROM flights", "'now'"),
        ("SELECT 1 FROM flights ORDER BY now()", "'now'"),
        ("SELECT getenv('HOME')", "'getenv'"),
        ("SELECT current_setting('memory_limit')", "'current_setting'"),
        ("SELECT version()", "'version'"),
        ("SELECT error('x')", "'error'"),
        ("SELECT getvariable('x')", "'getvariable'"),
        ("SELECT pg_catalog.now()", "'pg_catalog.now'"),
        ("SELECT * FROM read_csv('/etc/passwd')", "'read_csv'"),
        ("SELECT * FROM read_text('/etc/passwd')", "'read_text'"),
        ("SELECT * FROM glob('/*')", "'glob'"),
        ("SELECT * FROM query('SELECT 1')", "'query'"),
        ("SELECT * FROM query_table('flights')", "'query_table'"),
        ("SELECT * FROM duckdb_settings()", "'duckdb_settings'"),
        ("SELECT 1 LIMIT (SELECT count(*) FROM pragma_version())", "'pragma_version'"),
        ("SELECT * FROM parquet_metadata('x')", "'parquet_metadata'"),
        ("SELECT * FROM '/etc/passwd'", "'/etc/passwd'"),
        ("SELECT * FROM 'https://example.com/a.parquet'", "'https://example.com/a.parquet'"),
        ("SELECT * FROM sqlite_master", "'sqlite_master'"),
        ("WITH duckdb_views AS (FROM duckdb_views) FROM duckdb_views", "'duckdb_views'"),
        ("SELECT * FROM information_schema.tables", "'information_schema.tables'"),
        ("SELECT * FROM flights TABLESAMPLE 10%", "sample"),
        ("SELECT * FROM flights USING SAMPLE 10", "sample"),
        ("SELECT * FROM flights AT (VERSION => 1)", "AT"),
        ("SELECT $1", "Parameters"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("", "no statement"),
        ("COPY flights TO '/tmp/x'", "COPY"),
        ("ATTACH '/tmp/x'", "ATTACH"),
        ("SET threads = 1", "SET"),
        ("SET VARIABLE x = 1", "SET"),
        ("CREATE TABLE x (a INT)", "CREATE"),
        ("INSERT INTO flights VALUES (1)", "INSERT"),
        ("WITH x AS (DELETE FROM flights RETURNING *) FROM x", "DELETE"),
        ("PREPARE x AS SELECT 1", "PREPARE"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
        ("CALL pragma_version()", "CALL"),
        ("INSTALL httpfs", "LOAD"),
        ("DESCRIBE flights", "DESCRIBE"),
        ("FROM (SUMMARIZE flights)", "SUMMARIZE"),
        ("PIVOT flights ON a USING sum(b)", "PIVOT"),
        ("SELECT '\0'", "NUL"),
    ],
)
def test_what_reaches_further_is_refused_by_name(connection: duckdb.DuckDBPyConnection, sql: str, named: str) -> None:
    assert named in refusal(connection, sql).message


def test_a_refusal_says_where_in_characters_and_what_was_meant(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT 'née' AS a,\n  flor(b) FROM flights"

    assert refusal(connection, sql) == SqlProblem(
        "The function 'flor' is unknown or refused.", "Did you mean 'floor'?", line=2, column=3
    )
    assert refusal(connection, "SELECT 'née' FROM flight") == SqlProblem(
        "There is no relation 'flight' here.", "Did you mean 'flights'?", line=1, column=19
    )
    assert refusal(connection, "SELEC 1") == SqlProblem('syntax error at or near "SELEC"', None, line=1, column=1)


def test_text_that_nests_without_end_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    assert isinstance(refusal(connection, "SELECT " + "1 + " * 5_000 + "1"), SqlProblem)


@pytest.mark.parametrize(
    ("expression", "rendered"),
    [
        ("a > 1 -- why", "(a > 1)"),
        ("not a and b or c;", "(((NOT a) AND b) OR c)"),
        ("coalesce(s, 'it''s')", "COALESCE(s, 'it''s')"),
        ("list_transform(l, lambda x: x + 1)", "list_transform(l, (lambda x: (x + 1)))"),
    ],
)
def test_an_expression_is_rendered_again_from_its_tree(
    connection: duckdb.DuckDBPyConnection, expression: str, rendered: str
) -> None:
    assert pass_expression(connection, expression) == rendered


@pytest.mark.parametrize(
    "expression",
    [
        "a AS b", "*", "COLUMNS(*)", "a, b", "a FROM flights", "1; SELECT 2", "a ORDER BY b", "a UNION SELECT 1",
        "DISTINCT a", "count(*)", "sum(a)", "wavg(a, b)", "sum(a) OVER ()", "row_number() OVER ()", "(SELECT 1)",
        "EXISTS (SELECT 1)", "unnest([1])", "now()", "current_date", "$1", "", "a)", "a) OR (b",
    ],
)  # fmt: skip
def test_what_is_not_one_scalar_expression_is_refused(connection: duckdb.DuckDBPyConnection, expression: str) -> None:
    with pytest.raises(Refused):
        pass_expression(connection, expression)
