"""The newest row available at a moment, as a step function of the moment.

A row answers from `a = max(event + delay, created)` on. Of the rows of a key that are available at t, the greatest by
(event, created, commit) answers; so a row that, when it becomes available, is not greater than all that were available
before it never answers at all. Without such rows the last step at or before t is the answer: one ASOF join a view.

Moments are numbers of microseconds here. Names of our own begin with two underscores, which those of keys and features
never do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from graphql_api.domain.availability import available_from_sql, is_expired_sql, is_known_sql
from graphql_api.domain.types import ValueType
from graphql_api.engines.join_shapes import JoinedView
from graphql_api.engines.layout import COMMIT, CREATED, EVENT
from graphql_api.engines.shapes import Value
from graphql_api.engines.text import quoted

AVAILABLE, EVENT_AT, STATE = "__available", "__event", "__state"
ANSWERED, MISSING, EXPIRED = 0, 1, 2
"""What a view says to a row of the spine, in the column STATE."""
_CREATED_AT = "__created"


@dataclass(frozen=True, slots=True)
class Asked:
    """The relation of the rows to be answered: `i` tells them apart, `t` is the moment, null where there is none.

    `keys`: which column of it holds a part of a key, by the spine's name of the part and its type."""

    relation: str
    keys: Mapping[tuple[str, ValueType], str]

    def keys_of(self, view: JoinedView) -> list[str]:
        return [self.keys[key.column, key.value_type] for key in view.keys]


def stored_columns(view: JoinedView) -> list[Value]:
    """What a join reads of a view's rows, beside the features."""
    keys = [Value(key.name, key.value_type) for key in view.keys]
    created = [Value(CREATED, ValueType.TIMESTAMP)] if view.has_created else []
    return [*keys, Value(EVENT, ValueType.TIMESTAMP), *created]


def create_steps(
    connection: duckdb.DuckDBPyConnection,
    view: JoinedView,
    visible: str,
    carried: Mapping[str, str],
    *,
    known_before: int | None,
    table: str,
) -> None:
    """Makes `table` of the rows of `visible` that may ever answer, with the columns `carried` (SQL by name) and what
    `matched` needs; of one key no two are available from the same moment, and the later is the greater one."""
    event = f"epoch_us({EVENT})"
    created = f"epoch_us({CREATED})" if view.has_created else event
    items = [f"{quoted(key.name)} AS {_key(at)}" for at, key in enumerate(view.keys)]
    items += [f"{available_from_sql(event, created, view.delay)} AS {AVAILABLE}", f"{event} AS {EVENT_AT}"]
    items += [f"{sql} AS {name}" for name, sql in carried.items()]
    where = is_known_sql(created, known_before)
    if not view.has_created:
        # Event and created timestamp are one, so no two rows of a key become available together.
        text = f"SELECT {', '.join(items)} FROM ({visible}) WHERE {where}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {text}")
        return
    items += [f"{created} AS {_CREATED_AT}", COMMIT]
    rows = f"{table}_rows"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT {', '.join(items)} FROM ({visible}) WHERE {where}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * FROM {_steps(connection, view, rows)}")


def matched(view: JoinedView, asked: Asked, table: str, carried: Iterable[str]) -> str:
    """A SELECT, in no order, of `i`, `t`, `__event`, `__state` and what the answering row carries, for every row asked;
    `table` is what `create_steps` made."""
    columns = dict.fromkeys(["i", "t", *asked.keys_of(view)])
    on = [f"spine.{column} = step.{_key(at)}" for at, column in enumerate(asked.keys_of(view))]
    on.append(f"spine.t >= step.{AVAILABLE}")
    expired = is_expired_sql(f"step.{EVENT_AT}", "spine.t", view.ttl)
    state = f"CASE WHEN step.{EVENT_AT} IS NULL THEN {MISSING} WHEN {expired} THEN {EXPIRED} ELSE {ANSWERED} END"
    items = ["spine.i", "spine.t", f"step.{EVENT_AT}", f"CAST({state} AS UTINYINT) AS {STATE}"]
    items += [f"step.{name}" for name in carried]
    return (
        f"SELECT {', '.join(items)} FROM (SELECT {', '.join(columns)} FROM {asked.relation}) AS spine "
        f"ASOF LEFT JOIN {table} AS step ON {' AND '.join(on)}"
    )


def semi_join(view: JoinedView, asked: Asked, visible: str) -> str:
    """`visible` without the rows of keys that nobody asks for; files are pruned by them."""
    if not view.keys:
        return visible
    wanted = ", ".join(f"{column} AS {_key(at)}" for at, column in enumerate(asked.keys_of(view)))
    on = " AND ".join(f"held.{quoted(key.name)} = wanted.{_key(at)}" for at, key in enumerate(view.keys))
    return f"SELECT held.* FROM ({visible}) AS held SEMI JOIN (SELECT {wanted} FROM {asked.relation}) AS wanted ON {on}"


def _key(at: int) -> str:
    return f"__key{at}"


def _steps(connection: duckdb.DuckDBPyConnection, view: JoinedView, rows: str) -> str:
    """`rows` without those that never answer."""
    keys = [_key(at) for at in range(len(view.keys))]
    together = ", ".join([*keys, EVENT_AT, AVAILABLE])
    chosen = rows
    if _is_true(connection, f"EXISTS(SELECT 1 FROM {rows} GROUP BY {together} HAVING count(*) > 1)"):
        # Of equal events that become available together the greater one answers; of others the later is the greater.
        order = f"ORDER BY {_CREATED_AT} DESC, {COMMIT} DESC"
        chosen = f"(SELECT * FROM {chosen} QUALIFY row_number() OVER (PARTITION BY {together} {order}) = 1)"
    if _is_true(connection, f"EXISTS(SELECT 1 FROM {rows} WHERE {AVAILABLE} > {EVENT_AT} + {view.delay})"):
        partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
        until_now = f"{partition}ORDER BY {AVAILABLE} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        chosen = f"(SELECT * FROM {chosen} QUALIFY {EVENT_AT} = max({EVENT_AT}) OVER ({until_now}))"
    return chosen


def _is_true(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    return bool(connection.execute(f"SELECT {condition}").fetchall()[0][0])
