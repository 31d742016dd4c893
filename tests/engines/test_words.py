"""What is wrong with a text: all of it at once, each with its place, in words for who wrote it."""

from collections.abc import Iterator

import duckdb
import pytest

from graphql_api.engines.describe import check_expression, check_pattern, describe_sql
from graphql_api.engines.problems import MOST_PROBLEMS, Refused
from graphql_api.engines.shapes import CheckExpression, CheckPattern, DescribeSql, FileColumn, Relation, SqlProblem

FLIGHTS = Relation(
    "flights",
    [
        *(FileColumn(name, "VARCHAR") for name in ("tailnum", "carrier")),
        FileColumn("dep_delay", "DOUBLE"),
        FileColumn("departed_at", "TIMESTAMP"),
        FileColumn("tags", "VARCHAR[]"),
    ],
)
PLANES = Relation("planes", [FileColumn("tailnum", "VARCHAR"), FileColumn("seats", "BIGINT")])


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET errors_as_json=true")
        yield opened


def told(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[int | None, int | None, str, str | None]]:
    with pytest.raises(Refused) as caught:
        describe_sql(connection, DescribeSql(sql, [FLIGHTS, PLANES]))
    first = caught.value.problem
    assert isinstance(first, SqlProblem)
    return [(one.line, one.column, one.message, one.hint) for one in (first, *first.others)]


KNOWN = "There are tailnum, carrier, dep_delay, departed_at, tags, seats."


def test_every_column_that_is_not_there_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT f.tailnm,\n  dep_dely AS née, x\nFROM flights f\nWHERE carier = 'é' AND planes_ > 1\nORDER BY seat"

    assert told(connection, sql) == [
        (1, 8, "'f' has no column 'tailnm'.", "Did you mean 'tailnum'?"),
        (2, 3, "There is no column 'dep_dely' here.", "Did you mean 'dep_delay'?"),
        (2, 20, "There is no column 'x' here.", KNOWN),
        (4, 7, "There is no column 'carier' here.", "Did you mean 'carrier'?"),
        (4, 24, "There is no column 'planes_' here.", KNOWN),
        (5, 10, "There is no column 'seat' here.", "Did you mean 'seats'?"),
    ]


