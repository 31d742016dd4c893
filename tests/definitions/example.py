"""The example that the specification of definitions gives; `EXAMPLE` are its SQL views, `WHOLE` is all of it."""

AIRCRAFT = """
kind: Entity
name: aircraft
description: A plane, by its tail number.
owner: fleet@example.com
tags: {domain: flights}
joinKeys: [{name: tailnum, type: STRING}]
---
"""
AIRPORT = """
kind: Entity
name: airport
joinKeys: [{name: airport, type: STRING}]
---
"""
FLIGHTS = """
kind: DataSource
name: flights
description: One row a departure from New York, as the demo's loader prepares it.
files: s3://demo/flights/*.parquet
eventTimestamp: departed_at
createdTimestamp: recorded_at
timezone: America/New_York
---
"""
PLANES = """
kind: DataSource
name: planes
files: s3://demo/planes/*.parquet
---
"""
WEATHER = """
kind: DataSource
name: weather
files: s3://demo/weather/*.parquet
eventTimestamp: observed_at
---
"""
DELAYS = """
kind: FeatureView
name: aircraft_delays
description: How late this plane has been lately.
entities: [aircraft]
ttl: 30d
delay: 1h
since: 2025-11-01
schedule: "15 * * * *"
publish: auto
transformation:
  sources: [flights]
  lookback: 7d
  sql: |
    SELECT tailnum,
           departed_at                 AS event_timestamp,
           max(recorded_at) OVER w     AS created_timestamp,
           avg(dep_delay)   OVER w     AS mean_dep_delay_7d,
           count(*)         OVER w     AS flights_7d
    FROM flights
    WINDOW w AS (PARTITION BY tailnum ORDER BY departed_at
                 RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW)
features:
  - {name: mean_dep_delay_7d, type: FLOAT64, description: "Mean departure delay over the last seven days, in minutes."}
  - {name: flights_7d,        type: INT64,   description: "Departures in the last seven days."}
validations:
  - name: delay_plausible
    feature: mean_dep_delay_7d
    check: IN_RANGE
    parameters: {min: -120, max: 2000}
    severity: QUARANTINE
  - {name: enough_rows, check: ROW_COUNT, parameters: {min: 1}, severity: WARN}
freshness: 2h
changeNote: First version.
---
"""
AIRPORT_WEATHER = """
kind: FeatureView
name: airport_weather
entities: [airport]
transformation:
  sources: [weather]
  sql: SELECT origin AS airport, observed_at AS event_timestamp, wind_speed, visib FROM weather
features: [{name: wind_speed, type: FLOAT64}, {name: visib, type: FLOAT64}]
---
"""
PROFILE = """
kind: FeatureView
name: aircraft_profile
entities: [aircraft]
transformation:
  sources: [planes]
  sql: SELECT tailnum, manufacturer, seats, year AS built FROM planes
features: [{name: manufacturer, type: STRING}, {name: seats, type: INT64}, {name: built, type: INT64}]
---
"""
DELAY_MODEL = """
kind: FeatureService
name: delay_model
features:
  - aircraft_delays
  - "aircraft_profile@1:seats"
  - {view: airport_weather, as: origin_weather, keys: {airport: origin}}
  - {view: airport_weather, as: dest_weather, keys: {airport: dest}}
---
"""
GROUND = AIRCRAFT + AIRPORT + FLIGHTS + PLANES + WEATHER
EXAMPLE = GROUND + DELAYS + AIRPORT_WEATHER + PROFILE + DELAY_MODEL

ACTIVITY = """
kind: FeatureView
name: aircraft_activity
entities: [aircraft]
transformation:
  source: flights
  every: 1h
  aggregations:
    - {feature: flights_24h,        function: COUNT, window: 24h}
    - {feature: mean_air_time_30d,  function: MEAN, column: air_time, window: 30d}
    - {feature: late_24h,           function: COUNT, window: 24h, filter: "dep_delay > 15"}
---
"""
RISK = """
kind: FeatureView
name: delay_risk
transformation:
  views: [aircraft_delays]
  request: [{name: sched_hour, type: INT64}]
  expressions:
    - {feature: risk, type: FLOAT64, expression: "mean_dep_delay_7d * (1 + sched_hour / 24.0)"}
---
"""
POSITION = """
kind: FeatureView
name: aircraft_position
entities: [aircraft]
ttl: 15m
transformation: {push: {}}
features: [{name: altitude_ft, type: INT64}, {name: ground_speed_kn, type: FLOAT64}]
---
"""
WHOLE_MODEL = """
kind: FeatureService
name: delay_model
features:
  - aircraft_delays
  - "aircraft_activity@1:flights_24h"
  - delay_risk:risk
  - {view: airport_weather, as: origin_weather, keys: {airport: origin}}
  - {view: airport_weather, as: dest_weather, keys: {airport: dest}}
---
"""
WHOLE = (
    AIRCRAFT
    + FLIGHTS
    + PLANES
    + WEATHER
    + AIRPORT
    + DELAYS
    + ACTIVITY
    + AIRPORT_WEATHER
    + PROFILE
    + RISK
    + POSITION
    + WHOLE_MODEL
)
"""As it stands there."""
