"""What the checks of a run found, summed up, and what it means."""

import hashlib
from collections.abc import Iterable, Sequence

from beanie import PydanticObjectId
from pymongo.errors import BulkWriteError

from graphql_api.documents.feature_views import FeatureViewVersionDocument, ValidationPart
from graphql_api.documents.materializations import (
    CheckCountPart,
    MaterializationDocument,
    ValidationResultDocument,
)
from graphql_api.documents.raw import collection_of
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.engines.shapes import CheckResult
from graphql_api.errors import RunFault

ONE_ROW_PER_KEY = "one_row_per_key"
OF_THE_WHOLE_RUN = (
    ValidationCheck.UNIQUE,
    ValidationCheck.ROW_COUNT,
    ValidationCheck.FRESHNESS,
    ValidationCheck.NO_DRIFT,
)
_SAMPLE_ROWS = 5
_DUPLICATE = 11000


def as_count(result: CheckResult) -> CheckCountPart:
    return CheckCountPart(
        validation_id=None if result.id == ONE_ROW_PER_KEY else PydanticObjectId(result.id),
        checked=result.checked,
        failed=result.failed,
        observed=result.observed,
        sample=tuple(result.sample[:_SAMPLE_ROWS]),
    )


def totals(counts: Iterable[CheckCountPart]) -> list[CheckCountPart]:
    """One a check, over all chunks; what was observed of the first chunk that observed something."""
    summed: dict[PydanticObjectId | None, CheckCountPart] = {}
    for count in counts:
        before = summed.get(count.validation_id)
        summed[count.validation_id] = count if before is None else _added(before, count)
    return list(summed.values())


def results_of(
    run: MaterializationDocument, version: FeatureViewVersionDocument, counts: Sequence[CheckCountPart]
) -> list[ValidationResultDocument]:
    validations = {validation.id: validation for validation in version.validations}
    return [
        _result(run, validations.get(count.validation_id) if count.validation_id else None, count) for count in counts
    ]


async def record(results: Sequence[ValidationResultDocument]) -> None:
    """Write them once, whichever attempts try: the ids follow from the run and the check."""
    if not results:
        return
    try:
        await collection_of(ValidationResultDocument).insert_many(
            [result.model_dump(by_alias=True) for result in results], ordered=False
        )
    except BulkWriteError as error:
        if any(failed["code"] != _DUPLICATE for failed in error.details["writeErrors"]):
            raise


def stop_where_blocked(results: Sequence[ValidationResultDocument]) -> None:
    """Raises RunFault naming every BLOCK check that failed."""
    failed = [result for result in results if result.severity is ValidationSeverity.BLOCK and not result.passed]
    if failed:
        named = "; ".join(_in_words(result) for result in failed)
        raise RunFault(
            "VALIDATION_BLOCKED",
            f"Stopped before anything became visible: {named}.",
            hint="The run's validation results show rows. Mend the data or the check, and run again.",
        )


def _added(one: CheckCountPart, other: CheckCountPart) -> CheckCountPart:
    return CheckCountPart(
        validation_id=one.validation_id,
        checked=None if one.checked is None else one.checked + (other.checked or 0),
        failed=one.failed + other.failed,
        observed=other.observed if one.observed is None else one.observed,
        sample=(*one.sample, *other.sample)[:_SAMPLE_ROWS],
    )


def _result(
    run: MaterializationDocument, validation: ValidationPart | None, count: CheckCountPart
) -> ValidationResultDocument:
    identity = hashlib.sha256(f"{run.id}:{count.validation_id}".encode()).digest()[:12]
    return ValidationResultDocument(
        id=PydanticObjectId(identity),
        project_id=run.project_id,
        view_id=run.view_id,
        version_id=run.version_id,
        run_id=run.id,
        validation_id=count.validation_id,
        name=validation.name if validation else ONE_ROW_PER_KEY,
        check=validation.check if validation else None,
        severity=validation.severity if validation else ValidationSeverity.BLOCK,
        passed=count.failed == 0,
        observed=count.observed,
        checked_rows=count.checked,
        failed_rows=count.failed,
        sample=count.sample,
    )


def _in_words(result: ValidationResultDocument) -> str:
    observed = f", observed {result.observed}" if result.observed is not None else ""
    rows = f"{result.failed_rows} of {result.checked_rows} rows fail" if result.checked_rows is not None else "fails"
    return f"{result.name}: {rows}{observed}"
