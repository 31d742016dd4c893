"""What definitions refer to and do not hold: names of other files, versions by their numbers, columns of files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql_api.definitions.parse import Parsed
from graphql_api.definitions.specs import (
    AggregationSpec,
    InputSpec,
    OnDemandSpec,
    PushSpec,
    ServiceSpec,
    SqlSpec,
    ViewSpec,
)
from graphql_api.domain.references import Reference


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Names that are referred to. `inputs`: of SQL, which may be views or data sources. `unread`: data sources whose
    columns only their files show. `missing`: views that are nowhere, since there is nothing but these definitions."""

    entities: frozenset[str]
    sources: frozenset[str]
    inputs: frozenset[str]
    views: frozenset[str]
    unread: frozenset[str]
    missing: frozenset[str]

    @classmethod
    def of(cls, parsed: Parsed, *, is_whole: bool) -> "Elsewhere":
        """`is_whole`: what is not held is nowhere."""
        entities, sources, inputs, views = set[str](), set[str](), set[str](), set[str]()
        for spec in parsed.views.values():
            entities |= {one.entity for one in spec.entities}
            match spec.transformation:
                case SqlSpec(sources=entries):
                    inputs |= {one.reference.name for one in entries}
                case OnDemandSpec(views=entries):
                    views |= {one.reference.name for one in entries}
                case AggregationSpec(source=str(name)) | PushSpec(source=str(name)):
                    sources.add(name)
                case _:
                    pass
        for service in parsed.services.values():
            views |= {entry.reference.name for entry in service.entries}
        held = {*parsed.views, *(name for _, name in parsed.broken)}
        return cls(
            entities=frozenset(() if is_whole else entities - {*parsed.entities, *held}),
            sources=frozenset(() if is_whole else sources - {*parsed.sources, *held}),
            inputs=frozenset(() if is_whole else inputs - {*parsed.sources, *held}),
            views=frozenset(() if is_whole else views - {*held}),
            unread=frozenset(name for name, spec in parsed.sources.items() if spec.columns is None),
            missing=frozenset((views | inputs) - held if is_whole else ()),
        )

    def is_open(self, entry: InputSpec) -> bool:
        """Nothing is known here of what the entry of `sources` gives."""
        name = entry.reference.name
        return self.is_numbered(entry.reference) or name in self.inputs or name in self.unread

    def is_numbered(self, reference: Reference) -> bool:
        """It names a version, of which the registry alone knows whether it is there."""
        return reference.version is not None and reference.name not in self.missing

    def stand_ins(self) -> Iterator[str]:
        """Sources that are named and whose columns are not known, by the names that aggregations get for them."""
        return (stand_in(name) for name in (*self.sources, *self.unread))


def stand_in(name: str) -> str:
    """A name that nothing can have."""
    return f"{name}?"


def as_checked(spec: ViewSpec, elsewhere: Elsewhere) -> ViewSpec:
    """The view with stand-ins in the place of what is not known here."""
    made = spec.transformation
    match made:
        case SqlSpec():
            made = replace(made, sources=tuple(_unnumbered(entry, elsewhere) for entry in made.sources))
        case OnDemandSpec():
            made = replace(made, views=tuple(_unnumbered(entry, elsewhere) for entry in made.views))
        case AggregationSpec(source=str(name)) if name in elsewhere.sources or name in elsewhere.unread:
            made = replace(made, source=stand_in(name))
        case PushSpec(source=str(name)) if name in elsewhere.sources or name in elsewhere.unread:
            made = replace(made, source=None)
        case _:
            pass
    return replace(spec, transformation=made)


def numbered(parsed: Parsed, elsewhere: Elsewhere) -> Mapping[str, str]:
    """The names of views of which a version is named by its number, by their stand-ins."""
    made = (spec.transformation for spec in parsed.views.values())
    entries = (entry for one in made if one is not None for entry in one.inputs)
    return {
        _unnumbered(entry, elsewhere).reference.name: entry.reference.name
        for entry in entries
        if elsewhere.is_numbered(entry.reference)
    }


def without_numbers(spec: ServiceSpec, elsewhere: Elsewhere) -> ServiceSpec:
    """The service with those of its entries that name no version by its number."""
    return replace(spec, entries=tuple(one for one in spec.entries if not elsewhere.is_numbered(one.reference)))


def _unnumbered(entry: InputSpec, elsewhere: Elsewhere) -> InputSpec:
    reference = entry.reference
    if not elsewhere.is_numbered(reference):
        return entry
    return replace(entry, reference=Reference(stand_in(f"{reference.name}@{reference.version}")))
