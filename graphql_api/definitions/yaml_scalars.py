"""Values on one line of YAML, so that readers of YAML 1.1 and of 1.2, ours too, take them for what they are."""

import json
import re

_PLAIN = re.compile(r"[A-Za-z_](?:[^:#]|:(?=[^\s,\[\]{}])|(?<=\S)#)*")
_PLAIN_TOO = re.compile(r"[0-9]{1,9}[smhdw]|[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
"""Durations and days, which no reader takes for a number; some take a day for a day."""
_INDICATORS = re.compile(r"[,\[\]{}]")
_OTHERS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def scalar(value: object, *, within: bool = False) -> str:
    """`within`: of [] or {}."""
    match value:
        case str():
            return _text(value, within=within)
        case None | bool():
            return json.dumps(value)
        case float():
            return _number(value)
        case _:
            return str(value)


def _text(text: str, *, within: bool) -> str:
    if _PLAIN_TOO.fullmatch(text):
        return text
    fits = _PLAIN.fullmatch(text) and text.isprintable() and not text.endswith(" ")
    if fits and text.lower() not in _OTHERS and not (within and _INDICATORS.search(text)):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, every character readable or escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return written if written.isprintable() else "".join(one if one.isprintable() else _escape(one) for one in written)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _number(value: float) -> str:
    """With a point, without which a YAML 1.1 reader takes 1e16 for a text."""
    text = repr(value)
    head, exponent, tail = text.partition("e")
    return f"{head}.0{exponent}{tail}" if exponent and "." not in head else text
