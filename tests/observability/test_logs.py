import logging

from graphql_api.observability.logs import ReadableLines


def a_record(message: str, **facts: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "graphql_api.runs.pipeline", "levelname": "INFO", "created": 1_795_566_533.25, "msg": message, **facts}
    )


def test_a_line_tells_moment_level_place_words_and_facts() -> None:
    line = ReadableLines().format(a_record("chunk is staged", run="66f1", rows=120_000))

    assert line == "2026-11-25T00:28:53.250Z INFO    runs.pipeline: chunk is staged run=66f1 rows=120000"


def test_a_fact_that_could_be_misread_is_quoted() -> None:
    line = ReadableLines().format(a_record("refused", reason="no such column: x=1", user=""))

    assert line.endswith("refused reason='no such column: x=1' user=''")


def test_an_exception_follows_its_line() -> None:
    try:
        raise ValueError("broken")
    except ValueError as broken:
        record = a_record("failed", exc_info=(ValueError, broken, broken.__traceback__))

    lines = ReadableLines().format(record).splitlines()

    assert lines[0].endswith("runs.pipeline: failed")
    assert lines[-1] == "ValueError: broken"
