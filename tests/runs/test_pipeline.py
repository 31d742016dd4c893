from pathlib import Path

from graphql_api.documents.copies import DataCopyDocument, RangePart
from graphql_api.documents.feature_views import ValidationPart
from graphql_api.documents.materializations import MaterializationDocument, ValidationResultDocument
from graphql_api.domain.enums import RunPhase, RunState, ValidationCheck, ValidationSeverity
from graphql_api.domain.types import ValueType
from graphql_api.runs import inputs, log
from graphql_api.runs.tools import Tools
from graphql_api.stores.offline import OfflineStore
from tests.runs.workshop import Sale, open_shop, working


def sales(first: int, last: int) -> list[Sale]:
    """One sale a moment, by five shops in turn."""
    return [(f"shop-{moment % 5}", moment, moment * 10) for moment in range(first, last)]


async def test_a_run_goes_from_its_sources_to_rows_online(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [*sales(0, 50), ("shop-9", None, 1), (None, 7, 1)])

    async with working(tools):
        run = await shop.ended(await shop.ask(None, 45, default_start=True))

    assert run.failure is None
    assert run.state == RunState.SUCCEEDED
    assert (run.start, run.end, run.commit, run.attempt) == (0, 45, 1, 1)
    assert await shop.online() == {f"shop-{n}": (40 + n, (40 + n) * 10, 1) for n in range(5)}
    events = await log.read(tools.database, run)
    last = events[-1]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.state.is_terminal for event in events].count(True) == 1
    assert (last.state, last.phase, last.fraction, last.message) == (
        RunState.SUCCEEDED,
        RunPhase.DONE,
        1.0,
        "Published sales@1.",
    )
    assert last.counts.model_dump(exclude={"bytes_written", "rows_read"}) == {
        "rows_written": 45,
        "rows_rejected": 2,
        "rows_quarantined": 0,
        "non_finite_values": 0,
        "rows_total": 46,
        "chunks_done": last.counts.chunks_total,
        "chunks_total": last.counts.chunks_total,
    }
    assert last.counts.chunks_total
    assert last.counts.chunks_total >= 4


def check(severity: ValidationSeverity, kind: ValidationCheck, **parameters: object) -> ValidationPart:
    feature = None if kind == ValidationCheck.ROW_COUNT else "amount"
    return ValidationPart(name=kind.lower(), feature=feature, check=kind, severity=severity, parameters=parameters)


async def results(run: MaterializationDocument) -> set[tuple[str, bool, int | None, int]]:
    found = await ValidationResultDocument.find({"run_id": run.id}).to_list()
    return {(result.name, result.passed, result.checked_rows, result.failed_rows) for result in found}


async def test_floats_that_are_not_finite_become_null_and_are_counted(tools: Tools, place: str, tmp_path: Path) -> None:
    sql = "SELECT shop, sold_at AS event_timestamp, if(amount = 1, 0.5, 'nan'::DOUBLE) AS amount FROM sales"
    shop = await open_shop(tools, place, tmp_path, sql=sql, amount=ValueType.FLOAT64)
    async with working(tools):
        await shop.put("a", [("shop-1", 1, 1), ("shop-2", 2, 2), ("shop-3", 3, 3)])
        run = await shop.done(0, 10)

    assert run.progress.counts.non_finite_values == 2
    assert await shop.online() == {"shop-1": (1, 0.5, 1), "shop-2": (2, None, 1), "shop-3": (3, None, 1)}


