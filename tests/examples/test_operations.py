"""GraphiQL's first tabs hold operations that the schema takes."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from graphql_api.examples.operation_files import Operation, operations

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_an_example_is_valid_and_declares_the_variables_that_it_is_given(
    operation: Operation, schema: GraphQLSchema
) -> None:
    document = parse(operation.document)

    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    declared = {variable.variable.name.value: variable for variable in definition.variable_definitions or ()}
    assert validate(schema, document) == []
    assert set(operation.variables) <= set(declared)
    assert {name for name, variable in declared.items() if variable.default_value is None} <= set(operation.variables)
