"""Rows as Redis holds them, pasted into an answer: no object is made for a value.

A stored row ends in the very bytes that the answer wants. Whole rows are taken over as they are; of others the asked
features are cut out. The same few statuses, moments and runs come again and again, and are kept as text.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from graphql_api.domain.availability import oldest_unexpired
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.packing import ORDER_BYTES, PUSHED, RUN_BYTES, packed_order, unpacked_order
from graphql_api.domain.times import rfc3339
from graphql_api.serving.lookup import OnlineAnswer
from graphql_api.serving.plan import LookupPlan, PlannedView, Segment

_RUN_END = ORDER_BYTES + RUN_BYTES
_EVENT_BYTES = 8
_decode_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NULL = b"null"


def answer(plan: LookupPlan, held: Sequence[Sequence[bytes | None]], moment: int) -> OnlineAnswer:
    """`held`: for each view of the plan its row for each entity, None where there is none."""
    oldest = [_oldest_event(view, moment) for view in plan.views]
    rows: list[list[bytes]] = []
    statuses: list[list[bytes]] = []
    for segment in plan.segments:
        view = plan.views[segment.view]
        texts, words = _segment(segment, view, held[segment.view], oldest[segment.view])
        rows.append(texts)
        statuses.append(words)
    return OnlineAnswer(
        features=plan.features,
        rows=_table(rows),
        statuses=_table(statuses),
        views=plan.view_names,
        view_of_feature=plan.view_of_feature,
        event_timestamps=_table([[_event(row[:_EVENT_BYTES]) if row else _NULL for row in view] for view in held]),
        materialization_ids=_table(
            [[_run(row[ORDER_BYTES:_RUN_END]) if row else _NULL for row in view] for view in held]
        ),
    )


def _oldest_event(view: PlannedView, moment: int) -> bytes:
    """Rows that begin with less are expired: packed event timestamps compare as bytes."""
    if view.ttl is None:
        return b""
    return packed_order(oldest_unexpired(moment, view.ttl), 0, 0)[:_EVENT_BYTES]


def _segment(
    segment: Segment, view: PlannedView, held: Sequence[bytes | None], oldest: bytes
) -> tuple[list[bytes], list[bytes]]:
    live = [row for row in held if row is not None and row >= oldest]
    body_at, picks = view.body_at, segment.picks
    texts = [row[body_at:] for row in live]
    if picks is not None:
        texts = [_picked(body, picks) for body in texts]
    words = segment.statuses([row[_RUN_END:body_at] for row in live])
    if len(live) == len(held):
        return texts, words
    following = zip(texts, words, strict=True)
    missing, expired = (segment.nulls, segment.missing), (segment.nulls, segment.expired)
    cells = [missing if row is None else next(following) if row >= oldest else expired for row in held]
    return [text for text, _ in cells], [word for _, word in cells]


def _picked(body: bytes, picks: Sequence[int]) -> bytes:
    texts = _decode_texts(b"[%b]" % body)
    return b",".join([texts[at] for at in picks])


def _table(columns: Sequence[Iterable[bytes]]) -> msgspec.Raw:
    """JSON: one array a row, from fragments column by column."""
    rows = list(columns[0]) if len(columns) == 1 else [b",".join(parts) for parts in zip(*columns, strict=True)]
    return msgspec.Raw(b"[[%b]]" % b"],[".join(rows) if rows else b"[]")


@lru_cache(maxsize=65_536)
def _event(packed: bytes) -> bytes:
    event, _, _ = unpacked_order(packed + bytes(ORDER_BYTES - _EVENT_BYTES))
    return b'"%b"' % rfc3339(event).encode()


@lru_cache(maxsize=4_096)
def _run(run_id: bytes) -> bytes:
    return _NULL if run_id == PUSHED else b'"%b"' % global_id("Materialization", run_id.hex()).encode()
