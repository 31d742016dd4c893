"""What the client asks, as GraphQL. Tests hold each against the server's schema."""

from j_feature_store.wire import Operation

_REFUSED = "__typename ... on Error { code message }"
_ERRORS = _REFUSED + " ... on InvalidInput { problems { path message hint } }"
_BLOCKED = "... on BlockedByDependents { dependents }"

PROGRESS = """
fragment Progress on RunProgress {
  sequence at state phase attempt chunksDone chunksTotal rowsRead rowsWritten rowsRejected rowsQuarantined rowsTotal
  bytesWritten fraction rowsPerSecond etaSeconds message truncated
  run { id failure { code message hint retryable } }
}
"""
RUN = """
fragment AnyRun on Run {
  id state attempts requestedBy requestedAt startedAt finishedAt nextAttemptAt
  failure { code message hint retryable }
  progress { ...Progress }
}
"""
MATERIALIZATION = "fragment Computed on Materialization { ...AnyRun of: version { reference } start end trigger }" + RUN
_DATASET = """
fragment Dataset on TrainingDataset {
  ...AnyRun name version rows fingerprint warnings files { name split rows bytes sha256 downloadUrl }
}
"""

_PLAN = """
fragment Planned on Plan {
  fingerprint warnings
  behind { dependent reference newest }
  changes { change kind name createsVersion dependents changes { kind path before after breaking } }
}
"""

PLAN = Operation(
    f"""
query Plan($definitions: [DefinitionInput!]!, $project: String!, $prune: Boolean!, $label: String, $repin: Boolean!) {{
  plan(definitions: $definitions, project: $project, prune: $prune, label: $label, repin: $repin) {{
    ...Planned {_ERRORS} {_BLOCKED}
  }}
}}
{_PLAN}""",
    "plan",
)
APPLY = Operation(
    f"""
mutation Apply(
  $definitions: [DefinitionInput!]!, $project: String!, $fingerprint: String, $prune: Boolean!, $label: String
  $repin: Boolean!, $materialize: Boolean!
) {{
  apply(
    definitions: $definitions, project: $project, fingerprint: $fingerprint, prune: $prune, label: $label
    repin: $repin, materialize: $materialize
  ) {{
    ... on ApplyPayload {{
      plan {{ ...Planned }} versions {{ reference }} materializations {{ ...Computed }} unmaterialized {{ reference }}
    }}
    {_ERRORS} {_BLOCKED}
  }}
}}
{_PLAN} {MATERIALIZATION} {PROGRESS}""",
    "apply",
    repeatable=False,
)

_LOOK_UP = """
  features rows statuses views viewOfFeature eventTimestamps materializationIds
"""
ONLINE = Operation(
    f"""
query Online(
  $entities: JSON!, $featureService: String, $features: [String!], $requestData: JSON, $project: String!
) {{
  onlineFeatures(
    entities: $entities, featureService: $featureService, features: $features, requestData: $requestData
    project: $project
  ) {{ {_LOOK_UP} }}
}}
""",
    "onlineFeatures",
)

START = Operation(
    f"""
mutation Start($input: StartMaterializationInput!) {{
  startMaterialization(input: $input) {{
    ... on MaterializationPayload {{ materialization {{ ...Computed }} }} {_ERRORS}
  }}
}}
{MATERIALIZATION} {PROGRESS}""",
    "startMaterialization",
)
CANCEL = Operation(
    f"""
mutation Cancel($id: ID!) {{ cancelRun(id: $id) {{ ... on RunPayload {{ run {{ ...AnyRun }} }} {_REFUSED} }} }}
{RUN} {PROGRESS}""",
    "cancelRun",
    repeatable=False,
)
ONE_RUN = Operation(
    f"""
query Run($id: ID!) {{ node(id: $id) {{ __typename ...Computed ...Dataset }} }}
{MATERIALIZATION} {_DATASET} {PROGRESS}""",
    "node",
)
RUNS = Operation(
    f"""
query Runs($project: String!, $view: String, $states: [RunState!], $first: Int!, $after: String) {{
  materializations(project: $project, view: $view, states: $states, first: $first, after: $after) {{
    edges {{ node {{ ...Computed }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
{MATERIALIZATION} {PROGRESS}""",
    "materializations",
)
WATCH = Operation(
    f"""
subscription Watch($id: ID!, $after: Int!) {{ runProgress(id: $id, after: $after) {{ ...Progress }} }}
{PROGRESS}""",
    "runProgress",
)

FEATURES_AT = Operation(
    f"""
query FeaturesAt(
  $at: DateTime!, $entities: JSON!, $featureService: String, $features: [String!], $requestData: JSON, $project: String!
) {{
  featuresAt(
    at: $at, entities: $entities, featureService: $featureService, features: $features, requestData: $requestData
    project: $project
  ) {{ {_LOOK_UP} }}
}}
""",
    "featuresAt",
)
TIMELINE = Operation(
    """
query Timeline($feature: String!, $entity: JSON!, $start: DateTime!, $end: DateTime!, $project: String!) {
  featureTimeline(feature: $feature, entity: $entity, start: $start, end: $end, project: $project) {
    feature { reference }
    points { eventTimestamp createdTimestamp availableAt value materialization { id } }
  }
}
""",
    "featureTimeline",
)

UPLOAD = Operation(
    f"""
mutation Upload($input: CreateUploadInput!) {{
  createUpload(input: $input) {{ ... on UploadPayload {{ id uploadUrl uri expiresAt }} {_ERRORS} }}
}}
""",
    "createUpload",
)
CREATE_DATASET = Operation(
    f"""
mutation Build($input: CreateTrainingDatasetInput!) {{
  createTrainingDataset(input: $input) {{
    ... on TrainingDatasetPayload {{ trainingDataset {{ ...Dataset }} }} {_ERRORS}
  }}
}}
{RUN} {_DATASET} {PROGRESS}""",
    "createTrainingDataset",
)
ONE_DATASET = Operation(
    f"""
query Dataset($name: String!, $version: Int, $project: String!) {{
  trainingDataset(name: $name, version: $version, project: $project) {{ ...Dataset }}
}}
{RUN} {_DATASET} {PROGRESS}""",
    "trainingDataset",
)
DATASETS = Operation(
    f"""
query Datasets($project: String!, $first: Int!, $after: String) {{
  trainingDatasets(project: $project, first: $first, after: $after) {{
    edges {{ node {{ ...Dataset }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
{RUN} {_DATASET} {PROGRESS}""",
    "trainingDatasets",
)
DELETE_DATASET = Operation(
    f"""
mutation Delete($name: String!, $version: Int!, $project: String!) {{
  deleteTrainingDataset(name: $name, version: $version, project: $project) {{
    ... on DeleteTrainingDatasetPayload {{ name version }} {_REFUSED}
  }}
}}
""",
    "deleteTrainingDataset",
    repeatable=False,
)
