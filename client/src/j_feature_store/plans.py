"""What definitions change, as the server plans and does it."""

from typing import Any

import msgspec

from j_feature_store.runs import Materialization, VersionName


class Change(msgspec.Struct, frozen=True):
    """One difference inside an object. `kind` is ADDED, REMOVED or CHANGED."""

    kind: str
    path: str
    before: Any
    after: Any
    breaking: bool


class PlannedChange(msgspec.Struct, frozen=True, rename="camel"):
    """What happens to one object. `dependents` are references of what depends on it."""

    change: str
    kind: str
    name: str
    changes: list[Change]
    dependents: list[str]
    creates_version: str | None

    def __str__(self) -> str:
        sign = {"ADDED": "+", "REMOVED": "-"}.get(self.change, "~")
        made = f", makes {self.creates_version}" if self.creates_version else ""
        details = "".join(f"\n    {each.path}" for each in self.changes) if sign == "~" else ""
        return f"{sign} {self.kind.replace('_', ' ').lower()} {self.name}{made}{details}"


class Behind(msgspec.Struct, frozen=True):
    """A pinned version that could move: `dependent` holds `reference`, `newest` is there since."""

    dependent: str
    reference: str
    newest: str


class Plan(msgspec.Struct, frozen=True):
    """What applying would change; no changes: the registry matches already. `print(plan)` shows it."""

    changes: list[PlannedChange]
    behind: list[Behind]
    warnings: list[str]
    fingerprint: str

    def __str__(self) -> str:
        behind = (f"{each.dependent} holds {each.reference}; the newest is {each.newest}." for each in self.behind)
        changes = map(str, self.changes) if self.changes else ["No changes: the registry matches already."]
        return "\n".join([*changes, *behind, *(f"! {warning}" for warning in self.warnings)])


class Applied(msgspec.Struct, frozen=True):
    """What applying did: the plan as it was carried out, the versions that it made, the runs that it started, and the
    versions that still need one."""

    plan: Plan
    made: list[VersionName] = msgspec.field(name="versions")
    materializations: list[Materialization]
    lacking: list[VersionName] = msgspec.field(name="unmaterialized")

    @property
    def versions(self) -> list[str]:
        """References of the versions that were made: `aircraft_delays@2`."""
        return [version.reference for version in self.made]

    @property
    def unmaterialized(self) -> list[str]:
        """References of the versions that still need a run."""
        return [version.reference for version in self.lacking]
