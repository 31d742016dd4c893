"""Why an entity's online row is not the one that the offline store has."""

from dataclasses import dataclass

from graphql_api.documents.copies import DataCopyDocument, as_intervals
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.availability import available_from, is_expired
from graphql_api.domain.durations import format_duration
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.packing import ORDER_BYTES, PUSHED, RUN_BYTES, unpacked_order
from graphql_api.domain.times import TimeRange, rfc3339

_STAYS = "It is served until a run writes a newer row of the entity."


@dataclass(frozen=True, slots=True)
class HeldRow:
    """`run` in hex; None: pushed. `created` None: not known."""

    event: int
    run: str | None
    created: int | None = None

    @classmethod
    def packed(cls, row: bytes) -> "HeldRow":
        event, created, _ = unpacked_order(row)
        run = row[ORDER_BYTES : ORDER_BYTES + RUN_BYTES]
        return cls(event, None if run == PUSHED else run.hex(), created)

    def __str__(self) -> str:
        moment = rfc3339(self.event)
        return f"the pushed row of {moment}" if self.run is None else f"the row of {moment} by {_run(self.run)}"


@dataclass(frozen=True, slots=True)
class Sides:
    """What one view says of one entity at a moment. `before`: the copy as it was when the check began."""

    version: FeatureViewVersionDocument
    before: DataCopyDocument
    after: DataCopyDocument
    online: HeldRow | None
    offline: HeldRow | None
    moment: int


def explained(sides: Sides) -> str:
    """In the order in which a person would look: what is under way, what came late, what is too old, what was lost."""
    reason = _under_way(sides) or _late(sides) or _of_rows(sides)
    return f"{reason} {aged}" if (aged := _aged(sides)) else reason


def _under_way(sides: Sides) -> str | None:
    writing = sides.after.writing or sides.before.writing
    if writing is not None:
        return f"Run in progress: {_run(str(writing))} has committed and is on its way online."
    if sides.after.last_commit != sides.before.last_commit:
        return "Run in progress: one has committed while this was checked; check again."
    return None


def _late(sides: Sides) -> str | None:
    """What was committed and has not come online."""
    missed = as_intervals(sides.after.offline_only)
    for row in (sides.offline, sides.online):
        if row is not None and missed.covers(TimeRange(row.event, row.event + 1)):
            return (
                f"Late write: what was committed for {rfc3339(row.event)} could not go online, and is brought there "
                f"by the next run of it. {_mended(sides, row)}"
            )
    return None


def _of_rows(sides: Sides) -> str:
    online, offline = sides.online, sides.offline
    if online is None:
        mended = _mended(sides, offline) if offline else ""
        return f"Late write: the offline store has {offline}, and none is held online. {mended}".rstrip()
    if online.run is None and (offline is None or offline.event <= online.event):
        return f"Late write: {online} is online, and not in the offline store yet."
    available = available_from(online.event, online.created or online.event, sides.version.delay)
    if available > sides.moment:
        return (
            f"Not yet available: {online} is online, and by the delay of {sides.version.reference} it is available "
            f"from {rfc3339(available)}."
        )
    if offline is None:
        return f"Taken away: {online} is online, and the offline store has no row of this entity. {_STAYS}"
    if offline.event < online.event:
        return f"Taken away: {online} is online, and the newest that the offline store has is {offline}. {_STAYS}"
    mended = _mended(sides, offline)
    if (online.event, online.run) == (offline.event, offline.run):
        return f"Damaged: both have {online}, and it holds other values online. {mended}"
    return f"Late write: online is {online}, and the offline store has {offline}. {mended}"


def _mended(sides: Sides, row: HeldRow) -> str:
    """By what the row would come online again."""
    reference = sides.version.reference
    if sides.version.is_static:
        return f"startMaterialization of {reference} writes it online anew."
    return f"startMaterialization of {reference} over a range with {rfc3339(row.event)} writes it online anew."


def _aged(sides: Sides) -> str | None:
    ttl = sides.version.ttl
    if ttl is None:
        return None
    for place, row in (("online", sides.online), ("offline", sides.offline)):
        if row is not None and is_expired(row.event, sides.moment, ttl):
            return f"TTL: the {place} row is EXPIRED, older than {format_duration(ttl)}."
    return None


def _run(run: str) -> str:
    return f"run {global_id('Materialization', run)}"
