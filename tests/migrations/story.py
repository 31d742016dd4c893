"""What is done with a release before its data is kept: definitions, and questions whose answers are kept as well."""

from pathlib import Path
from typing import Any

import duckdb

from graphql_api.definitions.documents import read_yaml

Json = Any

BUCKET = "release"
SOURCES: dict[str, tuple[str, ...]] = {
    "payments/1.parquet": (
        "SELECT 'c' || (i % 5) AS customer, TIMESTAMPTZ '2026-01-01 00:00Z' + i * INTERVAL 6 HOUR AS paid_at,",
        "TIMESTAMPTZ '2026-01-01 00:05Z' + i * INTERVAL 6 HOUR AS recorded_at,",
        "CASE WHEN i % 11 = 0 THEN NULL ELSE i * 1.5e0 END AS amount, 9007199254740993 + i AS receipt",
        "FROM range(60) AS t(i)",
    ),
    "payments/2.parquet": (
        "SELECT 'c1' AS customer, TIMESTAMPTZ '2026-01-02 12:00Z' AS paid_at,",
        "TIMESTAMPTZ '2026-02-01 00:00Z' AS recorded_at, 1000.0::DOUBLE AS amount, 1::BIGINT AS receipt",
    ),
    "customers/1.parquet": (
        "SELECT 'c' || i AS customer, CASE i WHEN 3 THEN NULL ELSE 'Müller ' || i END AS name,",
        "[i, NULL, 2 * i]::BIGINT[] AS lucky, i - 1 AS age FROM range(5) AS t(i)",
    ),
}

GROUND = """
kind: Entity
name: customer
description: Who pays.
owner: sales@example.com
tags: {domain: payments}
joinKeys: [{name: customer, type: STRING}]
---
kind: Entity
name: partner
joinKeys: [{name: partner, type: STRING}]
---
kind: DataSource
name: payments
description: One row a payment.
files: s3://release/payments/*.parquet
eventTimestamp: paid_at
createdTimestamp: recorded_at
tags: {domain: payments}
---
kind: DataSource
name: customers
files: s3://release/customers/*.parquet
columns:
  - {name: customer, type: STRING}
  - {name: name, type: STRING}
  - {name: lucky, type: INT64_LIST}
  - {name: age, type: INT64}
---
kind: FeatureView
name: profile
description: Who somebody is.
owner: people@example.com
tags: {domain: people, team: crm}
entities: [customer]
transformation:
  description: As the register has it.
  sources: [customers]
  sql: SELECT customer, name, lucky, age FROM customers
features:
  - {name: name, type: STRING, description: In full., owner: names@example.com, tags: {pii: "yes"}}
  - {name: lucky, type: INT64_LIST}
  - {name: age, type: INT64}
validations:
  - {name: born, feature: age, check: IN_RANGE, parameters: {min: 0}, severity: QUARANTINE}
  - {name: named, feature: name, check: NOT_NULL, severity: WARN}
---
kind: FeatureView
name: strict
entities: [customer]
transformation: {sources: [customers], sql: "SELECT customer, age FROM customers"}
features: [{name: age, type: INT64}]
validations: [{name: grown, feature: age, check: IN_RANGE, parameters: {min: 18}, severity: BLOCK}]
---
kind: FeatureView
name: visits
description: Not published when the release ended, its first run under way.
entities: [{entity: customer, keys: {customer: visitor}}]
ttl: 1d
delay: 1h
since: 2026-01-02
transformation:
  sources: [payments]
  sql: "SELECT customer AS visitor, paid_at AS event_timestamp, receipt FROM payments WHERE receipt > 1"
features: [{name: receipt, type: INT64}]
---
"""
_SPEND = """
kind: FeatureView
name: spend
description: What somebody spends.
owner: sales@example.com
tags: {domain: payments}
entities: [customer]
schedule: "15 3 * * *"
freshness: 2d
transformation:
  sources: [payments]
  lookback: %(days)dd
  sql: |
    SELECT customer, paid_at AS event_timestamp,
           max(recorded_at) OVER w AS created_timestamp,
           sum(amount) OVER w AS spent, max(receipt) OVER w AS receipt
    FROM payments
    WINDOW w AS (PARTITION BY customer ORDER BY paid_at RANGE BETWEEN INTERVAL %(days)d DAY PRECEDING AND CURRENT ROW)
features:
  - {name: spent, type: FLOAT64, description: "In euros, over %(days)d days."}
  - {name: receipt, type: INT64, description: The highest number of a receipt.}
validations:
  - {name: enough_rows, check: ROW_COUNT, parameters: {min: 1}, severity: WARN}
changeNote: Over %(days)d days.
%(more)s
---
"""
_MODEL = """
kind: FeatureService
name: model
description: Asked by the checkout.
owner: sales@example.com
tags: {tier: gold}
features: %s
---
"""
FIRST = GROUND + _SPEND % {"days": 7, "more": ""} + _MODEL % "[spend]"
SECOND = _SPEND % {"days": 3, "more": ""} + _MODEL % (
    '["spend@2", "profile:name", {view: "profile@1", as: partner, keys: {customer: partner_id}, features: [lucky]}]'
)
THIRD = _SPEND % {"days": 3, "more": "ttl: 30d\npublish: manual"}
"""Made, shares the data of the second version, and is not published."""
FOURTH = _SPEND % {"days": 14, "more": "publish: manual"}
"""Never of the release itself."""

