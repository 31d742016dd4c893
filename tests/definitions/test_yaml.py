"""YAML files -> definitions: JSON's values, and slips that YAML itself would let pass."""

import pytest

from graphql_api.definitions.documents import Definition, read_yaml
from graphql_api.domain.enums import DefinitionKind
from graphql_api.errors import InvalidInput, Problem


def test_documents_come_in_order_with_days_as_text() -> None:
    text = "kind: Entity\nname: a\n---\n---\nkind: FeatureView\nsince: 2025-11-01\nat: 2025-11-01 10:00:00\nn: 1\n"

    assert read_yaml([("a.yaml", text), ("b.yaml", "kind: DataSource\nname: b")]) == [
        Definition(DefinitionKind.ENTITY, {"name": "a"}),
        Definition(DefinitionKind.FEATURE_VIEW, {"since": "2025-11-01", "at": "2025-11-01 10:00:00", "n": 1}),
        Definition(DefinitionKind.DATA_SOURCE, {"name": "b"}),
    ]


def test_every_problem_of_every_file_is_told() -> None:
    files = [
        ("a.yaml", "kind: FeatureVeiw\nname: a\n---\n- 1\n---\nname: x"),
        ("b.yaml", "kind: Entity\nname: a\nname: b"),
        ("c.yaml", "a: [1"),
        ("d.yaml", "1: a"),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_yaml(files)

    assert list(refused.value.problems) == [
        Problem("a.yaml[0].kind", "There is no kind 'FeatureVeiw'.", "Did you mean 'FeatureView'?"),
        Problem("a.yaml[1]", "A document must be a mapping, not a list."),
        Problem("a.yaml[2].kind", "It says no kind.", "Known: DataSource, Entity, FeatureService, FeatureView."),
        Problem("b.yaml", "This is not YAML: 'name' is here twice (line 3, column 1)."),
        Problem("c.yaml", "This is not YAML: expected ',' or ']', but got '<stream end>' (line 1, column 6)."),
        Problem("d.yaml", "This is not YAML: the key 1 is not text (line 1, column 1)."),
    ]
