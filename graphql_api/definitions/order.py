"""Views in the order in which they can be planned: whatever one is built on comes before it."""

from collections.abc import Mapping, Sequence

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.pins import held_pins
from graphql_api.definitions.specs import InputSpec, SqlSpec, ViewSpec

Graph = Mapping[str, frozenset[str]]


def is_view(draft: Draft, view: str, entry: InputSpec) -> bool:
    """Does the entry of `sources` mean a view? A name that a data source has too means the data source, unless the
    entry was pinned to the view before."""
    if entry.reference.version is not None or entry.reference in held_pins(draft.registry.latest(view)):
        return True
    name = entry.reference.name
    return name not in draft.sources and (name in draft.latest or name in draft.parsed.views)


def levels(draft: Draft) -> list[list[str]]:
    """Names of views: those that are defined and those that may have to follow them. All that a view is built on is
    in the levels before its own. Views that are built on each other in a circle are in none: a problem names them."""
    waiting = dict(_graph(draft))
    found: list[list[str]] = []
    while waiting:
        ready = sorted(name for name, needed in waiting.items() if not needed & waiting.keys())
        if ready:
            found.append(ready)
        else:
            ready = _circle(waiting)
            _refuse(draft, ready)
        for name in ready:
            del waiting[name]
    return found


def _graph(draft: Draft) -> Graph:
    graph = {
        name: frozenset(pin.name for pin in version.transformation.views)
        for name in draft.registry.views
        if (version := draft.registry.latest(name)) is not None
    }
    return graph | {name: _inputs(draft, spec) for name, spec in draft.parsed.views.items()}


def _inputs(draft: Draft, spec: ViewSpec) -> frozenset[str]:
    made = spec.transformation
    entries = made.inputs if made is not None else ()
    is_sql = isinstance(made, SqlSpec)
    return frozenset(one.reference.name for one in entries if not is_sql or is_view(draft, spec.about.name, one))


def _circle(waiting: Graph) -> list[str]:
    """One of the circles there are, each view before what it is built on, the first by name at its head."""
    path: list[str] = []
    name = min(waiting)
    while name not in path:
        path.append(name)
        name = min(waiting[name] & waiting.keys())
    circle = path[path.index(name) :]
    head = circle.index(min(circle))
    return circle[head:] + circle[:head]


def _refuse(draft: Draft, circle: Sequence[str]) -> None:
    told = " → ".join([*circle, circle[0]])
    for name in circle:
        draft.latest[name] = None
        draft.untold.add(name)
    for name, needed in zip(circle, [*circle[1:], circle[0]], strict=True):
        spec = draft.parsed.views.get(name)
        if spec is not None and spec.transformation is not None:
            entry = next(one for one in spec.transformation.inputs if one.reference.name == needed)
            hint = "A view is built on others, and never on itself: leave one of these inputs out."
            draft.problems.add(entry.path, f"Views would be built on each other in a circle: {told}.", hint)
            return
