"""The registry as it was read, as far as a plan needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from graphql_api.documents.base import ID
from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import DataSourceDocument
from graphql_api.documents.entities import EntityDocument
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.domain.enums import DefinitionKind


@dataclass(frozen=True, slots=True)
class RunInProgress:
    run_id: ID
    version_id: ID
    data_id: int


@dataclass(frozen=True)
class Registry:
    """All entities, sources and views of a project by name, the latest version of each service, and of the versions
    of views at least: the latest and the current one of each view, and all that are pinned or named.

    `copies` are those of the views' versions; `revision` was read before everything else."""

    project_id: ID
    revision: int = 0
    entities: Mapping[str, EntityDocument] = field(default_factory=dict[str, EntityDocument])
    sources: Mapping[str, DataSourceDocument] = field(default_factory=dict[str, DataSourceDocument])
    views: Mapping[str, FeatureViewDocument] = field(default_factory=dict[str, FeatureViewDocument])
    services: Mapping[str, FeatureServiceDocument] = field(default_factory=dict[str, FeatureServiceDocument])
    versions: Mapping[ID, FeatureViewVersionDocument] = field(default_factory=dict[ID, FeatureViewVersionDocument])
    copies: Sequence[DataCopyDocument] = ()
    runs: Sequence[RunInProgress] = ()
    used_numbers: Mapping[tuple[DefinitionKind, str], int] = field(
        default_factory=dict[tuple[DefinitionKind, str], int]
    )
    """The last number that a deleted version had, by kind and name."""
    pinned: Mapping[ID, Sequence[str]] = field(default_factory=dict[ID, Sequence[str]])
    """Of the versions of views, those that some version of a service uses, be it an old one; references of these."""

    def numbered(self, view_name: str, number: int) -> FeatureViewVersionDocument | None:
        return self._by_number.get((view_name, number))

    def latest(self, view_name: str) -> FeatureViewVersionDocument | None:
        view = self.views.get(view_name)
        return self.numbered(view_name, view.latest_version) if view is not None else None

    def current(self, view_name: str) -> FeatureViewVersionDocument | None:
        view = self.views.get(view_name)
        if view is None or view.current_version is None:
            return None
        return self.numbered(view_name, view.current_version)

    def next_number(self, kind: DefinitionKind, name: str, newest: int = 0) -> int:
        """Of a view or a service whose newest version is `newest`: one that was never used before."""
        return max(newest, self.used_numbers.get((kind, name), 0)) + 1

    def copy(self, view_id: ID, fingerprint: str) -> DataCopyDocument | None:
        return self._copies.get((view_id, fingerprint))

    def copy_of(self, version: FeatureViewVersionDocument) -> DataCopyDocument | None:
        return self.copy(version.view_id, version.data_fingerprint)

    @cached_property
    def _by_number(self) -> Mapping[tuple[str, int], FeatureViewVersionDocument]:
        return {(version.view_name, version.number): version for version in self.versions.values()}

    @cached_property
    def _copies(self) -> Mapping[tuple[ID, str], DataCopyDocument]:
        return {(copy.view_id, copy.fingerprint): copy for copy in self.copies}
