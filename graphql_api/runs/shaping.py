"""Documents in the words of the engine."""

from collections.abc import Mapping, Sequence

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.data_sources import SourcePart
from graphql_api.documents.feature_views import FeatureViewVersionDocument, SqlTransformationPart, ValidationPart
from graphql_api.engines.shapes import Check, FileColumn, Relation, Value, View
from graphql_api.errors import RunFault
from graphql_api.runs.runnable import why_not


def view_of(
    version: FeatureViewVersionDocument, copy: DataCopyDocument, files: Mapping[str, Sequence[str]] | None = None
) -> View:
    """`files`: the local files of each source, by its name. Features are in the order of the copy's layout.

    Raises RunFault where a run of the version is not to be had."""
    refused = why_not(version)
    if refused is not None:
        raise RunFault("NO_RUN", refused.message, hint=refused.hint)
    types = {feature.name: feature.value_type for feature in version.features}
    made = version.transformation
    assert isinstance(made, SqlTransformationPart)
    return View(
        keys=[Value(key.name, key.value_type) for key in version.keys],
        features=[Value(name, types[name]) for name in copy.layout],
        sql=made.sql,
        lookback=made.lookback,
        has_created=made.has_created,
        is_static=version.is_static,
        relations=[_relation(source, (files or {}).get(source.name, ())) for source in made.sources],
        checks=[_check(validation) for validation in version.validations],
    )


def rows_of(version: FeatureViewVersionDocument, copy: DataCopyDocument) -> View:
    """What the rows of a copy hold, without what computes them; any version of it says the same."""
    types = {feature.name: feature.value_type for feature in version.features}
    return View(
        keys=[Value(key.name, key.value_type) for key in version.keys],
        features=[Value(name, types[name]) for name in copy.layout],
        sql="",
        lookback=0,
        has_created=version.has_created,
        is_static=version.is_static,
        relations=[],
        checks=[],
    )


def _relation(source: SourcePart, files: Sequence[str]) -> Relation:
    return Relation(
        name=source.name,
        columns=[FileColumn(column.name, column.data_type) for column in source.columns],
        event_timestamp=source.event_timestamp,
        created_timestamp=source.created_timestamp,
        timezone=source.timezone,
        files=list(files),
    )


def _check(validation: ValidationPart) -> Check:
    return Check(
        id=str(validation.id),
        check=validation.check,
        severity=validation.severity,
        feature=validation.feature,
        parameters=validation.parameters,
    )
