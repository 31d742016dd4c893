"""Media types of GraphQL over HTTP."""

from dataclasses import dataclass
from enum import StrEnum


class MediaType(StrEnum):
    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"


_EXACT, _SUBTYPE, _ANY = 2, 1, 0


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    quality: float
    specificity: int
    place: int


def answer_type(accept: str | None) -> MediaType | None:
    """The type to answer in: the one that is wanted most, the first of equals; JSON where all is well.

    None where neither is acceptable."""
    if accept is None or not accept.strip():
        return MediaType.JSON
    ranges = [found for place, text in enumerate(accept.split(",")) if (found := _range(text, place))]
    wanted: list[tuple[float, int, int, MediaType]] = []
    for order, media_type in enumerate(MediaType):
        matching = [one for one in ranges if _matches(one, media_type)]
        if not matching:
            continue
        best = max(matching, key=lambda one: (one.specificity, one.quality))
        if best.quality > 0:
            wanted.append((-best.quality, -best.specificity, best.place * len(MediaType) + order, media_type))
    return min(wanted)[3] if wanted else None


def _range(text: str, place: int) -> _Range | None:
    name, *parameters = [part.strip().lower() for part in text.split(";")]
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
        if key == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                return None
    specificity = _ANY if name == "*/*" else _SUBTYPE if name.endswith("/*") else _EXACT
    return _Range(name, quality, specificity, place)


def _matches(one: _Range, media_type: MediaType) -> bool:
    return one.name in ("*/*", "application/*", media_type)


def is_json_in_utf8(content_type: str | None) -> bool:
    """Whether a body that says this of itself may be read; JSON is UTF-8 unless it says otherwise."""
    name, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [value.strip('"') for key, _, value in (one.partition("=") for one in parameters) if key == "charset"]
    return name == "application/json" and all(charset in ("utf-8", "utf8") for charset in charsets)
