"""References as people write them: `view`, `view@3`, `view:feature`, `view@3:feature`, `service@2`."""

import re
from dataclasses import dataclass

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_REFERENCE = re.compile(r"([a-z][a-z0-9_]{0,62})(?:@([1-9]\d{0,8}))?(?::([a-z][a-z0-9_]{0,62}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reference:
    """`version` None: the current version in a query, the newest in a definition. `feature` None: all of them."""

    name: str
    version: int | None = None
    feature: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Raises ValueError, saying what a reference looks like."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text!r} is not a reference: write name, name@3, name:feature or name@3:feature, "
                "names of small letters, digits and _"
            )
        name, version, feature = match.groups()
        return cls(name, int(version) if version else None, feature)

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version is not None else ""
        feature = f":{self.feature}" if self.feature is not None else ""
        return f"{self.name}{version}{feature}"
