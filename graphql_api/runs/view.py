"""A version as the engine is told of it."""

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import SourcePart
from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.engines.shapes import Check, FileColumn, Relation, Value, View
from graphql_api.runs.inputs import LocalInputs


def view_of(version: FeatureViewVersionDocument, copy: DataCopyDocument, inputs: LocalInputs) -> View:
    types = {feature.name: feature.value_type for feature in version.features}
    sql = version.transformation
    return View(
        keys=[Value(key.name, key.value_type) for key in version.keys],
        features=[Value(name, types[name]) for name in copy.layout],
        sql=sql.sql,
        lookback=sql.lookback,
        has_created=sql.has_created,
        is_static=version.is_static,
        relations=[_relation(source, inputs) for source in sql.sources],
        checks=[
            Check(
                id=str(validation.id),
                check=validation.check,
                severity=validation.severity,
                feature=validation.feature,
                parameters=validation.parameters,
            )
            for validation in version.validations
        ],
    )


def _relation(source: SourcePart, inputs: LocalInputs) -> Relation:
    return Relation(
        name=source.name,
        columns=[FileColumn(column.name, column.data_type) for column in source.columns],
        event_timestamp=source.event_timestamp,
        created_timestamp=source.created_timestamp,
        timezone=source.timezone,
        files=[str(path) for path in inputs.paths.get(source.name, ())],
    )
