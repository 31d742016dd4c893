"""What the online store promises: the newest row of each key, whoever writes, in whatever order."""

import asyncio
import itertools
import random
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from graphql_api.domain.packing import PUSHED, packed_key, packed_order, packed_row
from graphql_api.errors import Fenced, Unavailable
from graphql_api.stores.online import OnlineStore
from tests.own_servers import OwnRedis, restart
from tests.servers import RunningServers

NOON = 1_764_000_000_000_000
HOUR = 3_600_000_000
_numbers = itertools.count(secrets.randbits(40))


def a_copy() -> int:
    """The id of a copy of data that nobody else writes."""
    return next(_numbers)


def a_row(event: int = NOON, created: int | None = None, commit: int = 1, value: int = 0) -> bytes:
    order = packed_order(event, event if created is None else created, commit)
    return packed_row(order, PUSHED, [b"%d" % value])


@pytest.fixture
async def store(servers: RunningServers) -> AsyncIterator[OnlineStore]:
    async with OnlineStore(servers.redis_url, timeout_seconds=5.0) as store:
        yield store


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path) as server:
        yield server


async def test_an_older_row_never_replaces_a_newer_one(store: OnlineStore) -> None:
    copy = a_copy()
    key = packed_key(copy, ["N14228"])
    newer, older = a_row(NOON), a_row(NOON - HOUR)

    assert await store.write(copy, 1, 1, [(key, newer)]) == 1
    assert await store.write(copy, 1, 1, [(key, older)]) == 0
    assert await store.read([key]) == [newer]


async def test_an_equal_row_replaces_so_that_a_write_may_be_repeated(store: OnlineStore) -> None:
    copy = a_copy()
    key = packed_key(copy, [1])

    assert await store.write(copy, 1, 1, [(key, a_row(value=1))]) == 1
    assert await store.write(copy, 1, 1, [(key, a_row(value=2))]) == 1
    assert await store.read([key]) == [a_row(value=2)]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (a_row(-1), a_row(0)),
        (a_row(-(2**62)), a_row(-1)),
        (a_row(2**32 - 1), a_row(2**32)),
        (a_row(2**53), a_row(2**53 + 1)),
        (a_row(0xFF), a_row(0x100)),
        (a_row(NOON, NOON), a_row(NOON, NOON + 1)),
        (a_row(NOON, NOON + 5, commit=9), a_row(NOON, NOON + 6, commit=1)),
        (a_row(NOON, commit=2), a_row(NOON, commit=10)),
    ],
)
async def test_orders_compare_as_numbers_over_their_whole_range(store: OnlineStore, older: bytes, newer: bytes) -> None:
    copy = a_copy()
    first, second = packed_key(copy, ["older first"]), packed_key(copy, ["newer first"])

    assert await store.write(copy, 1, 1, [(first, older), (second, newer)]) == 2
    assert await store.write(copy, 1, 1, [(first, newer), (second, older)]) == 1
    assert await store.read([first, second]) == [newer, newer]


async def test_of_one_key_twice_in_a_call_the_newest_is_kept(store: OnlineStore) -> None:
    copy = a_copy()
    key = packed_key(copy, [True])

    kept = await store.write(copy, 1, 1, [(key, a_row(NOON - 1)), (key, a_row(NOON)), (key, a_row(NOON - 2))])

    assert kept == 1
    assert await store.read([key]) == [a_row(NOON)]


async def test_many_rows_are_written_and_read_in_the_order_asked(store: OnlineStore) -> None:
    copy = a_copy()
    rows = {packed_key(copy, [n, f"é{n}"]): a_row(NOON + n, value=n) for n in range(4_321)}
    keys = [*rows, packed_key(copy, [-1, "unknown"])]
    random.shuffle(keys)

    assert await store.write(copy, 1, 1, rows.items()) == 4_321
    assert await store.read(keys) == [rows.get(key) for key in keys]


_orders = st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 3))
_writes = st.lists(st.tuples(st.integers(0, 4), _orders), min_size=1, max_size=60)


