"""Definitions -> specs, with every problem that a definition shows by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql_api.definitions.documents import Definition
from graphql_api.definitions.kinds import KIND_WORDS
from graphql_api.definitions.parse_common import definition_reader, described
from graphql_api.definitions.parse_services import parse_service
from graphql_api.definitions.parse_sources import parse_entity, parse_source
from graphql_api.definitions.parse_views import parse_view
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.specs import EntitySpec, ServiceSpec, SourceSpec, Spec, ViewSpec
from graphql_api.definitions.values import refuse_unstorable, storable
from graphql_api.domain.enums import DefinitionKind

KIND_NAMES = {kind: word for word, kind in KIND_WORDS.items()}


@dataclass
class Parsed:
    """Specs by name, in the order of names: that of the documents makes no difference. `broken` are names that are
    defined, but so that nothing can be said of what builds on them. `nameless` are without a name that is one: looked
    at for their other problems, and for nothing else."""

    entities: dict[str, EntitySpec] = field(default_factory=dict[str, EntitySpec])
    sources: dict[str, SourceSpec] = field(default_factory=dict[str, SourceSpec])
    views: dict[str, ViewSpec] = field(default_factory=dict[str, ViewSpec])
    services: dict[str, ServiceSpec] = field(default_factory=dict[str, ServiceSpec])
    broken: set[tuple[DefinitionKind, str]] = field(default_factory=set[tuple[DefinitionKind, str]])
    nameless: list[SourceSpec | ViewSpec | ServiceSpec] = field(
        default_factory=list[SourceSpec | ViewSpec | ServiceSpec]
    )


def parse(definitions: Sequence[Definition], problems: Problems) -> Parsed:
    parsed = Parsed()
    first: dict[tuple[DefinitionKind, str], int] = {}
    for index, definition in enumerate(definitions):
        spec = storable(definition.spec)
        reader = definition_reader(spec, f"definitions[{index}]", problems, definition.kind)
        about = described(reader, definition.kind)
        spec = _PARSERS[definition.kind](reader, about)
        refuse_unstorable(definition.spec, reader.path, problems)
        if about.name == "":
            if spec is not None and not isinstance(spec, EntitySpec):
                parsed.nameless.append(spec)
            continue
        same = first.setdefault((definition.kind, about.name), index)
        if same != index:
            message = f"{KIND_NAMES[definition.kind]} {about.name} is defined twice."
            reader.refuse("name", message, f"Leave one out: the other is definitions[{same}].")
        elif spec is None or (isinstance(spec, EntitySpec | SourceSpec) and not spec.is_told):
            parsed.broken.add((definition.kind, about.name))
        if spec is not None and same == index:
            _keep(parsed, about.name, spec)
    return Parsed(
        entities=dict(sorted(parsed.entities.items())),
        sources=dict(sorted(parsed.sources.items())),
        views=dict(sorted(parsed.views.items())),
        services=dict(sorted(parsed.services.items())),
        broken=parsed.broken,
        nameless=parsed.nameless,
    )


def _keep(parsed: Parsed, name: str, spec: Spec) -> None:
    match spec:
        case EntitySpec():
            parsed.entities[name] = spec
        case SourceSpec():
            parsed.sources[name] = spec
        case ViewSpec():
            parsed.views[name] = spec
        case ServiceSpec():
            parsed.services[name] = spec


_PARSERS = {
    DefinitionKind.ENTITY: parse_entity,
    DefinitionKind.DATA_SOURCE: parse_source,
    DefinitionKind.FEATURE_VIEW: parse_view,
    DefinitionKind.FEATURE_SERVICE: parse_service,
}
