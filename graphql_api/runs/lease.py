"""Holding a run: renewing the lease, and noticing in time that it is lost."""

import asyncio
import time

from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.raw import collection_of, passes
from graphql_api.domain.enums import RunState
from graphql_api.errors import Fenced
from graphql_api.runs.log import HELD
from graphql_api.runs.queue import lease_until

_MARGIN_SECONDS = 0.5
_RENEWALS = 4
"""Renewals a lease, so that several may fail before it is lost."""
LOOK_SECONDS = 0.5
"""How often the owner looks whether it is asked to cancel."""


class Lease:
    """The right to work on one attempt of a run, which ends by itself if this process cannot renew it."""

    def __init__(self, run: MaterializationDocument, seconds: float, *, claimed_at: float) -> None:
        """`claimed_at`: `time.monotonic()` before the claim was sent."""
        self._run = run
        self._seconds = seconds
        self._lost_at = claimed_at + seconds - _MARGIN_SECONDS
        self._renew_at = claimed_at + seconds / _RENEWALS

    async def keep(self, cancel_asked: asyncio.Event) -> None:
        """Renew until cancelled; sets `cancel_asked` once the run is CANCELLING.

        Raises Fenced when the lease is lost."""
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._seconds / _RENEWALS))
            if time.monotonic() >= self._lost_at:
                raise Fenced(f"the lease of run {self._run.id} ran out")
            try:
                async with asyncio.timeout(max(0.01, self._lost_at - time.monotonic())):
                    state = await self._look()
            except TimeoutError:
                continue
            except PyMongoError as error:
                if not passes(error):
                    raise
                continue
            if state is None:
                raise Fenced(f"run {self._run.id} is no longer ours")
            if state is RunState.CANCELLING:
                cancel_asked.set()

    async def _look(self) -> RunState | None:
        mine = {
            "_id": self._run.id,
            "owner": self._run.owner,
            "attempt": self._run.attempt,
            "state": {"$in": list(HELD)},
        }
        runs = collection_of(MaterializationDocument)
        sent = time.monotonic()
        if sent < self._renew_at:
            found = await runs.find_one(mine, {"state": 1})
        else:
            found = await runs.find_one_and_update(
                mine,
                [{"$set": {"lease_expires_at": lease_until(self._seconds)}}],
                projection={"state": 1},
                return_document=ReturnDocument.AFTER,
            )
            self._lost_at = sent + self._seconds - _MARGIN_SECONDS
            self._renew_at = sent + self._seconds / _RENEWALS
        return RunState(found["state"]) if found else None
