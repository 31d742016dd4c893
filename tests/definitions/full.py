"""Valid documents that hold, together, every key that a definition can have."""

_KINDS = """
kind: Entity
name: aircraft
description: A plane.
owner: fleet@example.com
tags: {domain: flights}
joinKeys: [{name: tailnum, type: STRING}, {name: fleet, type: INT64}]
---
kind: DataSource
name: flights
description: Departures.
owner: fleet@example.com
tags: {domain: flights}
files: [s3://demo/flights/*.parquet, s3://demo/more/*.parquet]
eventTimestamp: departed_at
createdTimestamp: recorded_at
timezone: America/New_York
columns: [{name: tailnum, type: STRING}, {name: price, type: "DECIMAL(12, 2)"}]
---
kind: FeatureView
name: aircraft_delays
description: How late this plane has been lately.
owner: fleet@example.com
tags: {domain: flights}
entities: [aircraft, {entity: airport, keys: {airport: origin}}]
ttl: 30d
delay: 1h
since: 2025-11-01
schedule: "15 * * * *"
publish: manual
reprocess: 2d
transformation:
  description: A window.
  sources: [flights, other_view@2]
  lookback: 7d
  sql: SELECT 1
features:
  - {name: delay, type: FLOAT64, description: In minutes., owner: fleet@example.com, tags: {unit: minutes}}
validations:
  - {name: a, description: Why., feature: delay, check: NOT_NULL, severity: WARN}
freshness: 2h
changeNote: First version.
---
kind: FeatureView
name: aircraft_activity
entities: [aircraft]
delay: 1h
transformation:
  description: Windows.
  source: flights
  every: 1h
  offset: 30m
  aggregations:
    - {feature: flights_24h, function: COUNT, window: 24h}
    - {feature: mean_air_time_30d, function: MEAN, column: air_time, window: 30d, filter: dep_delay > 15}
features: [{name: flights_24h, description: Departures.}]
---
kind: FeatureView
name: delay_risk
publish: auto
transformation:
  description: A guess.
  views: [aircraft_delays, aircraft_activity@1]
  request: [{name: sched_hour, type: INT64}]
  expressions:
    - {feature: risk, type: FLOAT64, expression: delay * sched_hour}
    - {feature: late, expression: delay > 15}
features: [{name: risk, type: FLOAT64}]
---
kind: FeatureView
name: aircraft_position
entities: [aircraft]
transformation: {push: {source: positions}, description: By radio.}
features: [{name: altitude_ft, type: INT64}]
schedule: "15 * * * *"
---
kind: FeatureView
name: aircraft_speed
entities: [aircraft]
delay: 0s
transformation: {push: {}}
features: [{name: speed_kn, type: INT64}]
---
kind: FeatureService
name: delay_model
description: What the model reads.
owner: fleet@example.com
tags: {model: delays}
features:
  - aircraft_delays
  - "aircraft_activity@1:flights_24h"
  - {view: airport_weather@2, as: origin_weather, keys: {airport: origin}, features: [wind_speed]}
"""


def _checked(value_type: str, *validations: str) -> str:
    """A view of one feature, with checks of it."""
    listed = "".join(f"  - {{name: check_{index}, {one}}}\n" for index, one in enumerate(validations))
    return f"""---
kind: FeatureView
name: checked_{value_type.lower()}
entities: []
transformation: {{sources: [planes], sql: SELECT 1}}
features: [{{name: it, type: {value_type}}}]
validations:
{listed}"""


FULL = _KINDS + "".join(
    (
        _checked(
            "FLOAT64",
            "feature: it, check: IN_RANGE, parameters: {min: -120, max: 2000}, severity: QUARANTINE",
            "feature: it, check: IN_SET, parameters: {values: [1, 2.5]}, severity: WARN",
        ),
        _checked("TIMESTAMP", "feature: it, check: IN_RANGE, parameters: {min: 2025-11-01}, severity: BLOCK"),
        _checked("STRING_LIST", "feature: it, check: LENGTH, parameters: {min: 1, max: 3}, severity: WARN"),
        _checked(
            "STRING",
            'feature: it, check: MATCHES, parameters: {pattern: "[A-Z]+"}, severity: WARN',
            "check: SQL, parameters: {expression: it > ''}, severity: WARN",
        ),
        _checked(
            "BOOL",
            "feature: it, check: UNIQUE, severity: WARN",
            "check: UNIQUE, parameters: {columns: [it, event_timestamp]}, severity: BLOCK",
            "check: ROW_COUNT, parameters: {min: 1, max: 100}, severity: WARN",
        ),
    )
)
