"""The types of DuckDB and those of features, as a plan sees them. What fits and what widens is the engine's table, so
that a run reads whatever a plan has accepted.
"""

from graphql_api.domain.types import ValueType
from graphql_api.engines.types import UNKNOWN, castable, fits, widened
from graphql_api.engines.types import is_timestamp as is_time

__all__ = ["UNKNOWN", "cast_to", "castable", "fits", "is_time", "value_type_of", "widened"]


def value_type_of(data_type: str) -> ValueType | None:
    """The type that a column of this type has without being told another; None where no feature can hold it."""
    return next((value_type for value_type in ValueType if fits(data_type, value_type)), None)


def cast_to(name: str, value_type: ValueType) -> str:
    """The SQL that makes a column fit."""
    return f"CAST(… AS {value_type.sql}) AS {name}"