async def test_a_covered_range_run_again_replaces_its_rows_online_too(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    async with working(tools):
        await shop.put("a", [("shop-1", 5, 1), ("shop-1", 15, 2), ("shop-2", 16, 3)])
        await shop.done(0, 20)
        assert await shop.online() == {"shop-1": (15, 2, 1), "shop-2": (16, 3, 1)}

        await shop.put("a", [("shop-1", 5, 1), ("shop-3", 17, 4)])
        await shop.done(10, 20)

    assert await shop.online() == {"shop-1": (5, 1, 1), "shop-3": (17, 4, 2)}


async def test_a_part_of_what_is_covered_run_again_goes_online(tools: Tools, place: str, tmp_path: Path) -> None:
    now = 1_760_000_000_000_000  # a moment that needs 64 bits
    shop = await open_shop(tools, place, tmp_path)
    async with working(tools):
        await shop.put("a", [("shop-1", now + 5, 1), ("shop-1", now + 15, 2), ("shop-2", now + 2, 3)])
        await shop.done(now, now + 20)
        await shop.put("a", [("shop-1", now + 5, 1), ("shop-1", now + 15, 2), ("shop-2", now + 4, 3)])
        await shop.done(now + 3, now + 10)

    assert await shop.online() == {"shop-1": (now + 15, 2, 1), "shop-2": (now + 4, 3, 2)}


async def test_a_static_view_is_replaced_by_each_run(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path, sql="SELECT shop, amount FROM sales", timed=False)
    async with working(tools):
        await shop.put("a", [("shop-1", 0, 1), ("shop-2", 0, 2)])
        await shop.done(None, 1)
        await shop.put("a", [("shop-2", 0, 5), ("shop-3", 0, 6)])
        run = await shop.done(None, 1)

    assert await shop.online() == {"shop-2": (0, 5, 2), "shop-3": (0, 6, 2)}
    assert (run.start, run.end) == (None, run.frozen_at)
    copy = await DataCopyDocument.get(shop.copy.id)
    assert copy
    assert copy.covered == (RangePart(start=0, end=run.end),)


async def test_rows_that_fail_a_quarantine_check_are_kept_aside(tools: Tools, place: str, tmp_path: Path) -> None:
    checks = (
        check(ValidationSeverity.QUARANTINE, ValidationCheck.IN_RANGE, max=20),
        check(ValidationSeverity.WARN, ValidationCheck.ROW_COUNT, min=100),
    )
    shop = await open_shop(tools, place, tmp_path, validations=checks)
    async with working(tools):
        await shop.put("a", [("shop-1", 1, 10), ("shop-1", 2, 30), ("shop-2", 3, 40)])
        run = await shop.done(0, 10)

    assert await shop.online() == {"shop-1": (1, 10, 1)}
    counts = run.progress.counts
    assert (counts.rows_written, counts.rows_quarantined, counts.rows_read) == (1, 2, 3)
    assert await results(run) == {
        ("one_row_per_key", True, 3, 0),
        ("in_range", False, 3, 2),
        ("row_count", False, None, 1),
    }


async def test_a_check_that_blocks_leaves_nothing_visible(tools: Tools, place: str, tmp_path: Path) -> None:
    not_null = check(ValidationSeverity.BLOCK, ValidationCheck.NOT_NULL)
    shop = await open_shop(tools, place, tmp_path, validations=(not_null,))
    await shop.put("a", [("shop-1", 1, 10), ("shop-1", 2, None)])
    async with working(tools):
        run = await shop.ended(await shop.ask(0, 10))

    assert (run.state, run.commit, run.progress.phase) == (RunState.FAILED, None, RunPhase.COMPUTE)
    assert run.failure
    assert run.failure.message == "Checks that block have failed: not_null (1 of 2 rows). Nothing is visible."
    assert await shop.online() == {}
    assert await OfflineStore(tools.database).visible(shop.copy.id) == []
    assert await results(run) == {("one_row_per_key", True, 2, 0), ("not_null", False, 2, 1)}


async def test_data_is_failing_from_a_run_that_failed_to_one_that_succeeded(
    tools: Tools, place: str, tmp_path: Path
) -> None:
    shop = await open_shop(
        tools, place, tmp_path, validations=(check(ValidationSeverity.BLOCK, ValidationCheck.NOT_NULL),)
    )
    await shop.put("a", [("shop-1", 1, 10), ("shop-1", 5, None)])

    async def failing_after(start: int, end: int) -> tuple[RunState, bool]:
        run = await shop.ended(await shop.ask(start, end))
        copy = await DataCopyDocument.get(shop.copy.id)
        assert copy
        return run.state, copy.failing

    async with working(tools):
        told = [await failing_after(*span) for span in ((0, 4), (4, 8), (0, 4))]

    assert told == [(RunState.SUCCEEDED, False), (RunState.FAILED, True), (RunState.SUCCEEDED, False)]


async def test_an_input_that_changes_before_it_is_read_fails_the_run_by_name(
    tools: Tools, place: str, tmp_path: Path
) -> None:
    shop = await open_shop(tools, place, tmp_path)
    uri = await shop.put("a", sales(0, 5))
    run = await shop.ask(0, 10)
    places = {source.name: source.uris for source in shop.version.transformation.sources}
    await inputs.freeze(tools.database, tools.objects, run.id, places)
    await shop.put("a", sales(0, 6))

    async with working(tools):
        run = await shop.ended(run)

    assert run.failure
    assert (run.state, run.failure.code, run.failure.retryable) == (RunState.FAILED, "INPUT_CHANGED", False)
    assert uri in run.failure.message


async def test_sources_without_a_row_give_no_default_start(tools: Tools, place: str, tmp_path: Path) -> None:
    shop = await open_shop(tools, place, tmp_path)
    await shop.put("a", [("shop-1", 50, 1)])
    async with working(tools):
        run = await shop.ended(await shop.ask(None, 10, default_start=True))

    assert run.failure
    assert run.failure.code == "NO_ROWS"


async def test_sql_that_looks_ahead_is_refused_on_the_first_run(tools: Tools, place: str, tmp_path: Path) -> None:
    ahead = (
        "SELECT shop, sold_at AS event_timestamp, lead(amount) OVER (PARTITION BY shop ORDER BY sold_at) AS amount "
        "FROM sales"
    )
    shop = await open_shop(tools, place, tmp_path, sql=ahead)
    await shop.put("a", sales(0, 50))
    async with working(tools):
        run = await shop.ended(await shop.ask(0, 50))

    assert run.failure
    assert run.failure.code == "NOT_CAUSAL"
