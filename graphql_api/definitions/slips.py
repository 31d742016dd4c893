"""What a text that is not what it must be was probably meant to be, to say it as the remedy."""

import re
import unicodedata
from collections.abc import Collection, Iterable

from graphql_api.definitions.duck_types import value_type_of
from graphql_api.definitions.problems import closest, foreign_letters, nearest
from graphql_api.domain.durations import LONGEST, format_duration, parse_duration
from graphql_api.domain.enums import AggregateFunction
from graphql_api.domain.references import NAME, Reference
from graphql_api.domain.times import SECOND, parse_moment
from graphql_api.domain.types import ValueType
from graphql_api.engines.types import canonical

LONGEST_NAME = 63
NAME_RULE = f"Names are small letters, digits and _, begin with a letter, at most {LONGEST_NAME}."
_UNITS = r"(w(?:eeks?)?|d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)"
_PART = re.compile(rf"(\d{{1,6}}(?:\.\d{{1,3}})?) *{_UNITS}(?![a-z])")
_ISO = re.compile(r"p(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:t(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?)?")
_OTHER_FUNCTIONS = {
    "AVG": AggregateFunction.MEAN,
    "AVERAGE": AggregateFunction.MEAN,
    "MEDIAN": AggregateFunction.P50,
    "STD": AggregateFunction.STDDEV,
    "NUNIQUE": AggregateFunction.COUNT_DISTINCT,
    "APPROX_COUNT_DISTINCT": AggregateFunction.COUNT_DISTINCT,
}
_OTHER_TYPES = {
    "str": "VARCHAR",
    "datetime": "TIMESTAMP",
    "date": "TIMESTAMP",
    "number": "DOUBLE",
}


def name_hint(text: str) -> str:
    """The rule, and a name that is one and looks like the text."""
    meant = name_meant(text)
    long = f" This one has {len(text)}." if len(text) > LONGEST_NAME else ""
    return f"{NAME_RULE}{long}{f' Such as {meant}.' if meant else ''}{foreign_letters(text)}"


def name_meant(text: str) -> str | None:
    letters = [one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)]
    if any(one.isalpha() and not one.isascii() for one in letters):
        return None
    plain = "".join(one if one.isascii() else " " for one in letters)
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    name = re.sub(r"^(\d[a-z0-9]*)_(.+)$", r"\2_\1", name)
    return name if name != text and NAME.fullmatch(name) else None


def duration_hint(text: str) -> str:
    meant = _duration(text.strip().lower())
    rule = "Write a whole number and s, m, h, d or w, such as 30d."
    return rule if meant is None else f"Did you mean {meant!r}?{foreign_letters(text)}"


def _duration(text: str) -> str | None:
    parts = [(number, unit[0]) for number, unit in _PART.findall(text)]
    if not parts or re.sub(r"[ ,]|and", "", _PART.sub("", text)):
        iso = _ISO.fullmatch(text)
        parts = [(number, unit) for number, unit in zip(iso.groups(), "wdhms", strict=True) if number] if iso else []
    if not parts:
        return None
    if len(parts) == 1 and parts[0][0].isdecimal():
        return "".join(parts[0])
    micros = sum(round(float(number) * parse_duration(f"1{unit}")) for number, unit in parts)
    return format_duration(micros) if micros % SECOND == 0 and micros <= LONGEST else None


def moment_hint(text: str) -> str:
    for meant in (f"{text.strip().replace(' ', 'T')}Z", f"{text[:4]}-{text[4:6]}-{text[6:8]}"[: len(text) + 2]):
        try:
            parse_moment(meant)
        except ValueError:
            continue
        return f"Did you mean {meant!r}?"
    return "Write a day, such as 2025-11-01, or a time with an offset, such as 2025-11-01T10:00:00Z."


def reference_hint(text: str, rule: str) -> str:
    name = re.sub(r"@(latest|newest|current)$", "", text.strip().lower())
    name = re.sub(r"[@/]v?(\d+)$", r"@\1", name.replace("-", "_"))
    name = re.sub(r"[./](?=[a-z])", ":", name)
    try:
        meant = str(Reference.parse(name))
    except ValueError:
        return f"{rule}{foreign_letters(text)}"
    return f"Did you mean {meant!r}?{foreign_letters(text)}"


def type_hint(word: str, allowed: Collection[ValueType]) -> str | None:
    plain = word.strip().lower()
    data_type = canonical(_OTHER_TYPES.get(plain, plain))
    meant = value_type_of(data_type) or closest(word, allowed)
    return f"Did you mean {str(meant)!r}?" if meant in allowed else nearest("", allowed)


def function_hint(word: str) -> str | None:
    meant = _OTHER_FUNCTIONS.get(word.strip().upper())
    return f"Did you mean {str(meant)!r}?" if meant else nearest(word, AggregateFunction)


def key_meant(key: str, candidates: Iterable[str]) -> tuple[str, bool] | None:
    """The key that another one is a word of (`value_type`), or looks like; and is that so sure that its value can be
    taken for that of the other?"""
    known = list(candidates)
    words = re.split(r"[_\- ]", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower())
    for word in reversed(words):
        if word in known:
            return word, True
    found = closest(key, known)
    return (found, closest(key, [found], cutoff=0.75) is not None) if found is not None else None
