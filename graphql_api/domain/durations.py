"""Durations as the YAML writes them: a whole number and one of s, m, h, d, w. Held as microseconds."""

import re

_UNITS = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}
LONGEST = 365_250 * _UNITS["d"]
"""A thousand years; a moment and a few of these stay far within 64 bits."""
_FORM = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """`30d` -> microseconds; raises ValueError, saying what is wanted. No duration is longer than 1,000 years."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a whole number and s, m, h, d or w, such as 30d")
    micros = int(match[1]) * _UNITS[match[2]]
    if micros > LONGEST:
        raise ValueError(f"{text!r} is longer than 1,000 years: write 365250d at most")
    return micros


def format_duration(micros: int) -> str:
    """The shortest text that `parse_duration` reads as the same."""
    for unit, size in _UNITS.items():
        if micros and micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{micros // 1_000_000}s"
