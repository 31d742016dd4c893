from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from graphql_api.context import Info
from graphql_api.documents.feature_views import FeatureViewVersionDocument, ValidationPart
from graphql_api.documents.materializations import ValidationResultDocument
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.domain.pages import PageRequest
from graphql_api.services.features import FeatureOfVersion
from graphql_api.services.pages import Parent
from graphql_api.services.run_history import RESULTS_OF_VALIDATION
from schema import features, materializations
from schema.columns import SourceColumn, Table
from schema.connections import After, Connection, First, connected
from schema.lazy import FeatureRef, MaterializationRef, ValidationResultRef
from schema.nodes import Node, node_id, there
from schema.scalars import JSON, BigInt

ONE_ROW_PER_KEY = "one_row_per_key"


@strawberry.type(description="A check that each run of a version makes between computing and committing.")
class Validation(Node):
    name: str = strawberry.field(
        description="Unique in its view. `one_row_per_key` is made by every version, declared or not."
    )
    description: str = strawberry.field(description="For people; may be empty.")
    check: ValidationCheck = strawberry.field(description="What is looked at.")
    parameters: JSON = strawberry.field(description="An object, as the YAML writes it; what it holds goes by `check`.")
    severity: ValidationSeverity = strawberry.field(description="What follows when it fails.")
    version: strawberry.Private[FeatureViewVersionDocument]
    feature_name: strawberry.Private[str | None]
    stored_id: strawberry.Private[object]

    @classmethod
    def of(cls, version: FeatureViewVersionDocument, check: ValidationPart) -> Self:
        return cls(
            id=node_id("Validation", check.id),
            name=check.name,
            description=check.description,
            check=check.check,
            parameters=JSON(check.parameters),
            severity=check.severity,
            version=version,
            feature_name=check.feature,
            stored_id=check.id,
        )

    @classmethod
    def implicit(cls, version: FeatureViewVersionDocument) -> Self:
        """Rows of one key, event and created timestamp that differ are refused, in every run of every version."""
        keys = [*(key.name for key in version.keys), "event_timestamp", "created_timestamp"]
        return cls(
            id=node_id("Validation", version.id),
            name=ONE_ROW_PER_KEY,
            description="Rows with the same join keys, event and created timestamp must be equal.",
            check=ValidationCheck.UNIQUE,
            parameters=JSON({"columns": keys}),
            severity=ValidationSeverity.BLOCK,
            version=version,
            feature_name=None,
            stored_id=None,
        )

    @classmethod
    def by_id(cls, version: FeatureViewVersionDocument, stored_id: object) -> Self:
        """`stored_id` as the version's documents hold it: its own id means the implicit check."""
        found = next((check for check in version.validations if check.id == stored_id), None)
        return cls.of(version, found) if found else cls.implicit(version)

    @strawberry.field(description="Null for a check of the whole view.")
    def feature(self) -> FeatureRef | None:
        if self.feature_name is None:
            return None
        found = FeatureOfVersion.named(self.version, self.feature_name)
        return None if found is None else features.Feature.of(found)

    @strawberry.field(description="What it found in each run, newest first.")
    async def results(self, info: Info, first: First = 20, after: After = None) -> Connection[ValidationResultRef]:
        parent = Parent.of(self.version.project_id, validation_id=self.stored_id, version_id=self.version.id)
        request = PageRequest.of(first, after, default=20)
        page = await info.context.loaders.pages.load(RESULTS_OF_VALIDATION, parent, request)
        return connected(page, lambda result: ValidationResult.of(self.version, result))


@strawberry.type(description="What a check found in a run.")
class ValidationResult:
    passed: bool = strawberry.field(description="False where anything failed, whatever the severity.")
    observed: JSON | None = strawberry.field(
        description="What was measured, such as the number of rows; null for checks of single rows."
    )
    checked_rows: BigInt = strawberry.field(description="Rows looked at; 0 for a check of the run as a whole.")
    failed_rows: BigInt = strawberry.field(description="Rows that failed.")
    evaluated_at: datetime = strawberry.field(description="When the run judged it.")
    version: strawberry.Private[FeatureViewVersionDocument]
    document: strawberry.Private[ValidationResultDocument]

    @classmethod
    def of(cls, version: FeatureViewVersionDocument, result: ValidationResultDocument) -> Self:
        return cls(
            passed=result.passed,
            observed=None if result.observed is None else JSON(result.observed),
            checked_rows=BigInt(result.checked_rows or 0),
            failed_rows=BigInt(result.failed_rows),
            evaluated_at=result.evaluated_at,
            version=version,
            document=result,
        )

    @strawberry.field(description="The check.")
    def validation(self) -> Validation:
        return Validation.by_id(self.version, self.document.validation_id)

    @strawberry.field(description="The run.")
    async def materialization(self, info: Info) -> MaterializationRef:
        found = await info.context.loaders.materialization.load(self.document.run_id)
        return materializations.Materialization.from_document(there(found))

    @strawberry.field(description="A few of the rows that failed; null where none did.")
    def sample(self) -> Table | None:
        rows = self.document.sample
        return _table(rows, self.version) if rows else None


def _table(rows: Sequence[dict[str, object]], version: FeatureViewVersionDocument) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    types = {part.name: part.value_type for part in (*version.keys, *version.features)}
    columns = [
        SourceColumn(name=name, data_type=types[name].sql if name in types else "VARCHAR", value_type=types.get(name))
        for name in names
    ]
    return Table(columns=columns, rows=JSON([[row.get(name) for name in names] for row in rows]))
