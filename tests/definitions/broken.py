"""Definitions that are wrong, each in one way."""

from tests.definitions.example import AIRCRAFT, DELAYS, FLIGHTS, GROUND, PLANES, PROFILE

OUTPUTS = "tailnum, departed_at AS event_timestamp, recorded_at AS created_timestamp"


def a_view(**changes: str) -> str:
    """The smallest view of delays, after the five documents that it needs; a change replaces or adds a key."""
    keys = {
        "name": "v",
        "entities": "[aircraft]",
        "transformation": f"{{sources: [flights], sql: 'SELECT {OUTPUTS}, dep_delay FROM flights'}}",
        "features": "[{name: dep_delay, type: FLOAT64}]",
    } | changes
    lines = [f"{key}: {value}\n" for key, value in keys.items() if value]
    return f"{GROUND}kind: FeatureView\n{''.join(lines)}---\n"


def with_sql(sql: str, sources: str = "[flights]", **changes: str) -> str:
    return a_view(transformation=f'{{sources: {sources}, sql: "{sql}"}}', **changes)


def with_check(check: str) -> str:
    return with_sql(
        f"SELECT {OUTPUTS}, dep_delay, carrier FROM flights",
        features="[{name: dep_delay, type: FLOAT64}, {name: carrier, type: STRING}]",
        validations=f"[{{name: c, {check}}}]",
    )


def a_service(features: str) -> str:
    return f"{GROUND}{DELAYS}{PROFILE}kind: FeatureService\nname: s\nfeatures: {features}\n"


