"""Definitions as slips leave them: the valid example, with some of its parts dropped, doubled, renamed or exchanged."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from graphql_api.definitions.documents import Definition
from tests.definitions.example import WHOLE
from tests.definitions.world import definitions_of

Way = tuple[str | int, ...]
JUNK: list[object] = [
    *(None, True, 0, -1, 7, 1.5, 2**70, 1e300, "", " ", "x", "no such", "a@2", "a:b", "1d", "0s", "2025-11-01"),
    *("STRING", "flights", "aircraft", "aircraft_delays@1", "event_timestamp", "tailnum", "s3://demo/planes/*.parquet"),
    *("né\u200be", "a\0b", "\ud800", "'", '"', "SELECT 1", "now()", "(", "x" * 5_000, "$x"),
    *([], [None], [[]], ["x", "x"], {}, {"": 1}, {"$x": "y"}, {"name": {"name": []}}, [{}], {"a.b[0]": "c"}),
]


def ways(value: object, way: Way = ()) -> Iterator[Way]:
    """To each part."""
    if way:
        yield way
    if isinstance(value, dict):
        for key, part in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from ways(part, (*way, key))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for index, part in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from ways(part, (*way, index))  # pyright: ignore[reportUnknownArgumentType]


def at(value: Any, way: Way) -> Any:
    for step in way:
        value = value[step]
    return value


@st.composite
def _mutated(draw: st.DrawFn, held: list[Any]) -> None:
    """One part of the documents, in place."""
    way = draw(st.sampled_from(list(ways(held))))
    holder, step, part = at(held, way[:-1]), way[-1], at(held, way)
    match draw(st.sampled_from(["junk", "drop", "double", "rename", "exchange", "wrap", "text"])):
        case "drop":
            del holder[step]
        case "double" if isinstance(holder, list):
            holder.insert(draw(st.integers(0, len(holder))), deepcopy(part))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        case "rename" if isinstance(step, str):
            del holder[step]
            holder[draw(st.sampled_from([step[1:], step.upper(), f"{step}s", f"{step}_x", "x", "name", "sql"]))] = part
        case "exchange":
            other = draw(st.sampled_from([one for one in ways(held) if one[: len(way)] != way[: len(one)]] or [way]))
            holder[step] = deepcopy(at(held, other))
        case "wrap":
            holder[step] = draw(st.sampled_from([[part], {"x": part}, {"name": part}, {"spec": part}]))
        case "text" if isinstance(part, str) and part:
            start = draw(st.integers(0, len(part) - 1))
            more = draw(st.sampled_from(["", "(", "'", ",", " ", "é", "\n", "--", "x", "\t", ";", "."]))
            holder[step] = part[:start] + more + part[start + draw(st.integers(0, 8)) :]
        case _:
            holder[step] = deepcopy(draw(st.sampled_from(JUNK)))


@st.composite
def definitions(draw: st.DrawFn) -> list[Definition]:
    held: list[Any] = [dict(deepcopy(one.spec)) for one in _WHOLE]
    kinds = [one.kind for one in _WHOLE]
    for _ in range(draw(st.integers(1, 4))):
        draw(_mutated(held))
    specs: list[dict[str, object]] = [spec if isinstance(spec, dict) else {"name": spec} for spec in held]
    kinds += kinds
    return [Definition(kind, spec) for kind, spec in zip(kinds, specs, strict=False)]  # pyright: ignore[reportUnknownArgumentType]


_WHOLE = definitions_of(WHOLE)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The YAML of the example, with some characters or lines lost, doubled or put in."""
    text = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 1, 1, 2, 10, 80]))
        more = draw(st.sampled_from(["", *"\t:{}[]'\"*&!|>%@`#-,?\0\r\ufeff\u2028", "\n---\n", "\n", ": ", "- ", "  "]))
        text = text[:start] + more + text[start + length :]
    return text
