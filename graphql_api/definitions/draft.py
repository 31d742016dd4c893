"""A plan in the making: the registry as it would be, and what led there. Shared by the planners of the kinds."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from graphql_api.definitions.parse import Parsed
from graphql_api.definitions.plan import PlannedChange, Writes
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.questions import Answers
from graphql_api.definitions.registry import Registry
from graphql_api.definitions.specs import Described
from graphql_api.documents.base import ID
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.domain.enums import DefinitionKind


@dataclass
class Draft:
    """`entities`, `sources` and `latest` are as they would be after the plan; a name with None is defined, but so that
    nothing can be said of what builds on it. `moved`: the successor of each superseded draft, by its id. `causes`: for
    each view that gets a version, the definition that leads to it: its own, or that of what it is built on. `untold`:
    views of which nothing can be said, that builds on them, after a problem."""

    registry: Registry
    parsed: Parsed
    answers: Answers
    problems: Problems
    entities: dict[str, EntityDocument | None] = field(init=False)
    sources: dict[str, DataSourceDocument | None] = field(init=False)
    latest: dict[str, FeatureViewVersionDocument | None] = field(init=False)
    changed_sources: set[str] = field(default_factory=set[str])
    moved: dict[ID, FeatureViewVersionDocument] = field(default_factory=dict[ID, FeatureViewVersionDocument])
    causes: dict[str, str] = field(default_factory=dict[str, str])
    untold: set[str] = field(default_factory=set[str])
    made: list[FeatureViewVersionDocument] = field(default_factory=list[FeatureViewVersionDocument])
    published: dict[str, int] = field(default_factory=dict[str, int])
    cancelled: list[ID] = field(default_factory=list[ID])
    changes: list[PlannedChange] = field(default_factory=list[PlannedChange])
    warnings: list[str] = field(default_factory=list[str])
    writes: Writes = field(default_factory=Writes)

    def __post_init__(self) -> None:
        self.entities = dict(self.registry.entities)
        self.sources = dict(self.registry.sources)
        self.latest = {name: self.registry.latest(name) for name in self.registry.views}

    def aside(self) -> "Draft":
        """The same draft, with problems and warnings of its own: for what is looked at side by side."""
        other = copy(self)
        other.problems = Problems()
        other.warnings = []
        return other

    def version(self, version_id: ID) -> FeatureViewVersionDocument:
        """As it would be after the plan."""
        written = self.writes.new.get(version_id) or self.writes.changed.get(version_id)
        return written if isinstance(written, FeatureViewVersionDocument) else self.registry.versions[version_id]

    def is_broken(self, kind: DefinitionKind, name: str) -> bool:
        return (kind, name) in self.parsed.broken


def described_fields(about: Described) -> Mapping[str, object]:
    """The fields that every document of a definition takes over."""
    return {"description": about.description, "owner": about.owner, "tags": about.tags, "spec": dict(about.raw)}
