"""What differs between two specs, said for people."""

from collections.abc import Mapping, Sequence

from graphql_api.definitions.canonical import is_same
from graphql_api.definitions.plan import Change
from graphql_api.definitions.values import is_list, is_mapping
from graphql_api.domain.enums import ChangeKind


def diff(before: Mapping[str, object], after: Mapping[str, object], path: str = "") -> list[Change]:
    """Key by key, and in lists of named things by name, or by the feature that they make: `features.flights_7d.type`.
    Nothing is breaking as yet."""
    changes: list[Change] = []
    for key in sorted({*before, *after}):
        place = f"{path}.{key}" if path else key
        changes.extend(_difference(place, before.get(key), after.get(key)))
    return changes


def _difference(path: str, before: object, after: object) -> list[Change]:
    if is_same(before, after):
        return []
    if is_mapping(before) and is_mapping(after):
        return diff(before, after, path)
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None:
        reordered = Change(ChangeKind.CHANGED, path, list(old), list(new))
        return diff(old, new, path) or [reordered]
    kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.CHANGED
    return [Change(kind, path, before, after)]


def _by_name(value: object) -> Mapping[str, object] | None:
    """A list of mappings with different names, by name; else None."""
    if not is_list(value) or not value:
        return None
    named: dict[str, object] = {}
    for item in value:
        name = item.get("name", item.get("feature")) if is_mapping(item) else None
        if not isinstance(name, str) or name in named:
            return None
        named[name] = item
    return named


def breaking(changes: Sequence[Change], *, where: Sequence[str]) -> list[Change]:
    """The same changes, marked as breaking at paths that match one of the patterns (`*` is one name)."""
    return [
        Change(
            change.kind,
            change.path,
            change.before,
            change.after,
            breaking=change.kind is not ChangeKind.ADDED and any(_matches(change.path, one) for one in where),
        )
        for change in changes
    ]


def _matches(path: str, pattern: str) -> bool:
    names, wanted = path.split("."), pattern.split(".")
    return len(names) == len(wanted) and all(one in ("*", name) for name, one in zip(names, wanted, strict=True))
