"""Which functions SQL of users may call: those that DuckDB itself calls consistent, without the ones that look at the
machine, the session or the database, and a list of macros that are plain arithmetic.

A name that is not known to be good is refused, so a later DuckDB adds nothing by itself.
"""

from dataclasses import dataclass
from functools import cache

import duckdb


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_SURROUNDINGS = words(
    """
    checkpoint current_catalog current_connection_id current_database current_query current_query_id current_role
    current_schema current_schemas current_setting current_transaction_id current_user force_checkpoint
    get_block_size getenv getvariable in_search_path session_user stats version which_secret write_log
    """
)
_OF_SURROUNDINGS_PREFIXES = ("pg_", "duckdb_", "pragma_", "has_", "inet_", "txid_")
_OF_FILES_PREFIXES = ("glob", "parquet_", "read_", "sniff_")
_OF_TEXTS = words("json_execute_serialized_sql query query_table")
_OF_PURPOSES = {"error": "it only ends the computation", "sleep_ms": "it only waits"}

# Scalars that DuckDB lists as consistent and that are none of SQL's business here.
_DENIED = _OF_SURROUNDINGS | words(
    """
    json_serialize_sql json_serialize_plan json_deserialize_sql cast_to_type make_type replace_type
    can_cast_implicitly get_type index_key vector_type parse_duckdb_log_message hive_partition_component
    create_sort_key icu_sort_key combine finalize to_aggregate_state collate_noaccent remap_struct
    bitstring_byte_comparable timetz_byte_comparable variant_comparator variant_bytes_to_variant
    variant_to_parquet_variant constant_or_null vertex_extract error
    """
)
_DENIED_PREFIXES = ("__internal", "collate_", "icu_collate_", *_OF_SURROUNDINGS_PREFIXES)

# Consistent within a query only because they follow the session's time zone, which is always UTC here.
_OF_TIME_ZONE = words(
    """
    + - century date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
    dayofmonth dayofweek dayofyear decade era generate_series hour isodow isoyear julian last_day
    make_timestamptz microsecond millennium millisecond minute month monthname quarter range second strftime
    time_bucket timezone timezone_hour timezone_minute week weekday weekofyear year yearweek age
    """
)
_MACROS = words(
    """
    array_append array_pop_back array_pop_front array_prepend array_push_back array_push_front array_reverse
    array_to_string array_to_string_comma_default date_add days_in_month fdiv generate_subscripts geomean
    geometric_mean if json json_group_array json_group_object json_group_structure list_any_value list_append
    list_approx_count_distinct list_avg list_bit_and list_bit_or list_bit_xor list_bool_and list_bool_or
    list_count list_entropy list_first list_histogram list_kurtosis list_kurtosis_pop list_last list_mad
    list_max list_median list_min list_mode list_prepend list_product list_reverse list_sem list_skewness
    list_stddev_pop list_stddev_samp list_string_agg list_sum list_var_pop list_var_samp map_contains_entry
    map_contains_value md5_number_lower md5_number_upper nullif split_part variant_group_array wavg
    weighted_avg
    """
)
# Aggregates inside macros: a fragment that must be scalar may not call them.
_AGGREGATE_MACROS = words(
    """
    geomean geometric_mean json_group_array json_group_object json_group_structure variant_group_array wavg
    weighted_avg
    """
)
# Its sample is drawn at random.
_RANDOM_AGGREGATES = frozenset({"reservoir_quantile"})
_WINDOWS = words(
    """
    row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value
    nth_value first last fill
    """
)
_TABLES = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})

# They take the name of an aggregate as a text.
BY_NAME = frozenset(
    {"list_aggr", "list_aggregate", "array_aggr", "array_aggregate", "aggregate"},
)


IT_CHANGES = "its value is not the same every time"
_LOOKS_AROUND = "it looks at the machine, the session or the database"


@dataclass(frozen=True, slots=True)
class Allowed:
    scalars: frozenset[str]
    aggregates: frozenset[str]
    windows: frozenset[str]
    tables: frozenset[str]
    changing: frozenset[str]
    """Refused because their value is not the same every time."""
    known: frozenset[str]
    """All that DuckDB has, of any kind."""

    @property
    def everywhere(self) -> frozenset[str]:
        return self.scalars | self.aggregates

    def why_not(self, name: str) -> str | None:
        """Why a function is refused wherever it stands; None where it is not, and where DuckDB has no such function."""
        if name in self.everywhere or name in self.tables or name in self.windows:
            return None
        if name in _OF_PURPOSES:
            return _OF_PURPOSES[name]
        if name in _OF_TEXTS:
            return "it runs a text as SQL"
        if name in _OF_SURROUNDINGS:
            return _LOOKS_AROUND
        if name not in self.known:
            return None
        if name.startswith(_OF_SURROUNDINGS_PREFIXES):
            return _LOOKS_AROUND
        if name.startswith(_OF_FILES_PREFIXES):
            return "it reads files by their names"
        return IT_CHANGES if name in self.changing else "it is not among those that SQL may call"


@cache
def allowed_functions() -> Allowed:
    """Asked of the very DuckDB that will run the SQL."""
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(
            "SELECT DISTINCT lower(function_name), function_type, coalesce(stability, '') FROM duckdb_functions() "
            "WHERE function_type <> 'pragma'"
        ).fetchall()
    consistent = {name for name, kind, stability in rows if kind == "scalar" and stability == "CONSISTENT"}
    changing = {name for name, _, stability in rows if stability in ("VOLATILE", "CONSISTENT_WITHIN_QUERY")}
    aggregates = {name for name, kind, _ in rows if kind == "aggregate"} - _RANDOM_AGGREGATES
    macros = {name for name, kind, _ in rows if kind == "macro"} & _MACROS
    scalars = {
        name
        for name in (consistent - changing) | (changing & _OF_TIME_ZONE)
        if name not in _DENIED and not name.startswith(_DENIED_PREFIXES)
    }
    return Allowed(
        scalars=frozenset(scalars | (macros - _AGGREGATE_MACROS)),
        aggregates=frozenset(aggregates | (macros & _AGGREGATE_MACROS)),
        windows=_WINDOWS,
        tables=_TABLES,
        changing=frozenset(changing - scalars) | _RANDOM_AGGREGATES | {"ago", "current_localtime"},
        known=frozenset(name for name, _, _ in rows) | _WINDOWS,
    )
