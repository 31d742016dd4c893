"""GraphQL documents, parsed and validated once: a text that is asked again and again costs a look-up."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeGuard, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

KEPT = 500
ON_PROBATION = 200
LONGEST_KEPT = 100_000
LONGEST = 200_000
"""Characters of a document, with its comments and texts, which are tokens of any length. Variables do not count."""
TOO_DEEP = "The document is nested too deep."
OVER_BUDGET = "Validation aborted."
TOO_DEEP_INTROSPECTION = "Maximum introspection depth exceeded"

# Whether fields of equal names can be merged is asked of each pair of them: the budget ends that within half a second.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth`: fields within fields, leaves included; introspection has a limit of its own. `aliases`: in one
    operation, those in fragments as often as they are spread. `tokens`: of the text."""

    depth: int
    aliases: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Document:
    """`ast` None: the text is no GraphQL. With `errors` it must not be executed."""

    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...]

    def operation_type(self, name: str | None) -> OperationType | None:
        """None where the request does not say which operation it means."""
        operations = [one for one in (self.ast.definitions if self.ast else ()) if _is_operation(one)]
        meant = [one for one in operations if name is None or (one.name and one.name.value == name)]
        return meant[0].operation if len(meant) == 1 else None


def _is_operation(definition: object) -> TypeGuard[OperationDefinitionNode]:
    return isinstance(definition, OperationDefinitionNode)


class Recent(Generic[ValueT]):
    """A bounded memory in which what is asked for once cannot push out what is asked for again."""

    def __init__(self, kept: int, on_probation: int) -> None:
        self._kept: OrderedDict[str, ValueT] = OrderedDict()
        self._probation: OrderedDict[str, ValueT] = OrderedDict()
        self._bounds = (kept, on_probation)

    def get(self, key: str) -> ValueT | None:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = self._probation.pop(key, None)
        if found is not None:
            self._put(self._kept, key, found, self._bounds[0])
        return found

    def add(self, key: str, value: ValueT) -> None:
        self._put(self._probation, key, value, self._bounds[1])

    @staticmethod
    def _put(into: OrderedDict[str, ValueT], key: str, value: ValueT, bound: int) -> None:
        into[key] = value
        if len(into) > bound:
            into.popitem(last=False)


class Documents:
    """`hits` and `misses` count how often the memory knew a text."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._recent: Recent[Document] = Recent(KEPT, ON_PROBATION)
        self.hits = 0
        self.misses = 0

    def read(self, text: str) -> Document:
        known = self._recent.get(text)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        if len(text) > LONGEST:
            message = f"The document has {len(text):,} characters; {LONGEST:,} are allowed. Send values as variables."
            return Document(None, (_excess(message),))
        document = self._read(text)
        if len(text) <= LONGEST_KEPT:
            self._recent.add(text, document)
        return document

    def _read(self, text: str) -> Document:
        try:
            ast = parse(text, max_tokens=self._limits.tokens)
            errors = _excesses(ast, self._limits) or validate(self._schema, ast)
        except GraphQLSyntaxError as error:
            if "contains more than" in error.message:
                return Document(None, (_excess(f"The document has more than {self._limits.tokens} tokens."),))
            return Document(None, (_excess(TOO_DEEP) if "nested too deep" in error.message else error,))
        except RecursionError:
            return Document(None, (_excess(TOO_DEEP),))
        if any(error.message == OVER_BUDGET for error in errors):
            return Document(ast, (_excess("The document takes too long to validate: it repeats too many fields."),))
        return Document(ast, tuple(_as_excess(error) for error in errors))


def _excess(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})


def _as_excess(error: GraphQLError) -> GraphQLError:
    """What GraphQL's own rules say of a limit gets the code of one."""
    if error.message != TOO_DEEP_INTROSPECTION:
        return error
    return GraphQLError("The operation asks the schema too deep.", error.nodes, extensions={"code": "LIMIT_EXCEEDED"})


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int
    aliases: int


class _Measure:
    """How deep a selection goes and how many aliases it holds, each fragment measured once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None) -> _Size:
        depth = aliases = 0
        for one in selections.selections if selections else ():
            size = _Size(0, 0)
            match one:
                case FieldNode():
                    size = self._of_field(one)
                case InlineFragmentNode():
                    size = self.of(one.selection_set)
                case FragmentSpreadNode():
                    size = self._of_fragment(one.name.value)
                case _:
                    pass
            depth = max(depth, size.depth)
            aliases += size.aliases
        return _Size(depth, aliases)

    def _of_field(self, field: FieldNode) -> _Size:
        alias = 1 if field.alias else 0
        if field.name.value.startswith("__"):
            return _Size(1, alias)
        within = self.of(field.selection_set)
        return _Size(within.depth + 1, within.aliases + alias)

    def _of_fragment(self, name: str) -> _Size:
        if name not in self._measured:
            self._measured[name] = _Size(0, 0)  # while it is measured: a circle is refused by validation
            fragment = self._fragments.get(name)
            self._measured[name] = self.of(fragment.selection_set if fragment else None)
        return self._measured[name]


def _excesses(ast: DocumentNode, limits: Limits) -> list[GraphQLError]:
    fragments = {one.name.value: one for one in ast.definitions if isinstance(one, FragmentDefinitionNode)}
    measure = _Measure(fragments)
    errors: list[GraphQLError] = []
    for operation in ast.definitions:
        if not _is_operation(operation):
            continue
        size = measure.of(operation.selection_set)
        if size.depth > limits.depth:
            errors.append(_excess(f"The operation is {size.depth} fields deep; {limits.depth} are allowed."))
        if size.aliases > limits.aliases:
            errors.append(_excess(f"The operation has {size.aliases} aliases; {limits.aliases} are allowed."))
    return errors
