"""What definitions of several kinds hold."""

from graphql_api.definitions.keys import DEFINITION, ELSEWHERE
from graphql_api.definitions.problems import Problems
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.slips import reference_hint
from graphql_api.definitions.specs import Described, InputSpec
from graphql_api.domain.enums import DefinitionKind
from graphql_api.domain.references import Reference


def definition_reader(spec: object, path: str, problems: Problems, kind: DefinitionKind) -> Reader:
    return Reader(spec, path, problems, DEFINITION[kind], elsewhere=ELSEWHERE[kind])


def described(reader: Reader, kind: DefinitionKind) -> Described:
    """`name` is empty where there is none that can be used."""
    return Described(
        path=reader.path,
        kind=kind,
        raw=reader.raw_values,
        name=reader.name() or "",
        description=reader.text("description") or "",
        owner=reader.text("owner"),
        tags=reader.tags(),
    )


def reference_of(path: str, text: str, problems: Problems) -> Reference | None:
    try:
        return Reference.parse(text)
    except ValueError as refused:
        message, _, rule = str(refused).rpartition(": write ")
        problems.add(path, f"{message}.", reference_hint(text, f"Write {rule}."))
        return None


def inputs(reader: Reader, key: str, *, required: bool = False) -> tuple[InputSpec, ...]:
    """A list of names and of references to view versions; each name once, because it is what SQL calls the input."""
    found: dict[str, InputSpec] = {}
    for path, text in reader.names(key, required=required) or []:
        reference = reference_of(path, text, reader.problems)
        if reference is None:
            continue
        if reference.feature is not None:
            hint = f"Write {Reference(reference.name, reference.version)}."
            reader.problems.add(path, f"{text!r} names a feature: an input is a whole.", hint)
        elif reference.name in found:
            message = f"{reference.name!r} comes twice, and both would be called so."
            reader.problems.add(path, message, "Leave one out.")
        else:
            found[reference.name] = InputSpec(path, text, reference)
    return tuple(found.values())
