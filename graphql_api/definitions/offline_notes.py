"""What was not checked, and why: it is for a registry, or for the files of sources, to tell."""

from collections.abc import Iterable, Iterator

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.elsewhere import Elsewhere
from graphql_api.definitions.parse import Parsed
from graphql_api.definitions.problems import listed, nearest
from graphql_api.definitions.specs import (
    AggregationSpec,
    EntrySpec,
    InputSpec,
    OnDemandSpec,
    PushSpec,
    SqlSpec,
    ViewSpec,
)
from graphql_api.errors import Problem


def notes_of(draft: Draft, parsed: Parsed, elsewhere: Elsewhere) -> tuple[Problem, ...]:
    """Each once."""
    return tuple(dict.fromkeys(_notes(draft, parsed, elsewhere)))


def _notes(draft: Draft, parsed: Parsed, elsewhere: Elsewhere) -> Iterator[Problem]:
    for name in sorted(elsewhere.unread):
        if draft.sources.get(name) is not None:
            message = "The columns are those of the files, which are not looked at here."
            yield Problem(f"{parsed.sources[name].about.path}.files", message, "Declare columns to have them checked.")
    for view in parsed.views.values():
        yield from _of_view(draft, view, elsewhere)
    for service in parsed.services.values():
        yield from (note for entry in service.entries if (note := _of_entry(draft, entry, elsewhere)) is not None)


def _of_view(draft: Draft, view: ViewSpec, elsewhere: Elsewhere) -> Iterator[Problem]:
    for entity in view.entities:
        if entity.entity in elsewhere.entities:
            yield _absent(entity.path, "entity", entity.entity, draft.parsed.entities)
    match view.transformation:
        case SqlSpec() as made:
            yield from _absent_inputs(draft, made, elsewhere)
            names = [
                entry.written
                for entry in made.sources
                if elsewhere.is_open(entry) or _is_untold(draft, entry, elsewhere)
            ]
            if names:
                message = f"It may run; what it gives is not known here, since the columns of {listed(names)} are not."
                yield Problem(f"{made.path}.sql", message)
        case AggregationSpec(source=str(name)) as made if name in elsewhere.sources or name in elsewhere.unread:
            yield Problem(f"{made.path}.source", f"The columns of {name} and their types are not known here.")
        case PushSpec(source=str(name)) as made if name in elsewhere.sources or name in elsewhere.unread:
            yield Problem(f"{made.path}.push.source", f"The columns of {name} and their types are not known here.")
        case OnDemandSpec() as made:
            for entry in made.views:
                if entry.reference.name in elsewhere.views:
                    yield _absent(entry.path, "feature view", entry.reference.name, draft.parsed.views)
            names = [entry.written for entry in made.views if _is_untold(draft, entry, elsewhere)]
            if names:
                message = (
                    f"They may run; their types are not known here, since the features of {listed(names)} are not."
                )
                yield Problem(f"{made.path}.expressions", message)
        case _:
            pass


def _absent_inputs(draft: Draft, made: SqlSpec, elsewhere: Elsewhere) -> Iterator[Problem]:
    names = {*draft.parsed.sources, *elsewhere.unread, *draft.parsed.views}
    for entry in made.sources:
        if entry.reference.name in elsewhere.inputs:
            yield _absent(entry.path, "data source or view", entry.reference.name, names)


def _of_entry(draft: Draft, entry: EntrySpec, elsewhere: Elsewhere) -> Problem | None:
    name = entry.reference.name
    if name in elsewhere.views:
        return _absent(entry.path, "feature view", name, draft.parsed.views)
    if elsewhere.is_numbered(entry.reference):
        message = f"Whether there is a version {entry.reference}, and what it gives, is for the registry to tell."
        return Problem(entry.path, message)
    if draft.latest.get(name) is None:
        return Problem(entry.path, f"What {name} gives is not known here.")
    return None


def _is_untold(draft: Draft, entry: InputSpec, elsewhere: Elsewhere) -> bool:
    """The entry names a version, or a view of which nothing could be told."""
    name = entry.reference.name
    return elsewhere.is_numbered(entry.reference) or (name not in draft.sources and draft.latest.get(name) is None)


def _absent(path: str, kind: str, name: str, known: Iterable[str]) -> Problem:
    hint = nearest(name, known) or ""
    return Problem(path, f"There is no {kind} {name!r} in these files.", hint if hint.startswith("Did") else None)
