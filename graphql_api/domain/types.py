"""The types of features and join keys."""

from enum import StrEnum


class ValueType(StrEnum):
    BOOL = "BOOL"
    INT64 = "INT64"
    FLOAT64 = "FLOAT64"
    STRING = "STRING"
    TIMESTAMP = "TIMESTAMP"
    BOOL_LIST = "BOOL_LIST"
    INT64_LIST = "INT64_LIST"
    FLOAT64_LIST = "FLOAT64_LIST"
    STRING_LIST = "STRING_LIST"

    @property
    def sql(self) -> str:
        """The DuckDB type in which a value of this type is computed and stored."""
        return _SQL[self]


_SQL = {
    ValueType.BOOL: "BOOLEAN",
    ValueType.INT64: "BIGINT",
    ValueType.FLOAT64: "DOUBLE",
    ValueType.STRING: "VARCHAR",
    ValueType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    ValueType.BOOL_LIST: "BOOLEAN[]",
    ValueType.INT64_LIST: "BIGINT[]",
    ValueType.FLOAT64_LIST: "DOUBLE[]",
    ValueType.STRING_LIST: "VARCHAR[]",
}

KEY_TYPES = (ValueType.BOOL, ValueType.INT64, ValueType.STRING, ValueType.TIMESTAMP)