@given(writers=st.lists(_writes, min_size=1, max_size=5), batch=st.integers(1, 7))
@bounded(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_interleaving_each_key_ends_with_its_newest_row(
    store: OnlineStore, writers: list[list[tuple[int, tuple[int, int, int]]]], batch: int
) -> None:
    copy = a_copy()

    async def write(items: list[tuple[int, tuple[int, int, int]]]) -> None:
        for start in range(0, len(items), batch):
            rows = [(packed_key(copy, [k]), a_row(*order)) for k, order in items[start : start + batch]]
            await store.write(copy, 1, 1, rows)

    await asyncio.gather(*map(write, writers))

    newest: dict[int, tuple[int, int, int]] = {}
    for key, order in itertools.chain(*writers):
        newest[key] = max(order, newest.get(key, order))
    assert await store.read([packed_key(copy, [k]) for k in newest]) == [a_row(*order) for order in newest.values()]


async def test_many_processes_worth_of_writers_leave_the_newest_rows(servers: RunningServers) -> None:
    copy = a_copy()
    dice = random.Random(20)
    writes = [(dice.randrange(200), (dice.randrange(40), dice.randrange(3), n)) for n in range(3_000)]

    async def write(items: list[tuple[int, tuple[int, int, int]]]) -> None:
        async with OnlineStore(servers.redis_url, timeout_seconds=5.0) as store:
            for start in range(0, len(items), 50):
                batch = items[start : start + 50]
                await store.write(copy, 1, 1, [(packed_key(copy, [k]), a_row(*order)) for k, order in batch])

    await asyncio.gather(*(write(writes[n::8]) for n in range(8)))

    newest = {key: max(order for k, order in writes if k == key) for key, _ in writes}
    async with OnlineStore(servers.redis_url, timeout_seconds=5.0) as store:
        held = await store.read([packed_key(copy, [k]) for k in newest])
    assert held == [a_row(*order) for order in newest.values()]


async def test_a_writer_below_the_fence_changes_nothing(store: OnlineStore) -> None:
    copy = a_copy()
    key = packed_key(copy, ["a"])
    await store.take_fence(copy, 3, 1)
    await store.write(copy, 3, 1, [(key, a_row())])
    await store.take_fence(copy, 3, 2)

    with pytest.raises(Fenced):
        await store.write(copy, 3, 1, [(key, a_row(NOON + HOUR))])
    with pytest.raises(Fenced):
        await store.take_away(copy, 2, 9, [(key, None, a_row()[:24])])
    with pytest.raises(Fenced):
        await store.take_fence(copy, 3, 1)

    assert await store.read([key]) == [a_row()]
    assert await store.write(copy, 3, 2, [(key, a_row(NOON + HOUR))]) == 1


async def test_a_fence_is_taken_again_by_its_holder_and_moves_with_commits(store: OnlineStore) -> None:
    copy = a_copy()
    for place in [(1, 1), (1, 1), (1, 12), (2, 1), (300, 1)]:
        await store.take_fence(copy, *place)

    with pytest.raises(Fenced):
        await store.take_fence(copy, 299, 1_000)


async def test_a_row_that_was_taken_away_is_replaced_or_removed(store: OnlineStore) -> None:
    copy = a_copy()
    keys = [packed_key(copy, [n]) for n in range(3)]
    await store.write(copy, 1, 1, [(key, a_row(NOON)) for key in keys])
    taken = a_row(NOON)[:24]

    changed = await store.take_away(copy, 2, 1, [(keys[0], a_row(NOON - HOUR), taken), (keys[1], None, taken)])

    assert changed == 2
    assert await store.read(keys) == [a_row(NOON - HOUR), None, a_row(NOON)]


async def test_taking_away_leaves_a_newer_row_that_raced_it(store: OnlineStore) -> None:
    copy = a_copy()
    keys = [packed_key(copy, [n]) for n in range(3)]
    taken = a_row(NOON)[:24]
    await store.write(copy, 1, 1, [(key, a_row(NOON + 1)) for key in keys[:2]])
    away = [(keys[0], a_row(NOON - HOUR), taken), (keys[1], None, taken), (keys[2], a_row(NOON - HOUR), taken)]

    assert await store.take_away(copy, 2, 1, away) == 1
    assert await store.read(keys) == [a_row(NOON + 1), a_row(NOON + 1), a_row(NOON - HOUR)]


async def test_taking_away_may_be_repeated(store: OnlineStore) -> None:
    copy = a_copy()
    keys = [packed_key(copy, [n]) for n in range(1_200)]
    await store.write(copy, 1, 1, [(key, a_row(NOON)) for key in keys])
    away = [
        (key, a_row(NOON - HOUR, commit=2, value=n) if n % 2 else None, a_row(NOON)[:24]) for n, key in enumerate(keys)
    ]
    expected = [row for _, row, _ in away]

    await store.take_away(copy, 2, 1, away)
    assert await store.read(keys) == expected
    await store.take_away(copy, 2, 2, away)
    assert await store.read(keys) == expected


@given(event=st.integers(-2, 2), replaced=st.booleans(), first=st.booleans())
@bounded(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_push_that_races_a_removal_survives_it_whoever_comes_first(
    store: OnlineStore, event: int, replaced: bool, first: bool
) -> None:
    copy = a_copy()
    key = packed_key(copy, [0])
    await store.write(copy, 1, 1, [(key, a_row(NOON))])
    push = a_row(NOON + event, commit=3, value=7)
    rest = a_row(NOON - 1, commit=2) if replaced else None

    async def remove() -> None:
        await store.take_away(copy, 2, 1, [(key, rest, a_row(NOON)[:24])])

    if first:
        await remove()
        await store.write(copy, 2, 1, [(key, push)])
        candidates = [row for row in (rest, push) if row is not None]
    else:
        await store.write(copy, 2, 1, [(key, push)])
        await remove()
        pushed_first = push if push[:24] > a_row(NOON)[:24] else None
        candidates = [row for row in (rest, pushed_first) if row is not None]

    newest = max(candidates, key=lambda row: row[:24], default=None)
    assert await store.read([key]) == [newest]


async def test_removing_a_copy_leaves_others_and_keeps_late_writers_out(store: OnlineStore) -> None:
    copy, other = a_copy(), a_copy()
    rows = [(packed_key(copy, [n]), a_row()) for n in range(1_500)]
    kept = packed_key(other, [0])
    await store.write(copy, 5, 1, rows)
    await store.write(other, 1, 1, [(kept, a_row())])

    assert await store.remove_copy(copy) == 1_500

    with pytest.raises(Fenced):
        await store.write(copy, 6, 1, rows)
    assert await store.read([rows[0][0], kept]) == [None, a_row()]


async def test_callers_of_one_tick_share_a_trip(store: OnlineStore, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = a_copy()
    rows = {packed_key(copy, [n]): a_row(value=n) for n in range(5_000)}
    await store.write(copy, 1, 1, rows.items())
    keys = list(rows)
    before = await commands_asked(store, "mget")

    small = await asyncio.gather(*(store.read(keys[n : n + 3]) for n in range(300)))
    assert small == [[rows[key] for key in keys[n : n + 3]] for n in range(300)]
    assert await commands_asked(store, "mget") == before + 1

    large = await asyncio.gather(store.read(keys), store.read(keys[:2_000]), store.read(keys[:1]), store.read([]))
    assert large == [list(rows.values()), list(rows.values())[:2_000], [rows[keys[0]]], []]
    assert await commands_asked(store, "mget") == before + 1 + 3 + 1 + 1


async def commands_asked(store: OnlineStore, name: str) -> int:
    stats = (await store._redis.ask("INFO", "commandstats"))[f"cmdstat_{name}"]  # pyright: ignore[reportPrivateUsage]
    return stats["calls"]


async def test_the_layout_that_was_declared_first_stays(store: OnlineStore) -> None:
    assert await store.layout() is None
    await store.declare_layout(1)
    await store.declare_layout(2)

    assert await store.layout() == 1


async def test_a_caller_that_is_cancelled_takes_nothing_from_the_others(store: OnlineStore) -> None:
    copy = a_copy()
    key = packed_key(copy, [1])
    await store.write(copy, 1, 1, [(key, a_row())])

    for ticks in range(6):
        callers = [asyncio.create_task(store.read([key])) for _ in range(4)]
        for _ in range(ticks):
            await asyncio.sleep(0)
        callers[0].cancel()
        answers = await asyncio.gather(*callers, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError) or ticks > 3
        assert answers[1:] == [[a_row()]] * 3


async def test_a_redis_that_dies_is_unavailable_and_serves_again_once_it_is_back(own_redis: OwnRedis) -> None:
    copy = a_copy()
    key = packed_key(copy, [1])
    async with OnlineStore(own_redis.url, timeout_seconds=0.5) as store:
        await store.write(copy, 1, 1, [(key, a_row())])
        await asyncio.to_thread(own_redis.kill)

        for ask in (store.read([key]), store.write(copy, 1, 1, [(key, a_row())]), store.layout()):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await ask
            assert time.monotonic() - began < 5  # no series of retries

        await asyncio.to_thread(own_redis.start)
        assert await store.read([key]) == [a_row()]
        assert await store.write(copy, 1, 1, [(key, a_row(NOON + 1))]) == 1


async def test_a_restart_between_two_commands_is_not_noticed(own_redis: OwnRedis) -> None:
    copy = a_copy()
    key = packed_key(copy, [1])
    async with OnlineStore(own_redis.url, timeout_seconds=2.0) as store:
        await asyncio.gather(*(store.write(copy, 1, 1, [(key, a_row(NOON + n))]) for n in range(5)))
        await restart(own_redis)

        assert await store.write(copy, 1, 1, [(key, a_row(NOON + 9))]) == 1
        assert await store.read([key]) == [a_row(NOON + 9)]


async def test_a_redis_that_hangs_is_unavailable_within_the_timeout_for_every_caller(own_redis: OwnRedis) -> None:
    key = packed_key(a_copy(), [1])
    async with OnlineStore(own_redis.url, timeout_seconds=0.4) as store:
        await store.layout()
        own_redis.signal(signal.SIGSTOP)
        began = time.monotonic()
        answers = await asyncio.gather(*(store.read([key]) for _ in range(50)), return_exceptions=True)
        assert time.monotonic() - began < 5  # no series of retries
        assert {type(answer) for answer in answers} == {Unavailable}

        own_redis.signal(signal.SIGCONT)
        assert await store.read([key]) == [None]


async def test_a_redis_without_memory_for_a_row_is_unavailable_not_silent(own_redis: OwnRedis) -> None:
    copy = a_copy()
    async with OnlineStore(own_redis.url, timeout_seconds=2.0) as store:
        await store._redis.ask("CONFIG", "SET", "maxmemory", 1)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(Unavailable):
            await store.write(copy, 1, 1, [(packed_key(copy, [1]), a_row())])
