"""The gate: a text passes as one SELECT over the given relations and allow-listed functions, or is refused by name.

DuckDB's own parser reads it; everything in the tree that is not known to be good is refused.
"""

import json
from collections.abc import Iterable
from typing import cast

import duckdb

from graphql_api.engines.duck_words import nearest
from graphql_api.engines.functions import BY_NAME, IT_CHANGES, allowed_functions, words
from graphql_api.engines.problems import binding, refuse_all, refuse_sql
from graphql_api.engines.shapes import SqlProblem
from graphql_api.engines.text import place

Node = dict[str, object]
LONGEST_TEXT = 200_000
_SEES_SOURCES = "SQL sees its sources and nothing else."
_OF_THE_ROW = "Compute with what is in the rows, such as their times."
_BY_NAME = {"POSITIONAL_REFERENCE": "Write its name.", "STAR": "Name the columns that are meant."}
_ONE_ROW = "An expression sees one row: what is made of several is a feature of a view of its own."
PREFIX = "SELECT "
"""What stands before an expression when it is parsed."""

_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLES = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "TABLE_FUNCTION", "PIVOT"})
_EXPRESSIONS = words(
    """
    BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR
    POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW
    """
)
_ONLY_IN_QUERIES = {
    "POSITIONAL_REFERENCE": "a column by its position",
    "STAR": "*",
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
}
# DuckDB reads these bare words as functions.
_CHANGING_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_SESSION_WORDS = frozenset({"current_catalog", "current_schema", "current_role", "current_user", "session_user"})


def pass_select(connection: duckdb.DuckDBPyConnection, sql: str, relations: Iterable[str]) -> None:
    """Raises Refused(SqlProblem) unless `sql` is one deterministic SELECT over `relations` and its own CTEs."""
    gate = _Gate(sql, relations)
    gate.query(_only_statement(connection, sql, before=0), frozenset())
    refuse_all(gate.problems)


def pass_expression(connection: duckdb.DuckDBPyConnection, expression: str) -> str:
    """The text of one deterministic scalar expression, rendered again from its tree, or Refused."""
    return rendered(connection, expression_tree(connection, expression))


def expression_tree(connection: duckdb.DuckDBPyConnection, expression: str) -> Node:
    """The tree of `SELECT <expression>`, the expression being deterministic and scalar, or Refused."""
    tree = _only_tree(connection, expression, before=len(PREFIX), prefix=PREFIX)
    gate = _Gate(expression, (), before=len(PREFIX), scalar=True)
    gate.bare_expression(only_node(tree))
    refuse_all(gate.problems)
    return tree


def rendered(connection: duckdb.DuckDBPyConnection, tree: Node) -> str:
    """The text of an expression's tree."""
    text = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()[0][0]
    return cast("str", text).removeprefix(PREFIX).strip()


def only_node(tree: Node) -> Node:
    return cast("list[dict[str, Node]]", tree["statements"])[0]["node"]


def _only_statement(connection: duckdb.DuckDBPyConnection, text: str, *, before: int) -> Node:
    return only_node(_only_tree(connection, text, before=before))


def _only_tree(connection: duckdb.DuckDBPyConnection, text: str, *, before: int, prefix: str = "") -> Node:
    if len(text) > LONGEST_TEXT:
        refuse_sql(f"The text is longer than {LONGEST_TEXT:,} characters.", hint="Make several views of it.")
    if "\0" in text:
        refuse_sql("The text holds a NUL character.", hint="Leave it out.")
    with binding(text, before=before):
        statements = connection.extract_statements(prefix + text)
    if len(statements) != 1:
        refuse_sql(
            "There is no statement." if not statements else f"There are {len(statements)} statements.",
            hint="Write one SELECT." if not prefix else "Write one scalar expression.",
        )
    kind = statements[0].type.name
    if kind == "MULTI":
        refuse_sql("A PIVOT without its values is refused.", hint="Write the values: PIVOT ... ON column IN (...).")
    if kind != "SELECT":
        refuse_sql(f"{kind} statements are refused.", hint="Write one SELECT.")
    parsed = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [prefix + text]).fetchall()[0][0]
    tree = cast("dict[str, object]", _tree(cast("str", parsed)))
    if tree["error"]:
        refuse_sql(str(tree.get("error_message", "The text cannot be read.")))
    return tree


