"""What a check says that only DuckDB can judge, and the columns that it names."""

from collections.abc import Sequence
from typing import cast

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.outputs import sql_text
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.specs import ValidationSpec
from graphql_api.documents.feature_views import FeaturePart, ViewKeyPart
from graphql_api.domain.enums import ValidationCheck
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, SqlProblem


async def ask_checks(
    draft: Draft,
    validations: Sequence[ValidationSpec],
    keys: Sequence[ViewKeyPart],
    features: Sequence[FeaturePart],
    *,
    is_static: bool,
) -> None:
    """Adds the problems of a view's checks, each parameter being of the right type already."""
    types = {key.name: key.value_type for key in keys}
    types |= {} if is_static else {EVENT: ValueType.TIMESTAMP, CREATED: ValueType.TIMESTAMP}
    types |= {feature.name: feature.value_type for feature in features}
    columns = [FileColumn(name, value_type.sql) for name, value_type in types.items()]
    for validation in validations:
        path = f"{validation.path}.parameters"
        match validation.check:
            case ValidationCheck.MATCHES:
                await _ask_pattern(draft, f"{path}.pattern", cast(str, validation.parameters["pattern"]))
            case ValidationCheck.SQL:
                await _ask_condition(
                    draft, f"{path}.expression", cast(str, validation.parameters["expression"]), columns
                )
            case ValidationCheck.UNIQUE:
                _check_names(draft, f"{path}.columns", validation, list(types))
            case _:
                pass


async def _ask_pattern(draft: Draft, path: str, pattern: str) -> None:
    problem = await draft.answers.pattern(pattern)
    if problem is not None:
        draft.problems.add(path, problem.message, problem.hint)


async def _ask_condition(draft: Draft, path: str, expression: str, columns: Sequence[FileColumn]) -> None:
    answer = await draft.answers.expression(expression, columns)
    if isinstance(answer, SqlProblem):
        draft.problems.add(path, sql_text(answer), answer.hint)
    elif answer.data_type != "BOOLEAN":
        draft.problems.add(path, f"The expression is {answer.data_type}, not BOOLEAN.", "Write a condition.")


def _check_names(draft: Draft, path: str, validation: ValidationSpec, names: Sequence[str]) -> None:
    columns = cast(Sequence[str], validation.parameters.get("columns") or ())
    for index, column in enumerate(columns):
        if column not in names:
            draft.problems.add(f"{path}[{index}]", f"The view has no column {column!r}.", nearest(column, names))
