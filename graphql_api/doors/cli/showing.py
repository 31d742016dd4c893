"""A plan as people read it: what becomes of each object, and whom it touches."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from rich.text import Text

from graphql_api.definitions.yaml_scalars import scalar
from graphql_api.doors.cli.screen import screen

SIGNS = {"ADDED": ("+", "green"), "REMOVED": ("-", "red"), "CHANGED": ("~", "yellow")}
LINES_AROUND = 2
LONGEST = 100
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def show(plan: Mapping[str, Any]) -> None:
    """Each line whole, whatever the screen is wide: what reads it may be a log."""
    for line in lines_of(plan):
        screen.print(line, soft_wrap=True)


def lines_of(plan: Mapping[str, Any]) -> Iterator[Text]:
    for change in plan["changes"]:
        yield from _of_object(change)
    if plan["behind"]:
        yield Text("Pins that stay behind what is newer; --repin moves them:")
    for behind in plan["behind"]:
        yield Text(f"  {behind['dependent']} holds {behind['reference']}; the newest is {behind['newest']}")
    for warning in plan["warnings"]:
        yield Text(f"! {warning}", style="yellow")
    yield _summary(plan["changes"])


def _of_object(change: Mapping[str, Any]) -> Iterator[Text]:
    sign, style = SIGNS[change["change"]]
    kind = change["kind"].replace("_", " ").lower()
    made = f"  makes {change['createsVersion']}" if change["createsVersion"] else ""
    breaking = ("  breaking", "bold red") if _breaks(change) else ""
    yield Text.assemble((f"{sign} {kind} {change['name']}", f"bold {style}"), (made, "dim"), breaking)
    for detail in change["changes"] if change["change"] == "CHANGED" else ():
        for line in _of_detail(detail):
            yield Text.assemble("    ", line)
    if change["dependents"]:
        yield Text(f"    used by {', '.join(change['dependents'])}", style="dim")


def _breaks(change: Mapping[str, Any]) -> bool:
    """Whom it breaks, where the whole object goes, is told by who uses it."""
    return change["change"] == "CHANGED" and any(detail["breaking"] for detail in change["changes"])


def _of_detail(detail: Mapping[str, Any]) -> Iterator[Text]:
    sign, style = SIGNS[detail["kind"]]
    before, after = _written(detail["before"]), _written(detail["after"])
    lead = Text(f"{sign} {detail['path']}:", style=style)
    breaking = ("  breaking", "bold red") if detail["breaking"] else ""
    sides = [] if detail["before"] is None else before, [] if detail["after"] is None else after
    if all(len(lines) <= 1 for lines in sides) and sum(len(line) for lines in sides for line in lines) <= LONGEST:
        told = {"ADDED": after[0], "REMOVED": before[0]}.get(detail["kind"], f"{before[0]} -> {after[0]}")
        yield Text.assemble(lead, f" {told}", breaking)
        return
    yield Text.assemble(lead, breaking)
    for line in _differences(*sides):
        yield Text(f"    {line}", style=_DIFF_STYLES.get(line[0], ""))


def _differences(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Lines that went and came, with a few around them; their numbers are told where others are left out."""
    found = list(difflib.unified_diff(before, after, n=LINES_AROUND, lineterm=""))[2:]
    is_whole = sum(line[0] != "+" for line in found) == len(before) + 1
    for line in found[1:] if is_whole or not before else found:
        yield line if line.startswith("@@") else f"{line[0]} {line[1:]}"


def _written(value: object) -> list[str]:
    """Lines: of a text its own; of a list or a mapping one an item."""
    match value:
        case str() if "\n" in value:
            return [_visible(line) for line in value.removesuffix("\n").split("\n")]
        case list():
            items = [_on_one_line(item) for item in cast("list[object]", value)]
            whole = f"[{', '.join(items)}]"
            return [whole] if len(whole) <= LONGEST else [f"- {item}" for item in items]
        case dict():
            pairs = [f"{key}: {_on_one_line(item)}" for key, item in cast("dict[str, object]", value).items()]
            whole = f"{{{', '.join(pairs)}}}"
            return [whole] if len(whole) <= LONGEST else pairs
        case _:
            return [_on_one_line(value)]


def _visible(line: str) -> str:
    """What would move the cursor of a screen is written out."""
    return "".join(one if one.isprintable() or one == "\t" else repr(one)[1:-1] for one in line)


def _on_one_line(value: object) -> str:
    match value:
        case dict():
            pairs = (f"{key}: {_on_one_line(item)}" for key, item in cast("dict[str, object]", value).items())
            return f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(map(_on_one_line, cast('list[object]', value)))}]"
        case str() if "\n" in value:
            return json.dumps(value, ensure_ascii=False)
        case None:
            return "nothing"
        case _:
            return scalar(value, within=True)


def _summary(changes: Sequence[Mapping[str, Any]]) -> Text:
    if not changes:
        return Text("No changes: the registry matches already.", style="bold")
    by_kind = {kind: sum(change["change"] == kind for change in changes) for kind in SIGNS}
    breaking = sum(map(_breaks, changes))
    made = sum(change["createsVersion"] is not None for change in changes)
    told = [
        f"{by_kind['ADDED']} to add",
        f"{by_kind['CHANGED']} to change{f' ({breaking} breaking)' if breaking else ''}",
        f"{by_kind['REMOVED']} to delete",
    ]
    return Text(f"Plan: {', '.join(told)}; {made} new {'version' if made == 1 else 'versions'}.", style="bold")
