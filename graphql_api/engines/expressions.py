"""One scalar expression over several relations: which columns it uses, and of what type it is."""

from collections.abc import Mapping, Sequence
from typing import cast

import duckdb

from graphql_api.engines.duck_words import nearest
from graphql_api.engines.gate import PREFIX, Node, expression_tree, only_node, rendered
from graphql_api.engines.problems import binding, refuse_all
from graphql_api.engines.relations import create_typed
from graphql_api.engines.shapes import ColumnUse, Relation, SqlProblem, TypedExpression, TypeExpression
from graphql_api.engines.text import place, quoted, without_end


def type_expression(connection: duckdb.DuckDBPyConnection, request: TypeExpression) -> TypedExpression:
    """Every column is found in the tree and written with its relation, so that the text means one thing."""
    tree = expression_tree(connection, request.expression)
    columns = _Columns(request.expression, request.relations, request.bare)
    columns.resolve(only_node(tree)["select_list"], frozenset())
    refuse_all(columns.problems)
    text = rendered(connection, tree)
    create_typed(connection, request.relations)
    relations = ", ".join(quoted(relation.name) for relation in request.relations if relation.columns)
    source = f" FROM {relations}" if relations else ""
    prefix = f"DESCRIBE {PREFIX}"
    with binding(request.expression, before=len(prefix)):
        connection.execute(f"{prefix}{without_end(request.expression)}\n{source}")
    data_type = connection.execute(f"{prefix}{text}{source}").fetchall()[0][1]
    uses = sorted(columns.used)
    return TypedExpression(text, data_type, [ColumnUse(relation, column) for relation, column in uses])


class _Columns:
    """Finds the columns of a tree and writes each with its relation; the parameters of lambdas stay as they are."""

    def __init__(self, text: str, relations: Sequence[Relation], bare: str) -> None:
        self._text = text
        self._bare = bare
        self._held: Mapping[str, Mapping[str, str]] = {
            relation.name: {column.name.lower(): column.name for column in relation.columns} for relation in relations
        }
        self.used: set[tuple[str, str]] = set()
        self.problems: list[SqlProblem] = []

    def resolve(self, part: object, parameters: frozenset[str]) -> None:
        if isinstance(part, list):
            for item in cast("list[object]", part):
                self.resolve(item, parameters)
        elif isinstance(part, dict):
            node = cast("Node", part)
            match node.get("class"):
                case "LAMBDA":
                    self._lambda(node, parameters)
                case "COLUMN_REF":
                    self._column(node, parameters)
                case _:
                    for item in node.values():
                        self.resolve(item, parameters)

    def _lambda(self, node: Node, parameters: frozenset[str]) -> None:
        if node.get("syntax_type") == "SINGLE_ARROW":
            hint = "Write lambda x: … for a function, json_extract(…, …) for a part of JSON."
            self._no(node, "-> is refused: it may mean two things.", hint)
            return
        own = _names(node["lhs"])
        if taken := sorted(own & self._held.keys()):
            self._no(node, f"{taken[0]!r} is the name of a view.", "Call the parameter otherwise.")
            return
        self.resolve(node["expr"], parameters | own)

    def _column(self, node: Node, parameters: frozenset[str]) -> None:
        names = [name.lower() for name in cast("list[str]", node["column_names"])]
        if names[0] in parameters:
            return
        if len(names) > 2:
            self._no(node, f"{'.'.join(names)!r} is no feature.", "Write feature, or view.feature.")
            return
        relation = self._holder(node, names[0]) if len(names) == 1 else self._named(node, *names)
        if relation is None:
            return
        column = self._held[relation][names[-1]]
        node["column_names"] = [relation, column]
        self.used.add((relation, column))

    def _holder(self, node: Node, name: str) -> str | None:
        """None after a problem."""
        holders = sorted(relation for relation, columns in self._held.items() if name in columns)
        if not holders:
            known = sorted({column for columns in self._held.values() for column in columns.values()})
            hint = nearest(name, known) or f"Known: {', '.join(known) or 'nothing'}."
            self._no(node, f"There is no {name!r} here.", hint)
            return None
        if len(holders) > 1:
            told = [holder for holder in holders if holder != self._bare]
            both = " and ".join([*told, *(["the request"] if self._bare in holders else [])])
            written = " or ".join(f"{holder}.{name}" for holder in told)
            self._no(node, f"{name!r} is held by {both}.", f"Write {written}.")
            return None
        return holders[0]

    def _named(self, node: Node, relation: str, name: str) -> str | None:
        """None after a problem."""
        relations = sorted(held for held in self._held if held != self._bare)
        if relation not in relations:
            hint = nearest(relation, relations) or f"Known: {', '.join(relations) or 'none'}."
            self._no(node, f"There is no view {relation!r} here.", hint)
            return None
        if name not in self._held[relation]:
            known = sorted(self._held[relation].values())
            hint = nearest(name, known) or f"Known: {', '.join(known)}."
            self._no(node, f"{relation} has no feature {name!r}.", hint)
            return None
        return relation

    def _no(self, node: Node, message: str, hint: str) -> None:
        offset = node.get("query_location")
        at = place(self._text, offset - len(PREFIX)) if isinstance(offset, int) and offset < 2**63 else None
        line, column = at or (None, None)
        self.problems.append(SqlProblem(message, hint, line, column))


def _names(lhs: object) -> frozenset[str]:
    """The parameters that stand before the colon of a lambda."""
    if isinstance(lhs, list):
        return frozenset(name for item in cast("list[object]", lhs) for name in _names(item))
    if not isinstance(lhs, dict):
        return frozenset()
    node = cast("Node", lhs)
    if node.get("class") == "COLUMN_REF":
        return frozenset(name.lower() for name in cast("list[str]", node["column_names"]))
    return frozenset(name for item in node.values() for name in _names(item))