BROKEN: dict[str, str] = {
    "an unknown key": AIRCRAFT.replace("joinKeys", "join_keys"),
    "an unknown key deep inside": a_view(features="[{name: dep_delay, typ: FLOAT64}]"),
    "an unknown type": AIRCRAFT.replace("STRING", "TEXT"),
    "a float as a join key": AIRCRAFT.replace("STRING", "FLOAT64"),
    "no join key": "kind: Entity\nname: a\njoinKeys: []",
    "a name that is none": AIRCRAFT.replace("name: aircraft", "name: Air-craft"),
    "no name": AIRCRAFT.replace("name: aircraft\n", ""),
    "text that is none": AIRCRAFT.replace("owner: fleet@example.com", "owner: 7"),
    "text that cannot be held": AIRCRAFT.replace("A plane, by its tail number.", '"A \\0 plane."'),
    "a list that is none": AIRCRAFT.replace("[{name: tailnum, type: STRING}]", "tailnum"),
    "the same name twice": AIRCRAFT + AIRCRAFT,
    "a place outside": FLIGHTS.replace("s3://demo/", "s3://secrets/"),
    "a pattern without a match": FLIGHTS.replace("flights/*", "fights/*"),
    "a time column that is not there": FLIGHTS.replace("departed_at", "departed"),
    "a time column that holds no time": FLIGHTS.replace("departed_at", "dep_delay"),
    "a created column without an event column": PLANES.replace("---", "createdTimestamp: year"),
    "a time zone that is none": FLIGHTS.replace("America/New_York", "America/NewYork"),
    "a declared type that is none": PLANES.replace("---", "columns: [{name: tailnum, type: STRNG}]"),
    "a delta source": "kind: DataSource\nname: d\ndelta: s3://demo/d\nwhatever: 1",
    "an entity that is not there": a_view(entities="[air_craft]"),
    "no entities": a_view(entities=""),
    "a source that is not there": a_view(
        transformation=f"{{sources: [flight], sql: 'SELECT {OUTPUTS}, dep_delay FROM flight'}}"
    ),
    "a mapped key that is not there": a_view(entities="[{entity: aircraft, keys: {tail: plane}}]"),
    "a join key that comes twice": a_view(entities="[aircraft, aircraft]"),
    "a feature called as a join key": a_view(features="[{name: tailnum, type: STRING}]"),
    "a feature called as a timestamp": a_view(
        features="[{name: dep_delay, type: FLOAT64}, {name: created_timestamp, type: TIMESTAMP}]"
    ),
    "a duration that is none": a_view(ttl="30 days"),
    "a day that is none": a_view(since="2025-02-30"),
    "a schedule that is none": a_view(schedule='"61 * * * *"'),
    "a schedule of seconds": a_view(schedule='"* * * * * *"'),
    "a word that is none": a_view(publish="automatic"),
    "SQL that DuckDB cannot read": with_sql("SELEC 1"),
    "a column that is not there": with_sql(f"SELECT {OUTPUTS}, dep_dely AS dep_delay FROM flights"),
    "a join key that the SQL does not give": with_sql(
        "SELECT departed_at AS event_timestamp, recorded_at AS created_timestamp, dep_delay FROM flights"
    ),
    "no event timestamp": with_sql("SELECT tailnum, dep_delay FROM flights"),
    "an event timestamp that is no time": with_sql("SELECT tailnum, 'a' AS event_timestamp, dep_delay FROM flights"),
    "a feature that the SQL does not give": with_sql(f"SELECT {OUTPUTS}, air_time FROM flights"),
    "a type that does not fit": with_sql(f"SELECT {OUTPUTS}, carrier AS dep_delay FROM flights"),
    "a type that no feature can hold": with_sql(f"SELECT {OUTPUTS}, INTERVAL 1 DAY AS dep_delay FROM flights"),
    "a join key whose type does not fit": with_sql(
        "SELECT 1.5 AS tailnum, departed_at AS event_timestamp, dep_delay FROM flights"
    ),
    "a column that is no feature": with_sql(f"SELECT {OUTPUTS}, dep_delay, air_time FROM flights"),
    "times in a static view": with_sql(
        "SELECT tailnum, seats AS dep_delay, TIMESTAMP '2025-01-01' AS event_timestamp FROM planes",
        sources="[planes]",
        ttl="1d",
        delay="0s",
        since="2025-01-01",
        reprocess="1d",
    ),
    "a lookback in a static view": a_view(
        transformation="{sources: [planes], lookback: 1d, sql: 'SELECT tailnum, seats AS dep_delay FROM planes'}"
    ),
    "a check that is none": with_check("check: NOTNULL, feature: dep_delay, severity: WARN"),
    "a check of freshness": with_check("check: FRESHNESS, parameters: {maxAge: 1d}, severity: WARN"),
    "a check of drift": with_check("check: NO_DRIFT, feature: dep_delay, parameters: {measure: PSI}, severity: WARN"),
    "a check of a feature that is not there": with_check("check: NOT_NULL, feature: dep_dely, severity: WARN"),
    "a check without its feature": with_check("check: NOT_NULL, severity: WARN"),
    "a check without its severity": with_check("check: NOT_NULL, feature: carrier"),
    "a parameter that is none": with_check("check: NOT_NULL, feature: carrier, parameters: {min: 1}, severity: WARN"),
    "a range of text": with_check("check: IN_RANGE, feature: carrier, parameters: {min: 1}, severity: WARN"),
    "a bound that is no number": with_check(
        "check: IN_RANGE, feature: dep_delay, parameters: {min: low, max: true}, severity: WARN"
    ),
    "a range upside down": with_check(
        "check: IN_RANGE, feature: dep_delay, parameters: {min: 2, max: 1}, severity: WARN"
    ),
    "a range without bounds": with_check("check: IN_RANGE, feature: dep_delay, severity: WARN"),
    "a set of other values": with_check(
        "check: IN_SET, feature: carrier, parameters: {values: [AA, 1]}, severity: WARN"
    ),
    "a pattern that RE2 does not know": with_check(
        "check: MATCHES, feature: carrier, parameters: {pattern: '(?=a)'}, severity: WARN"
    ),
    "a length below zero": with_check("check: LENGTH, feature: carrier, parameters: {min: -1}, severity: WARN"),
    "an expression that is no condition": with_check(
        "check: SQL, parameters: {expression: dep_delay + 1}, severity: WARN"
    ),
    "an expression over what is not there": with_check(
        "check: SQL, parameters: {expression: dep_dely > 1}, severity: BLOCK"
    ),
    "a count that quarantines": with_check("check: ROW_COUNT, parameters: {min: 1}, severity: QUARANTINE"),
    "a unique column that is not there": with_check(
        "check: UNIQUE, parameters: {columns: [tailnum, event_time]}, severity: BLOCK"
    ),
    "unique without columns": with_check("check: UNIQUE, severity: BLOCK"),
    "a check called as the implicit one": with_check("check: NOT_NULL, feature: carrier, severity: WARN").replace(
        "name: c,", "name: one_row_per_key,"
    ),
    "a reference that is none": a_service('["aircraft_delays@0"]'),
    "a view that is not there": a_service("[aircraft_delay]"),
    "a version that is not there": a_service('["aircraft_delays@2"]'),
    "a feature that is not there": a_service('["aircraft_delays:flights_7"]'),
    "features twice over": a_service("[{view: 'aircraft_delays:flights_7d', features: [flights_7d]}]"),
    "a key that the view has not": a_service("[{view: aircraft_delays, keys: {tail: plane}}]"),
    "one column for two features": a_service('[aircraft_delays, "aircraft_delays:flights_7d"]'),
    "a column called as a request column": a_service(
        "[{view: aircraft_profile, keys: {tailnum: seats}, features: [seats]}]"
    ),
    "one request column for two entities": f"{a_service('[aircraft_delays, {view: w, keys: {airport: tailnum}}]')}"
    "---\nkind: FeatureView\nname: w\nentities: [airport]\ntransformation: {sources: [weather], sql: 'SELECT origin "
    "AS airport, observed_at AS event_timestamp, visib FROM weather'}\nfeatures: [{name: visib, type: FLOAT64}]",
    "a service of nothing": a_service("[]"),
    "many things at once": a_view(ttl="x", entities="[airprt]").replace("airport, type: STRING", "airport, type: STRNG")
    + "kind: FeatureService\nname: s\nfeatures: [v, nothing]",
}
