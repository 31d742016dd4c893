"""What the validations of a run found, over all its chunks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beanie import PydanticObjectId
from pymongo import ReplaceOne

from graphql_api.documents.feature_views import FeatureViewVersionDocument
from graphql_api.documents.materializations import CheckCountPart, MaterializationDocument, ValidationResultDocument
from graphql_api.domain.enums import ValidationCheck, ValidationSeverity
from graphql_api.engines.shapes import SAMPLE_ROWS, CheckResult
from graphql_api.errors import RunFault
from graphql_api.runs.log import Database

ONE_ROW_PER_KEY = "one_row_per_key"
OF_THE_WHOLE_RUN = frozenset({ValidationCheck.UNIQUE, ValidationCheck.ROW_COUNT, ValidationCheck.FRESHNESS})


def count_of(result: CheckResult) -> CheckCountPart:
    return CheckCountPart(
        validation_id=None if result.id == ONE_ROW_PER_KEY else PydanticObjectId(result.id),
        checked=result.checked,
        failed=result.failed,
        observed=result.observed,
        sample=tuple(result.sample[:SAMPLE_ROWS]),
    )


def totals(counts: Iterable[CheckCountPart]) -> list[CheckCountPart]:
    """One a check, in the order in which they first appear."""
    found: dict[PydanticObjectId | None, CheckCountPart] = {}
    for part in counts:
        before = found.get(part.validation_id)
        found[part.validation_id] = part if before is None else _sum(before, part)
    return list(found.values())


def _sum(one: CheckCountPart, other: CheckCountPart) -> CheckCountPart:
    checked = None if one.checked is None or other.checked is None else one.checked + other.checked
    return CheckCountPart(
        validation_id=one.validation_id,
        checked=checked,
        failed=one.failed + other.failed,
        observed=one.observed if other.observed is None else other.observed,
        sample=(*one.sample, *other.sample)[:SAMPLE_ROWS],
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    check: ValidationCheck | None
    severity: ValidationSeverity


def results_of(
    run: MaterializationDocument, version: FeatureViewVersionDocument, counts: Sequence[CheckCountPart]
) -> list[ValidationResultDocument]:
    """The same ids for the same run, whichever attempt judges it."""
    known = {v.id: _Judged(v.name, v.check, v.severity) for v in version.validations}
    implicit = _Judged(ONE_ROW_PER_KEY, None, ValidationSeverity.BLOCK)
    results: list[ValidationResultDocument] = []
    for part in counts:
        judged = implicit if part.validation_id is None else known[part.validation_id]
        results.append(
            ValidationResultDocument(
                id=_result_id(run.id, part.validation_id),
                project_id=run.project_id,
                view_id=run.view_id,
                version_id=run.version_id,
                run_id=run.id,
                validation_id=part.validation_id,
                name=judged.name,
                check=judged.check,
                severity=judged.severity,
                passed=part.failed == 0,
                observed=part.observed,
                checked_rows=part.checked,
                failed_rows=part.failed,
                sample=part.sample,
            )
        )
    return results


def _result_id(run_id: PydanticObjectId, validation_id: PydanticObjectId | None) -> PydanticObjectId:
    return PydanticObjectId(hashlib.sha256(f"{run_id}:{validation_id}".encode()).digest()[:12])


async def record(database: Database, results: Sequence[ValidationResultDocument]) -> None:
    if not results:
        return
    writes: list[ReplaceOne[dict[str, object]]] = []
    for result in results:
        stored = result.model_dump(exclude={"revision_id", "id"})
        writes.append(ReplaceOne({"_id": result.id}, stored, upsert=True))
    await database["validation_results"].bulk_write(writes, ordered=False)


def require_unblocked(results: Sequence[ValidationResultDocument]) -> None:
    """Raises RunFault, naming every BLOCK check that failed."""
    blocking = [result for result in results if not result.passed and result.severity == ValidationSeverity.BLOCK]
    if not blocking:
        return
    said = ", ".join(_said(result) for result in blocking)
    duplicates = any(result.validation_id is None for result in blocking)
    hint = (
        "Rows of one key and time that differ: keep the newest with QUALIFY, or give each its created_timestamp."
        if duplicates
        else "The samples of the run's validation results show rows; correct the source or the check."
    )
    raise RunFault("BLOCKED", f"Checks that block have failed: {said}. Nothing is visible.", hint=hint)


def _said(result: ValidationResultDocument) -> str:
    if result.checked_rows is None:
        return result.name if result.observed is None else f"{result.name} (observed {result.observed})"
    return f"{result.name} ({result.failed_rows} of {result.checked_rows} rows)"