EVERYTHING = """query {
  viewer { name roles { role project { id name description } } }
  projects { edges { node { id name description } } }
  entities { totalCount edges { node { ...AnEntity featureViews { edges { node { name } } } } } }
  dataSources { edges { node {
    ...ASource preview(first: 3) { columns { name dataType valueType } rows } featureViews { edges { node { name } } }
  } } }
  featureViews { edges { node {
    ...AView latestVersion { reference } versions { edges { node { ...AVersion } } }
  } } }
  features { edges { node { ...AFeature usedBy { edges { node { reference } } } } } }
  featureServices { edges { node { ...AService versions { edges { node { ...AService } } } } } }
  recentChanges(first: 200) { edges { node { sequence kind name change actor at } } }
}
fragment AnEntity on Entity {
  id name description owner tags { key value } definition updatedAt joinKeys { name valueType }
}
fragment ASource on DataSource {
  id name description owner tags { key value } definition updatedAt kind uris
  columns { name dataType valueType } eventTimestampColumn createdTimestampColumn
}
fragment AView on FeatureView {
  id name description owner tags { key value } definition schedule since createdAt updatedAt
  entities { name } currentVersion { reference }
}
fragment AFeature on Feature {
  id reference name description owner tags { key value } valueType
}
fragment AVersion on FeatureViewVersion {
  id reference number state ttlSeconds delaySeconds changeNote createdBy createdAt publishedAt dataFingerprint
  features { ...AFeature }
  inputs { id }
  transformation {
    id description fingerprint outputs { name valueType } inputs { id } ... on SqlTransformation { sql lookbackSeconds }
  }
  validations { id name description check parameters severity feature { reference } }
  coverage { start end } online: coverage(store: ONLINE) { start end }
  freshness { latestEventTimestamp maxAgeSeconds }
  latestMaterialization { id }
  materializations { edges { node { id } } }
  usedBy { edges { node { reference } } }
}
fragment AService on FeatureService {
  id reference number definition name description owner tags { key value } createdAt ready
  requestColumns { name valueType entity { name } }
  features { name keys { joinKey requestColumn } feature { reference } }
}"""
RUNS = """query {
  materializations { edges { node {
    id state attempts requestedBy requestedAt startedAt finishedAt failure { code message hint } start end trigger
    version { reference }
    progress { sequence state phase attempt chunksDone chunksTotal rowsRead rowsWritten rowsRejected rowsQuarantined }
    events(first: 200) { sequence at state phase attempt rowsRead rowsWritten bytesWritten fraction message truncated }
    validationResults {
      passed observed checkedRows failedRows evaluatedAt validation { name } sample { columns { name } rows }
    }
    quarantine { columns { name } rows }
  } } }
}"""
LOOK_UP = """query {
  service: onlineFeatures(
    featureService: "model@2", entities: {customer: ["c0", "c1", "c3", "c9"], partner_id: ["c1", "c0", null, "c4"]}
  ) { ...Answer }
  first: onlineFeatures(featureService: "model@1", entities: {customer: ["c0", "c1", "c2", "c3", "c4"]}) { ...Answer }
  references: onlineFeatures(
    features: ["spend", "spend@1:spent", "profile:age"], entities: {customer: ["c4", "c2"]}
  ) { ...Answer }
}
fragment Answer on OnlineFeatures {
  features rows statuses views viewOfFeature eventTimestamps materializationIds
}"""
QUESTIONS = {"everything": EVERYTHING, "runs": RUNS, "online": LOOK_UP}

APPLY = """mutation($d: [DefinitionInput!]!) { apply(definitions: $d) {
  __typename ... on Error { code message } ... on InvalidInput { problems { path message hint } }
  ... on ApplyPayload { plan { changes { name createsVersion } } versions { reference } }
} }"""
PLAN = """query($d: [DefinitionInput!]!) { plan(definitions: $d) {
  __typename ... on InvalidInput { problems { path message hint } }
  ... on Plan { warnings changes { kind name change createsVersion changes { path before after } } }
} }"""
START = """mutation($input: StartMaterializationInput!) { startMaterialization(input: $input) {
  __typename ... on Error { code message } ... on MaterializationPayload { materialization { id } }
} }"""
CANCEL = """mutation($id: ID!) { cancelRun(id: $id) { __typename ... on Error { code message } } }"""


def definitions(text: str) -> list[Json]:
    """As `apply` takes them."""
    return [{"kind": found.kind, "spec": found.spec} for found in read_yaml([("story.yaml", text)])]


def parquet(folder: Path) -> dict[str, bytes]:
    """The content of each object of the sources, by key."""
    file = folder / "made.parquet"
    made: dict[str, bytes] = {}
    with duckdb.connect() as connection:
        for key, lines in SOURCES.items():
            connection.execute(f"COPY ({' '.join(lines)}) TO '{file}' (FORMAT parquet)")
            made[key] = file.read_bytes()
    return made
