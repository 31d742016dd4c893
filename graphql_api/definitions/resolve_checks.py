"""What a check says that only DuckDB can judge, and the columns that it names."""

from collections.abc import Sequence
from typing import cast

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.outputs import refuse_text
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
    keys: Sequence[ViewKeyPart] | None,
    features: Sequence[FeaturePart],
    *,
    is_static: bool,
) -> None:
    """Adds the problems of a view's checks, each parameter being of the right type already. `keys` None: not all of the
    row's columns can be told."""
    types = {key.name: key.value_type for key in keys or ()}
    types |= {} if is_static else {EVENT: ValueType.TIMESTAMP, CREATED: ValueType.TIMESTAMP}
    types |= {feature.name: feature.value_type for feature in features}
    columns = [FileColumn(name, value_type.sql) for name, value_type in types.items()]
    for validation in validations:
        path = f"{validation.path}.parameters"
        match validation.check:
            case ValidationCheck.MATCHES:
                await _ask_pattern(draft, f"{path}.pattern", cast(str, validation.parameters["pattern"]))
            case ValidationCheck.SQL if keys is not None:
                condition = cast(str, validation.parameters["expression"])
                await ask_condition(draft, f"{path}.expression", condition, columns, "expression")
            case ValidationCheck.UNIQUE if keys is not None:
                _check_names(draft, f"{path}.columns", validation, list(types))
            case _:
                pass


async def _ask_pattern(draft: Draft, path: str, pattern: str) -> None:
    problem = await draft.answers.pattern(pattern)
    if problem is not None:
        refuse_text(draft.problems, path, problem)


async def ask_condition(draft: Draft, path: str, condition: str, columns: Sequence[FileColumn], what: str) -> None:
    """Adds what is wrong with a condition over these columns. `what`: what it is called."""
    answer = await draft.answers.expression(condition, columns)
    if isinstance(answer, SqlProblem):
        refuse_text(draft.problems, path, answer)
    elif answer.data_type != "BOOLEAN":
        hint = "Write a condition, which is true or false, such as dep_delay > 15."
        draft.problems.add(path, f"The {what} is {answer.data_type}, not BOOLEAN.", hint)


def _check_names(draft: Draft, path: str, validation: ValidationSpec, names: Sequence[str]) -> None:
    columns = cast(Sequence[str], validation.parameters.get("columns") or ())
    for index, column in enumerate(columns):
        if column not in names:
            draft.problems.add(f"{path}[{index}]", f"The view has no column {column!r}.", nearest(column, names))