def test_what_is_refused_is_told_whole_and_in_the_order_of_the_text(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT now(), medain(dep_delay), x FROM flight, read_csv('/etc/passwd'), planes WHERE uuid() = $1"

    assert [(column, message) for _, column, message, _ in told(connection, sql)] == [
        (8, "The function 'now' is refused: its value is not the same every time."),
        (15, "There is no function 'medain'."),
        (41, "There is no relation 'flight' here."),
        (49, "The table function 'read_csv' is refused: it reads files by their names."),
        (87, "The function 'uuid' is refused: its value is not the same every time."),
        (96, "Parameters are refused."),
    ]


def test_of_many_problems_the_first_ones_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    refused = told(connection, f"SELECT {', '.join(['now()'] * 100)} FROM flights")
    lacking = told(connection, f"SELECT {', '.join(f'lacking_{number}' for number in range(100))} FROM flights")

    assert (len(refused), len(lacking)) == (MOST_PROBLEMS, MOST_PROBLEMS)
    assert refused[0][:2] == (1, 8)


@pytest.mark.parametrize(
    ("sql", "message", "hint"),
    [
        (
            "SELECT tailnum FORM flights",
            "The text cannot be read at 'flights'.",
            "Look at it and at what stands before it: a comma, a bracket, a quote, a word that lacks.",
        ),
        (
            "SELECT dep_delay FROM {{ ref('flights') }}",
            "The text cannot be read at '{'.",
            "Templates are not filled in here: write the SQL as it is to run.",
        ),
        (
            "SELECT tailnum WHERE carrier = 'AA'",
            "There is no FROM that would give the column 'carrier'.",
            "Write FROM and the name of a source.",
        ),
        (
            'SELECT carrier = "AA" FROM flights',
            "There is no column 'AA' here.",
            "A text stands in single quotes: 'AA'.",
        ),
        ("SELECT 'AA FROM flights", "A quote is not closed.", "Close it; a quote inside of a text is written twice."),
        (
            "SELECT g.carrier FROM flights f",
            "There is no relation 'g' in FROM.",
            "Write one of f.",
        ),
        (
            "SELECT tailnum FROM flights JOIN planes ON true",
            "The column 'tailnum' is in several relations.",
            "Write flights.tailnum or planes.tailnum.",
        ),
        (
            "SELECT tailnum, carrier FROM flights GROUP BY tailnum",
            "The column 'carrier' is neither in GROUP BY nor in an aggregate.",
            "Add it to GROUP BY, or write any_value(carrier) where any of its values will do.",
        ),
        (
            "SELECT carrier + 1 FROM flights",
            "+ does not take VARCHAR and INTEGER.",
            "Write CAST(… AS …), so that the two sides fit.",
        ),
        (
            "SELECT carrier LIKE 1 FROM flights",
            "LIKE does not take VARCHAR and INTEGER.",
            "Write CAST(… AS …), so that the two sides fit.",
        ),
        (
            "SELECT avg(carrier) FROM flights",
            "The function 'avg' does not take (VARCHAR).",
            "It takes avg(x DOUBLE): a CAST may make it fit.",
        ),
        (
            "SELECT date_trunc(departed_at, 'day') FROM flights",
            "The function 'date_trunc' does not take (TIMESTAMP, VARCHAR).",
            "It takes date_trunc(part VARCHAR, timestamp TIMESTAMP): a CAST may make it fit.",
        ),
        (
            "SELECT carrier > 1 FROM flights",
            "SQL does not compare VARCHAR and INTEGER.",
            "Write CAST(… AS …) around one of them.",
        ),
        (
            "SELECT CASE WHEN true THEN tags ELSE 1 END FROM flights",
            "SQL does not mix INTEGER and VARCHAR[].",
            "Write CAST(… AS …) around one of them.",
        ),
        (
            "SELECT CAST(dep_delay AS NUMBR) FROM flights",
            "There is no type 'NUMBR'.",
            "Write a type of DuckDB, such as BIGINT, DOUBLE, VARCHAR or TIMESTAMP.",
        ),
        (
            "SELECT list_transform(tags, x -> x || 'a') FROM flights",
            "-> is refused: it may mean two things.",
            "Write lambda x: … for a function.",
        ),
        (
            "SELECT tailnum FROM flights ORDER BY 'x'",
            "ORDER BY a text that is always the same has no effect.",
            "Order by a column.",
        ),
        (
            "SELECT tailnum FROM flights WHERE max(dep_delay) > 1",
            "WHERE sees rows before they are aggregated.",
            "Write the condition in HAVING.",
        ),
        (
            "SELECT tailnum FROM flights WHERE row_number() OVER (ORDER BY departed_at) = 1",
            "WHERE sees rows before windows are computed.",
            "Write the condition in QUALIFY.",
        ),
        (
            "SELECT max(dep_delay) OVER w FROM flights",
            "There is no window 'w'.",
            "Write WINDOW w AS (PARTITION BY … ORDER BY …).",
        ),
        (
            "SELECT max(dep_delay) OVER (ORDER BY departed_at RANGE 7 PRECEDING) FROM flights",
            "- does not take TIMESTAMP and INTEGER.",
            "Write INTERVAL 7 DAY for seven days.",
        ),
        (
            "SELECT max(dep_delay) OVER (RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW) FROM flights",
            "A frame of RANGE needs the one column that its rows are ordered by.",
            "Write ORDER BY … in the window.",
        ),
        ("SELECT tailnum FROM flights GROUP BY 3", "GROUP BY term out of range - should be between 1 and 1.", None),
        ("SELECT 1 AS a, 2 AS A", "Two outputs are named 'a'.", "Name one of them otherwise with AS."),
    ],
)
def test_duckdb_is_not_quoted_where_we_can_say_it_better(
    connection: duckdb.DuckDBPyConnection, sql: str, message: str, hint: str | None
) -> None:
    ((_, _, said, remedy),) = told(connection, sql)

    assert (said, remedy) == (message, hint)
    assert "SET " not in said


def test_a_condition_tells_all_that_its_row_lacks(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(Refused) as caught:
        check_expression(connection, CheckExpression("dep_dely > 1 AND carier = 'x'", FLIGHTS.columns))

    first = caught.value.problem
    assert isinstance(first, SqlProblem)
    assert [(one.column, one.message) for one in (first, *first.others)] == [
        (1, "There is no column 'dep_dely' here."),
        (18, "There is no column 'carier' here."),
    ]


def test_a_pattern_is_refused_in_the_words_of_re2(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(Refused) as caught:
        check_pattern(connection, CheckPattern("(?<=a)b"))

    assert caught.value.problem == SqlProblem(
        "The pattern cannot be read: invalid perl operator: (?<.",
        "It is written for RE2, which has no look-around and no references back.",
    )
