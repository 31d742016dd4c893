from typing import Self

import strawberry

from graphql_api.definitions.version_diff import version_diff
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from schema import feature_view_versions
from schema.changes import Change
from schema.lazy import FeatureViewVersionRef


@strawberry.type(
    description="What differs between two versions of a view: entities, features and their types, transformation, "
    "sources and pinned views, validations, ttl and delay; not what changes in place, such as descriptions."
)
class VersionDiff:
    changes: list[Change] = strawberry.field(
        description="By path, as the YAML writes it: features.flights_7d.type, transformation.sql. Breaking: a feature "
        "is gone or has another type, or a caller must send something else. Empty for two versions that mean the same."
    )
    before: strawberry.Private[FeatureViewVersionDocument]
    after: strawberry.Private[FeatureViewVersionDocument]

    @classmethod
    def of(cls, before: FeatureViewVersionDocument, after: FeatureViewVersionDocument) -> Self:
        return cls(changes=[Change.of(change) for change in version_diff(before, after)], before=before, after=after)

    @strawberry.field(name="from", description="The version that `before` is of.")
    def from_(self) -> FeatureViewVersionRef:
        return feature_view_versions.FeatureViewVersion.from_document(self.before)

    @strawberry.field(description="The version that `after` is of.")
    def to(self) -> FeatureViewVersionRef:
        return feature_view_versions.FeatureViewVersion.from_document(self.after)
