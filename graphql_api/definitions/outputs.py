"""Does what the SQL gives fit what the view declares?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphql_api.definitions.duck_types import cast_to, castable, fits, is_time, value_type_of
from graphql_api.definitions.problems import Problems, clipped, closest, listed
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.definitions.slips import name_meant
from graphql_api.definitions.specs import FeatureSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.domain.references import NAME
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, SqlProblem


@dataclass(frozen=True, slots=True)
class Declared:
    """What a view says that its rows hold. `keys` None: they cannot be told. `unclear`: features without a name that is
    one. `complete`: there are no others."""

    keys: Sequence[ColumnPart] | None
    features: Sequence[FeatureSpec]
    unclear: Sequence[str]
    complete: bool
    is_static: bool


def refuse_text(
    problems: Problems,
    path: str,
    problem: SqlProblem,
    *,
    line: int = 0,
    hint: Callable[[SqlProblem], str | None] = lambda one: one.hint,
) -> None:
    """Each thing that is wrong with a text, `line` lines of which were left out before it."""
    for one in (problem, *problem.others):
        problems.add(path, _placed(one, line), hint(one))


def _placed(problem: SqlProblem, line: int) -> str:
    """The message with its place in the text."""
    if problem.line is None:
        return problem.message
    column = f", column {problem.column}" if problem.column is not None else ""
    return f"Line {line + problem.line}{column}: {problem.message}"


class OutputCheck:
    """Looks at the columns of a SELECT; `outputs` are then those of the view, with the types of features."""

    def __init__(self, problems: Problems, path: str, columns: Sequence[FileColumn]) -> None:
        self._problems = problems
        self._path = path
        self._types = {column.name: column.data_type for column in columns}
        self._names = [column.name for column in columns]
        self._free: list[str] = []
        self.outputs: list[ColumnPart] = []

    def run(self, declared: Declared) -> None:
        known = {
            EVENT,
            CREATED,
            *(key.name for key in declared.keys or ()),
            *(feature.name for feature in declared.features),
            *declared.unclear,
            *(meant for text in declared.unclear if (meant := name_meant(text))),
        }
        self._free = [name for name in self._types if name not in known]
        keys = {key.name for key in declared.keys or ()}
        for key in declared.keys or ():
            self._key(key)
        self._times(declared.is_static)
        for feature in declared.features:
            if feature.name not in keys:
                self._feature(feature)
        if declared.keys is not None and declared.complete:
            self._extra(self._free)
        order = {name: index for index, name in enumerate(self._types)}
        self.outputs.sort(key=lambda column: order[column.name])

    def _refuse(self, message: str, hint: str | None, path: str | None = None) -> None:
        self._problems.add(path or self._path, message, hint)

    def _give(self, name: str, value_type: ValueType) -> None:
        self.outputs.append(ColumnPart(name=name, value_type=value_type))

    def _missing(self, name: str) -> str:
        """One that the SQL gives under another name is not told to be too much as well."""
        meant = closest(name, self._free)
        if meant is None and name == EVENT:
            meant = next((one for one in self._free if is_time(self._types[one])), None)
        if meant is None:
            return f"Select it: … AS {name}. The SQL gives {listed(self._names)}."
        self._free.remove(meant)
        return f"Select {_quoted(meant)} AS {name}."

    def _key(self, key: ColumnPart) -> None:
        data_type = self._types.get(key.name)
        if data_type is None:
            self._refuse(f"The SQL does not give the join key {key.name!r}.", self._missing(key.name))
        elif not fits(data_type, key.value_type):
            message = f"The SQL gives {data_type} for the join key {key.name!r}, which is {key.value_type}."
            self._refuse(message, _fitting(key.name, data_type, key.value_type))
        else:
            self._give(key.name, key.value_type)

    def _times(self, is_static: bool) -> None:
        for name in (EVENT, CREATED):
            data_type = self._types.get(name)
            if is_static and data_type is not None:
                self._refuse(f"The view is static, since no source has a time: it has no {name}.", "Leave it out.")
            elif data_type is None and name == EVENT and not is_static:
                self._refuse("The SQL does not give event_timestamp, the time of each row.", self._missing(EVENT))
            elif data_type is not None and not is_time(data_type):
                message = f"The SQL gives {data_type} for {name}, which is a time."
                self._refuse(message, _fitting(name, data_type, ValueType.TIMESTAMP))
            elif data_type is not None:
                self._give(name, ValueType.TIMESTAMP)

    def _feature(self, feature: FeatureSpec) -> None:
        data_type, value_type = self._types.get(feature.name), feature.value_type
        if data_type is None:
            message = f"The SQL does not give the feature {feature.name!r}."
            self._refuse(message, self._missing(feature.name), f"{feature.path}.name")
        elif value_type is not None and not fits(data_type, value_type):
            message = f"The SQL gives {data_type} for {feature.name!r}, which is declared {value_type}."
            own = value_type_of(data_type)
            declare = f" Or declare {own}." if own is not None else ""
            hint = f"{_fitting(feature.name, data_type, value_type)}{declare}"
            self._refuse(message, hint, f"{feature.path}.type")
        elif value_type is not None:
            self._give(feature.name, value_type)

    def _extra(self, names: Sequence[str]) -> None:
        if not names:
            return
        told = ", ".join(clipped(name) for name in names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")
        what = "which is no feature" if len(names) == 1 else "which are no features"
        declared = [
            f"{{name: {name}, type: {value_type}}}"
            for name in names
            if NAME.fullmatch(name) and (value_type := value_type_of(self._types[name])) is not None
        ]
        hint = "Leave out of the SELECT what is none, or give it the name of a feature with AS."
        if declared:
            few = ", ".join(declared[:3]) + ("." if len(declared) <= 3 else ", …")
            hint = f"Leave out of the SELECT what is none, or declare it: {few}"
        self._refuse(f"The SQL gives {told}, {what} of the view.", hint)


def _fitting(name: str, data_type: str, value_type: ValueType) -> str:
    """What to select so that it fits."""
    if castable(data_type, value_type):
        return f"Write {cast_to(name, value_type)}."
    return f"Select something else AS {name}: no cast makes {value_type.sql} of {data_type}."


def _quoted(name: str) -> str:
    return name if NAME.fullmatch(name) else f'"{name}"'