def _tree(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        refuse_sql("The text is nested too deeply.", hint="Make several views of it.")


class _Gate:
    """`problems`: all that is refused; a part that is refused is not looked into."""

    def __init__(self, text: str, relations: Iterable[str], *, before: int = 0, scalar: bool = False) -> None:
        self._text = text
        self._relations = {name.lower() for name in relations}
        self._before = before
        self._scalar = scalar
        self._allowed = allowed_functions()
        self.problems: list[SqlProblem] = []

    # ------------------------------------------------------------ queries

    def query(self, node: Node, ctes: frozenset[str]) -> None:
        """A CTE is seen by the ones after it and by its query; by itself only where it is recursive."""
        kind = str(node.get("type"))
        if kind not in _QUERIES:
            self._no(node, f"{kind} is refused.", hint="Write one SELECT.")
            return
        self._no_sample(node)
        if kind == "RECURSIVE_CTE_NODE":
            ctes |= {str(node.get("cte_name", "")).lower()}
        cte_map = cast("dict[str, list[dict[str, object]]]", node.get("cte_map") or {"map": []})
        for entry in cte_map["map"]:
            name = str(entry["key"]).lower()
            value = cast("Node", entry["value"])
            inner = cast("Node", value["query_node"])
            recursive = inner.get("type") == "RECURSIVE_CTE_NODE"
            self.query(inner, ctes | {name} if recursive else ctes)
            self._children({key: part for key, part in value.items() if key != "query_node"}, ctes)
            ctes |= {name}
        self._children({key: part for key, part in node.items() if key != "cte_map"}, ctes)

    def bare_expression(self, node: Node) -> None:
        """The node of `SELECT <expression>`, and of nothing more."""
        items = cast("list[Node]", node.get("select_list") or [])
        more = ("where_clause", "group_expressions", "group_sets", "having", "qualify", "sample", "modifiers")
        bare = (
            node.get("type") == "SELECT_NODE"
            and len(items) == 1
            and cast("Node", node["from_table"]).get("type") == "EMPTY"
            and not any(node.get(part) for part in more)
            and not cast("Node", node.get("cte_map") or {}).get("map")
            and not items[0].get("alias")
        )
        if not bare:
            refuse_sql("This is not one scalar expression.", hint="Write what could stand between SELECT and a comma.")
        self._walk(items[0], frozenset())

    # ------------------------------------------------------------ the walk

    def _children(self, node: Node, ctes: frozenset[str]) -> None:
        for part in node.values():
            self._walk(part, ctes)

    def _walk(self, part: object, ctes: frozenset[str]) -> None:
        if isinstance(part, list):
            for item in cast("list[object]", part):
                self._walk(item, ctes)
        elif isinstance(part, dict):
            node = cast("Node", part)
            if "class" in node:
                self._expression(node, ctes)
            elif str(node.get("type", "")).endswith("_NODE"):
                self.query(node, ctes)
            elif "type" in node and "sample" in node:
                self._table(node, ctes)
            else:
                self._children(node, ctes)

    def _table(self, node: Node, ctes: frozenset[str]) -> None:
        kind = str(node["type"])
        self._no_sample(node)
        if kind not in _TABLES:
            what = "SHOW, DESCRIBE and SUMMARIZE are" if kind == "SHOW_REF" else f"{kind} is"
            self._no(node, f"{what} refused.", hint="Write SELECT … FROM one of the sources.")
        elif kind == "BASE_TABLE":
            self._base_table(node, ctes)
        elif kind == "TABLE_FUNCTION":
            function = cast("Node", node["function"])
            name = str(function["function_name"]).lower()
            if name not in self._allowed.tables:
                self._no_table_function(node, name)
            else:
                self._no_schema(function)
            self._walk(function["arguments"], ctes)
        else:
            self._children(node, ctes)

    def _base_table(self, node: Node, ctes: frozenset[str]) -> None:
        path = cast("list[str]", cast("Node", node["qualified_name"])["path"])
        name = ".".join(path)
        if node.get("at_clause"):
            self._no(node, "AT is refused.", hint="Leave it out: a source is as it is.")
        if len(path) != 1 or name.lower() not in self._relations | ctes:
            known = sorted(self._relations | ctes)
            hint = nearest(name, known) or f"The relations are {', '.join(known) or 'none'}."
            self._no(node, f"There is no relation {name!r} here.", hint=hint, relation=name)

    def _expression(self, node: Node, ctes: frozenset[str]) -> None:
        kind = str(node["class"])
        if kind == "PARAMETER":
            self._no(node, "Parameters are refused.", hint="Write the value itself.")
            return
        if kind not in _EXPRESSIONS:
            self._no(node, f"{kind} is refused.", hint=_SEES_SOURCES)
            return
        if self._scalar and kind in _ONLY_IN_QUERIES:
            message = f"{_ONLY_IN_QUERIES[kind]} is refused in an expression.".capitalize()
            self._no(node, message, hint=_BY_NAME.get(kind, _ONE_ROW))
            return
        if kind in ("FUNCTION", "WINDOW"):
            self._function(node, kind)
        elif kind == "COLUMN_REF":
            self._column(node)
        self._children(node, ctes)

    def _column(self, node: Node) -> None:
        names = cast("list[str]", node["column_names"])
        word = names[0].lower()
        if len(names) == 1 and word in _CHANGING_WORDS:
            self._no(node, f"{word!r} is refused: {IT_CHANGES}.", hint=_OF_THE_ROW, function=word)
        elif len(names) == 1 and word in _SESSION_WORDS:
            self._no(node, f"{word!r} is refused: {self._allowed.why_not(word)}.", hint=_SEES_SOURCES, function=word)

    def _function(self, node: Node, kind: str) -> None:
        name = str(node["function_name"]).lower()
        arguments = cast("list[Node]", node.get("arguments") or [])
        why = IT_CHANGES if name == "age" and len(arguments) == 1 else self._allowed.why_not(name)
        if not self._no_schema(node):
            return
        if why is not None:
            hint = _OF_THE_ROW if why == IT_CHANGES else _SEES_SOURCES
            self._no(node, f"The function {name!r} is refused: {why}.", hint=hint, function=name)
        elif name not in self._allowed.known:
            hint = nearest(name, self._allowed.everywhere) or "Write a function of DuckDB."
            self._no(node, f"There is no function {name!r}.", hint=hint, function=name)
        elif kind == "WINDOW" and name not in self._allowed.aggregates | self._allowed.windows:
            message = f"The function {name!r} is refused with OVER: it is neither an aggregate nor of windows."
            self._no(node, message, hint="Leave OVER out.", function=name)
        elif kind == "FUNCTION" and name not in self._allowed.everywhere | {"unnest"}:
            needs = "OVER" if name in self._allowed.windows else "to stand in FROM"
            message = f"The function {name!r} is refused here: it needs {needs}."
            over = f"Write {name}(…) OVER (PARTITION BY … ORDER BY …)."
            hint = _ONE_ROW if self._scalar else over if needs == "OVER" else "Write it in FROM."
            self._no(node, message, hint=hint, function=name)
        elif self._scalar and name not in self._allowed.scalars:
            message = f"The function {name!r} is refused in an expression: it is not scalar."
            self._no(node, message, hint=_ONE_ROW, function=name)
        elif name in BY_NAME:
            self._aggregate_by_name(node, name, arguments)

    def _aggregate_by_name(self, node: Node, name: str, arguments: list[Node]) -> None:
        chosen = cast("Node", arguments[1].get("expression") or {}) if len(arguments) > 1 else {}
        constant = cast("Node", chosen.get("literal") or {})
        if constant.get("kind") != "STRING" or str(constant.get("text")).lower() not in self._allowed.aggregates:
            message = f"{name!r} takes the name of an aggregate, written as a text."
            self._no(node, message, hint=f"Such as {name}(list, 'sum').", function=name)

    # ------------------------------------------------------------ refusals

    def _no_table_function(self, node: Node, name: str) -> None:
        why = self._allowed.why_not(name)
        if why is not None:
            self._no(node, f"The table function {name!r} is refused: {why}.", hint=_SEES_SOURCES)
        elif name in self._allowed.known:
            message = f"The function {name!r} is refused in FROM: it is not among those that may stand there."
            self._no(node, message, hint=_SEES_SOURCES)
        else:
            hint = nearest(name, self._allowed.tables) or _SEES_SOURCES
            self._no(node, f"There is no table function {name!r}.", hint=hint)

    def _no_schema(self, node: Node) -> bool:
        """Is it without one?"""
        path = cast("list[str]", cast("Node", node["qualified_name"])["path"])
        if len(path) != 1:
            self._no(node, f"The function {'.'.join(path)!r} is refused.", hint="Write it without a schema.")
        return len(path) == 1

    def _no_sample(self, node: Node) -> None:
        if node.get("sample") is not None:
            hint = "Leave it out, or choose rows by a condition."
            self._no(node, "A sample is refused: it is not the same every time.", hint=hint)

    def _no(
        self,
        node: Node,
        message: str,
        *,
        hint: str | None = None,
        relation: str | None = None,
        function: str | None = None,
    ) -> None:
        offset = node.get("query_location")
        at = place(self._text, offset - self._before) if isinstance(offset, int) and offset < 2**63 else None
        line, column = at or (None, None)
        self.problems.append(SqlProblem(message, hint, line, column, relation, function))
