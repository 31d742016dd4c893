"""Where objects lie: `s3://bucket/key`, and patterns of these, in which `*` stays in a folder and `**` does not."""

import re
from collections.abc import Sequence

from graphql_api.errors import InvalidInput

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
_WILD = re.compile(r"\*\*/|\*\*|\*")
_AS_REGEX = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*"}


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key. Raises InvalidInput, saying what a place looks like."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise InvalidInput(
            f"{uri!r} is not a place: write s3://bucket/folder/file.parquet or s3://bucket/folder/*.parquet"
        )
    bucket, key = match.groups()
    if any(segment in ("", ".", "..") for segment in key.rstrip("/").split("/")):
        raise InvalidInput(f"{uri!r} has an empty folder name, or one of dots")
    return bucket, key


def literal_prefix(pattern: str) -> str:
    """What every name that the pattern matches begins with."""
    return pattern.split("*", 1)[0]


def matcher(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    for wild in _WILD.finditer(pattern):
        parts += [re.escape(pattern[position : wild.start()]), _AS_REGEX[wild[0]]]
        position = wild.end()
    return re.compile("".join([*parts, re.escape(pattern[position:])]), re.DOTALL)


def is_within(uri: str, places: Sequence[str]) -> bool:
    """Whatever the pattern matches lies in one of the places."""
    literal = literal_prefix(uri)
    return any(literal.startswith(place.rstrip("/") + "/") for place in places)
