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


CHANGES = "its value is not the same every time"
LOOKS_AROUND = "it looks at the machine, the session or the database"
READS_FILES = "it reads files by their names"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT now()", f"The function 'now' is refused: {CHANGES}."),
        ("SELECT age(t) FROM flights", f"The function 'age' is refused: {CHANGES}."),
        ("SELECT current_date", f"'current_date' is refused: {CHANGES}."),
        ("SELECT current_user", f"'current_user' is refused: {LOOKS_AROUND}."),
        ("SELECT current_setting('memory_limit')", f"The function 'current_setting' is refused: {LOOKS_AROUND}."),
        ("SELECT getenv('HOME')", f"The function 'getenv' is refused: {LOOKS_AROUND}."),
        ("SELECT version()", f"The function 'version' is refused: {LOOKS_AROUND}."),
        ("SELECT current_schema()", f"The function 'current_schema' is refused: {LOOKS_AROUND}."),
        ("SELECT txid_current()", f"The function 'txid_current' is refused: {LOOKS_AROUND}."),
        ("SELECT pragma_version()", f"The function 'pragma_version' is refused: {LOOKS_AROUND}."),
        ("FROM pragma_table_info('x')", f"The table function 'pragma_table_info' is refused: {LOOKS_AROUND}."),
        ("FROM duckdb_settings()", f"The table function 'duckdb_settings' is refused: {LOOKS_AROUND}."),
        ("FROM read_parquet('x')", f"The table function 'read_parquet' is refused: {READS_FILES}."),
        ("FROM glob('/*')", f"The table function 'glob' is refused: {READS_FILES}."),
        ("SELECT read_text('x')", f"The function 'read_text' is refused: {READS_FILES}."),
        ("FROM query('SELECT 1')", "The table function 'query' is refused: it runs a text as SQL."),
        ("SELECT error('x')", "The function 'error' is refused: it only ends the computation."),
        ("FROM repeat(1, 2)", "The function 'repeat' is refused in FROM: it is not among those that may stand there."),
        ("FROM seq_scan()", "The table function 'seq_scan' is refused: it is not among those that SQL may call."),
        ("SELECT make_type('x')", "The function 'make_type' is refused: it is not among those that SQL may call."),
        ("SELECT row_number() FROM flights", "The function 'row_number' is refused here: it needs OVER."),
        ("SELECT json_each(a) FROM flights", "The function 'json_each' is refused here: it needs to stand in FROM."),
        (
            "SELECT floor(a) OVER () FROM flights",
            "The function 'floor' is refused with OVER: it is neither an aggregate nor of windows.",
        ),
        ("FROM floor(1)", "The function 'floor' is refused in FROM: it is not among those that may stand there."),
        ("SELECT has_nothing(1)", "There is no function 'has_nothing'."),
        ("FROM read_nothing(1)", "There is no table function 'read_nothing'."),
    ],
)
def test_a_refusal_says_why(connection: duckdb.DuckDBPyConnection, sql: str, message: str) -> None:
    assert refusal(connection, sql).message == message


@pytest.mark.parametrize("sql", ["SELECT getenv('HOME')", "SELECT read_text('x')", "SELECT version()"])
def test_what_is_refused_for_good_is_not_taken_for_a_slip(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert refusal(connection, sql).hint == "SQL sees its sources and nothing else."


def test_a_refusal_says_where_in_characters_and_what_was_meant(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT 'née' AS a,\n  flor(b) FROM flights"

    assert refusal(connection, sql) == SqlProblem(
        "There is no function 'flor'.", "Did you mean 'floor'?", line=2, column=3, function="flor"
    )
    assert refusal(connection, "SELECT 'née' FROM flight") == SqlProblem(
        "There is no relation 'flight' here.", "Did you mean 'flights'?", line=1, column=19, relation="flight"
    )
    assert refusal(connection, "SELEC 1") == SqlProblem(
        "The text cannot be read at 'SELEC'.",
        "Look at it and at what stands before it: a comma, a bracket, a quote, a word that lacks.",
        line=1,
        column=1,
    )


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
