"""Nouns refer to each other in circles; these are their names before they exist."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.data_sources import DataSource
    from schema.entities import Entity
    from schema.feature_services import FeatureService
    from schema.feature_view_versions import FeatureViewVersion
    from schema.feature_views import FeatureView
    from schema.features import Feature
    from schema.materializations import Materialization
    from schema.validations import Validation, ValidationResult

EntityRef = Annotated["Entity", strawberry.lazy("schema.entities")]
DataSourceRef = Annotated["DataSource", strawberry.lazy("schema.data_sources")]
FeatureViewRef = Annotated["FeatureView", strawberry.lazy("schema.feature_views")]
FeatureViewVersionRef = Annotated["FeatureViewVersion", strawberry.lazy("schema.feature_view_versions")]
FeatureRef = Annotated["Feature", strawberry.lazy("schema.features")]
FeatureServiceRef = Annotated["FeatureService", strawberry.lazy("schema.feature_services")]
MaterializationRef = Annotated["Materialization", strawberry.lazy("schema.materializations")]
ValidationRef = Annotated["Validation", strawberry.lazy("schema.validations")]
ValidationResultRef = Annotated["ValidationResult", strawberry.lazy("schema.validations")]
