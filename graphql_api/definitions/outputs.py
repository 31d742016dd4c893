"""Does what the SQL gives fit what the view declares?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql_api.definitions.duck_types import cast_to, fits, is_time, value_type_of
from graphql_api.definitions.problems import Problems, listed, nearest
from graphql_api.definitions.reading import CREATED, EVENT
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.feature_views import FeaturePart
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, SqlProblem


@dataclass(frozen=True, slots=True)
class Places:
    """Where problems of a view are said."""

    sql: str
    features: Mapping[str, str]


def sql_text(problem: SqlProblem) -> str:
    """The message with its place in the text."""
    if problem.line is None:
        return problem.message
    column = f", column {problem.column}" if problem.column is not None else ""
    return f"Line {problem.line}{column}: {problem.message}"


class OutputCheck:
    """Looks at the columns of a SELECT; `outputs` are then those of the view, with the types of features."""

    def __init__(self, problems: Problems, places: Places, columns: Sequence[FileColumn]) -> None:
        self._problems = problems
        self._places = places
        self._types = {column.name: column.data_type for column in columns}
        self._names = [column.name for column in columns]
        self.outputs: list[ColumnPart] = []

    def run(self, keys: Sequence[ColumnPart], features: Sequence[FeaturePart], *, is_static: bool) -> None:
        for name in sorted({name for name in self._names if self._names.count(name) > 1}):
            self._refuse(f"The SQL gives {name!r} twice.", "Name each column once.")
        for key in keys:
            self._key(key)
        self._times(is_static)
        for feature in features:
            self._feature(feature)
        known = {EVENT, CREATED, *(key.name for key in keys), *(feature.name for feature in features)}
        for name in self._types:
            if name not in known:
                self._extra(name)
        order = {name: index for index, name in enumerate(self._types)}
        self.outputs.sort(key=lambda column: order[column.name])

    def _refuse(self, message: str, hint: str | None, path: str | None = None) -> None:
        self._problems.add(path or self._places.sql, message, hint)

    def _give(self, name: str, value_type: ValueType) -> None:
        self.outputs.append(ColumnPart(name=name, value_type=value_type))

    def _missing(self, name: str) -> str:
        hint = nearest(name, self._types) or ""
        return hint if hint.startswith("Did") else f"Select it: … AS {name}. The SQL gives {listed(self._names)}."

    def _key(self, key: ColumnPart) -> None:
        data_type = self._types.get(key.name)
        if data_type is None:
            self._refuse(f"The SQL does not give the join key {key.name!r}.", self._missing(key.name))
        elif not fits(data_type, key.value_type):
            message = f"The SQL gives {data_type} for the join key {key.name!r}, which is {key.value_type}."
            self._refuse(message, f"Write {cast_to(key.name, key.value_type)}.")
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
                self._refuse(message, f"Write {cast_to(name, ValueType.TIMESTAMP)}.")
            elif data_type is not None:
                self._give(name, ValueType.TIMESTAMP)

    def _feature(self, feature: FeaturePart) -> None:
        data_type, path = self._types.get(feature.name), self._places.features.get(feature.name)
        at_name, at_type = f"{path}.name", f"{path}.type"
        if data_type is None:
            self._refuse(f"The SQL does not give the feature {feature.name!r}.", self._missing(feature.name), at_name)
        elif not fits(data_type, feature.value_type):
            message = f"The SQL gives {data_type} for {feature.name!r}, which is declared {feature.value_type}."
            own = value_type_of(data_type)
            declare = f", or declare {own}" if own is not None else ""
            self._refuse(message, f"Write {cast_to(feature.name, feature.value_type)}{declare}.", at_type)
        else:
            self._give(feature.name, feature.value_type)

    def _extra(self, name: str) -> None:
        value_type = value_type_of(self._types[name])
        declare = f"Declare it: {{name: {name}, type: {value_type}}}, or leave" if value_type is not None else "Leave"
        self._refuse(f"The SQL gives {name!r}, which is no feature of the view.", f"{declare} it out of the SELECT.")
