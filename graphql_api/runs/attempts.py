"""One attempt of a run of any kind, from its claim to its end, whatever that is."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress

from pymongo.errors import PyMongoError

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import passes
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.enums import RunState
from graphql_api.domain.gathering import end_all
from graphql_api.errors import Fenced, RunFault, Unavailable, UserError
from graphql_api.runs import finish, pipeline, training_datasets
from graphql_api.runs.hold import AnyHold, CancelAsked, Hold, is_hold_of
from graphql_api.runs.queue import RunQueue
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.tools import Tools
from graphql_api.runs.turns import HandBack
from graphql_api.sandbox.pool import SqlRefused

log = logging.getLogger(__name__)

_LOST_FOR_GOOD = "DATA_GONE"
_PATIENCE = 5
"""Failed attempts after which a committed run no longer keeps others of its data waiting, while no store is away."""


async def attempt(tools: Tools, queue: RunQueue, hold: AnyHold, *, lease_seconds: float, run_attempts: int) -> None:
    """Carry a run out as far as this attempt gets; another goes on from there.

    Cancelled, it hands the run back at once. Where the database does not answer, it lets go, and the lease runs out."""
    reporter = Reporter(hold)
    try:
        try:
            await _carry_out(tools, queue, hold, reporter, lease_seconds)
        except (CancelAsked, HandBack, RunFault) as ended:
            await _end(queue, hold, reporter, ended, run_attempts)
        except Fenced:
            raise
        except Exception as error:  # the border: whatever an attempt raises ends it, as a fault that the run tells
            if isinstance(error, PyMongoError) and passes(error):
                raise
            await _end(queue, hold, reporter, _as_fault(error, hold), run_attempts)
    except Fenced as fenced:
        log.warning("%s", fenced)
    except PyMongoError as error:
        log.warning("Run %s is left to its lease, because the database failed: %s", hold.id, error)
    except asyncio.CancelledError:
        await asyncio.shield(queue.release(hold))
        raise


async def _carry_out(tools: Tools, queue: RunQueue, hold: AnyHold, reporter: Reporter, lease_seconds: float) -> None:
    if hold.run.state == RunState.CANCELLING:
        raise CancelAsked
    await _beside(_work(tools, hold, reporter), reporter.run(), _keep(queue, hold, lease_seconds))


def _work(tools: Tools, hold: AnyHold, reporter: Reporter) -> Coroutine[None, None, None]:
    if is_hold_of(hold, MaterializationDocument):
        return pipeline.carry_out(tools, hold, reporter)
    if is_hold_of(hold, TrainingDatasetDocument):
        return training_datasets.carry_out(tools, hold, reporter)
    raise TypeError(f"{type(hold.run).__name__} is no kind of run")


async def _keep(queue: RunQueue, hold: AnyHold, lease_seconds: float) -> None:
    """Renew the lease four times in its length, and at once where there are news of the run.

    A database that is away for a moment is asked again."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(lease_seconds / 4):
                await hold.news.wait()
        hold.news.clear()
        if hold.run.state.is_terminal:
            return
        try:
            state = await queue.renew(hold, lease_seconds)
        except PyMongoError:
            hold.require()
            continue
        if state == RunState.CANCELLING:
            raise CancelAsked


async def _beside(main: Coroutine[None, None, None], *helpers: Coroutine[None, None, None]) -> None:
    """Run `main` with its helpers: all end when it does, and it ends when one of them fails."""
    working = asyncio.create_task(main)
    tasks = [working, *(asyncio.create_task(helper) for helper in helpers)]
    try:
        pending = set(tasks)
        while not working.done():
            ended, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
    finally:
        await end_all(tasks)


async def _end(
    queue: RunQueue, hold: AnyHold, reporter: Reporter, why: CancelAsked | HandBack | RunFault, run_attempts: int
) -> None:
    if isinstance(why, HandBack):
        await queue.release(hold)
        return
    run = await hold.refresh()
    if run.state == RunState.CANCELLING or isinstance(why, CancelAsked):
        await finish.cancel(hold, reporter)
        return
    try:
        if not _may_pass(hold, why, run_attempts):
            await finish.fail(hold, reporter, why)
        elif is_hold_of(hold, MaterializationDocument) and _needs_more_than_time(hold, why):
            await finish.stand_aside(hold, reporter, why)
        else:
            await finish.retry(hold, reporter, why)
    except CancelAsked:
        await hold.refresh()
        await finish.cancel(hold, reporter)


def _may_pass(hold: AnyHold, fault: RunFault, run_attempts: int) -> bool:
    """After its commit a run cannot fail, only be tried again, as long as its data exists."""
    if hold.run.commit is not None:
        return fault.code != _LOST_FOR_GOOD
    return fault.retryable and hold.run.failures + 1 < run_attempts


def _needs_more_than_time(hold: Hold[MaterializationDocument], fault: RunFault) -> bool:
    """Where a store is away, time is all it takes, and other runs would fare no better."""
    run = hold.run
    if run.aside or run.commit is None or fault.code == Unavailable.code:
        return run.aside
    return not fault.retryable or run.failures + 1 >= _PATIENCE


def _as_fault(error: Exception, hold: AnyHold) -> RunFault:
    if isinstance(error, SqlRefused):
        problem = error.problem
        place = f" (line {problem.line}, column {problem.column})" if problem.line else ""
        return RunFault("SQL_REFUSED", f"{problem.message}{place}", hint=problem.hint)
    if isinstance(error, UserError):
        return RunFault(error.code, error.message, retryable=isinstance(error, Unavailable))
    log.error("Run %s, attempt %d", hold.id, hold.attempt, exc_info=error)
    return RunFault(
        "INTERNAL",
        "Something in the server failed; its log says what.",
        hint="It is tried again; report it if it stays.",
        retryable=True,
    )
