"""Where objects lie: `s3://bucket/key`, and patterns of these.

`*` stays in a folder and `**` does not; `**/` is any number of folders, none of them too. More stars in a row are as
good as two.
"""

import re
from collections.abc import Sequence

from graphql_api.errors import InvalidInput

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
_PARTS = re.compile(r"\*\*+/?|.", re.DOTALL)
_RUN_OF_FOLDERS = re.compile(r"(?:\*\*+/)+")
LONGEST_PATTERN = 1_024


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key. Raises InvalidInput, saying what a place looks like."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise InvalidInput(
            f"{uri!r} is not a place: write s3://bucket/folder/file.parquet or s3://bucket/folder/*.parquet"
        )
    bucket, key = match.groups()
    if any(segment in ("", ".", "..") for segment in key.rstrip("/").split("/")):
        raise InvalidInput(f"{uri!r} has an empty folder name, or one of dots: write s3://bucket/folder/*.parquet.")
    return bucket, key


def check_length(pattern: str) -> None:
    """Raises InvalidInput, with the pattern's beginning alone."""
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(
            f"The place {pattern[:60]}… has {len(pattern):,} characters; {LONGEST_PATTERN:,} are allowed: "
            "write `**` for any number of folders."
        )


def literal_prefix(pattern: str) -> str:
    """What every name that the pattern matches begins with."""
    return pattern.split("*", 1)[0]


class Pattern:
    """Which names a pattern matches. A name costs a few steps for each of its characters, whatever the pattern:
    all ways to match it are followed at once, as the bits of one number."""

    def __init__(self, pattern: str) -> None:
        self.prefix = literal_prefix(pattern)
        self._steps: dict[str, int] = {}
        self._stays = self._stays_in_folder = self._skips = self._skips_folders = 0
        end = 0
        for part in _PARTS.findall(_RUN_OF_FOLDERS.sub("**/", pattern[len(self.prefix) :])):
            bit = 1 << end
            match part:
                case "*":
                    self._stays_in_folder |= bit
                    self._skips |= bit
                case "**/":
                    self._skips_folders |= bit
                    self._skips |= bit
                    self._stays |= bit << 1
                    self._steps["/"] = self._steps.get("/", 0) | bit << 1
                    end += 1
                case _ if part.startswith("**"):
                    self._stays |= bit
                    self._skips |= bit
                case letter:
                    self._steps[letter] = self._steps.get(letter, 0) | bit
            end += 1
        self._end = 1 << end

    def matches(self, name: str) -> bool:
        if not name.startswith(self.prefix):
            return False
        reached = self._reached(1)
        for letter in name[len(self.prefix) :]:
            stays = self._stays if letter == "/" else self._stays | self._stays_in_folder
            reached = self._reached((reached & self._steps.get(letter, 0)) << 1 | reached & stays)
            if not reached:
                return False
        return bool(reached & self._end)

    def _reached(self, places: int) -> int:
        """These places in the pattern, and those after wildcards that match nothing."""
        places |= (places & self._skips_folders) << 2
        return places | (places & self._skips) << 1


def is_within(uri: str, places: Sequence[str]) -> bool:
    """Whatever the pattern matches lies in one of the places."""
    literal = literal_prefix(uri)
    return any(literal.startswith(place.rstrip("/") + "/") for place in places)
