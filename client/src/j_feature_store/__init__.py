"""J Feature Store from Python: features online and at any moment, training data, runs with progress.

>>> from j_feature_store import FeatureStore
>>> store = FeatureStore()  # JFS_URL, JFS_TOKEN and JFS_PROJECT say where, as whom, and of which project
>>> store.online(["aircraft_profile:seats"], {"tailnum": ["N14228"]}).rows
[[149]]

`AsyncFeatureStore` has the same methods, to be awaited.
"""

from j_feature_store._async.dataset import AsyncTrainingDataset
from j_feature_store._async.store import AsyncFeatureStore
from j_feature_store._sync.dataset import TrainingDataset
from j_feature_store._sync.store import FeatureStore
from j_feature_store.datasets import DataFile, TrainingDataWarning, Upload
from j_feature_store.errors import (
    BlockedByDependents,
    Conflict,
    Damaged,
    FeatureStoreError,
    Forbidden,
    InvalidInput,
    LimitExceeded,
    Missing,
    NotFound,
    Problem,
    Refused,
    RunFailed,
    ServerFault,
    TimedOut,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
)
from j_feature_store.plans import Applied, Behind, Change, Plan, PlannedChange
from j_feature_store.runs import Materialization, Run, RunFailure, RunProgress
from j_feature_store.values import FeaturePoint, FeatureTimeline, FeatureValues

__all__ = [
    "Applied",
    "AsyncFeatureStore",
    "AsyncTrainingDataset",
    "Behind",
    "BlockedByDependents",
    "Change",
    "Conflict",
    "Damaged",
    "DataFile",
    "FeaturePoint",
    "FeatureStore",
    "FeatureStoreError",
    "FeatureTimeline",
    "FeatureValues",
    "Forbidden",
    "InvalidInput",
    "LimitExceeded",
    "Materialization",
    "Missing",
    "NotFound",
    "Plan",
    "PlannedChange",
    "Problem",
    "Refused",
    "Run",
    "RunFailed",
    "RunFailure",
    "RunProgress",
    "ServerFault",
    "TimedOut",
    "TrainingDataWarning",
    "TrainingDataset",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Upload",
]
