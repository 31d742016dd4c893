# Made by client/scripts/make_sync.py from _async/training.py: change that one.
"""Training data: spines out, data sets in."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from j_feature_store._sync import io
from j_feature_store._sync.connection import Part
from j_feature_store._sync.dataset import TrainingDataset, current
from j_feature_store.bars import Progress
from j_feature_store.datasets import DatasetRun, Splits, Upload, splits_of
from j_feature_store.errors import InvalidInput, Unavailable
from j_feature_store.files import Sendable, as_file, content_type
from j_feature_store.moments import Moment, moment
from j_feature_store.operations import CREATE_DATASET, DATASETS, DELETE_DATASET, UPLOAD
from j_feature_store.wire import pause_before


class TrainingMethods(Part):
    def training_dataset(
        self,
        name: str,
        features: str | Sequence[str],
        *,
        event_timestamp: str,
        spine: Sendable | Upload | None = None,
        spine_source: str | None = None,
        known_before: Moment | None = None,
        splits: Splits | None = None,
        split_by: str | None = None,
        seed: int = 0,
        progress: Progress = False,
        wait: bool = True,
        timeout: float | None = None,
        idempotency_key: str | None = None,
    ) -> TrainingDataset:
        """Build a training data set: the spine's rows, each with the newest values that were available at its moment.

        Interrupted (Ctrl-C), the waiting ends and the building goes on; `cancel` ends it. What the server warns of is
        also a Python warning, TrainingDataWarning.

        Args:
            name: A name that was used before makes its next version.
            features: The name of a feature service, or a list of references of features.
            event_timestamp: The spine's column with the moment of each row.
            spine: Rows with the request columns, moments and any labels, which are kept: columns by name (lists, NumPy
                arrays), a table of pandas, polars, Arrow or DuckDB, the path of a Parquet or CSV file, or what `upload`
                returned.
            spine_source: Instead, the name of a data source that holds them.
            known_before: What became known after this moment is not used: an aware datetime, or a text with an offset.
            splits: Shares, {"train": 0.8, "test": 0.2}, or ranges of event times from the first until before the
                second, {"train": (None, a), "test": (a, None)}; rows outside all ranges are left out.
            split_by: Shares of what: "row", or "entity", so that none is in two splits.
            seed: Another one gives other splits.
            progress: True shows a bar, in a terminal or a notebook; a function is called with each event.
            wait: False returns as soon as it is queued.
            timeout: Seconds to wait for its end.
            idempotency_key: The same key and input make one data set, in 30 days; by default each call has its own.

        Raises:
            InvalidInput: the spine lacks a column, or another argument is wrong, such as a moment without an offset.
            RunFailed: it ended without success.
            TimedOut: it goes on; the store's `wait` follows its `run` further, and `get_training_dataset` finds it.

        >>> import pandas
        >>> flights = pandas.DataFrame({
        ...     "tailnum": ["N14228", "N24211", "not a plane"],
        ...     "scheduled_at": pandas.Timestamp.now("UTC").floor("D"),
        ...     "late": [True, False, True],
        ... })
        >>> seats = ["aircraft_profile:seats", "aircraft_profile:engines"]
        >>> dataset = store.training_dataset("seats", seats, spine=flights, event_timestamp="scheduled_at")
        >>> frame = dataset.to_pandas()
        >>> frame[["tailnum", "late", *seats]]
               tailnum   late  aircraft_profile:seats  aircraft_profile:engines
        0       N14228   True                     149                         2
        1       N24211  False                     149                         2
        2  not a plane   True                    <NA>                      <NA>
        """
        if (spine is None) == (spine_source is None):
            raise InvalidInput("A training data set has one spine: either `spine` or `spine_source`.")
        told = {"knownBefore": moment("known_before", known_before), **splits_of(splits, split_by)}
        if spine is not None and not isinstance(spine, Upload):
            spine = self.upload(spine)
        rows = {"dataSource": spine_source} if spine is None else {"upload": spine.id}
        asked = {
            "name": name,
            **({"featureService": features} if isinstance(features, str) else {"features": list(features)}),
            "spine": {**rows, "eventTimestampColumn": event_timestamp},
            **told,
            "seed": seed,
            "idempotencyKey": idempotency_key or secrets.token_hex(16),
        }
        answer = self._connection.input_in_project(CREATE_DATASET, asked)
        dataset = TrainingDataset(self._connection, msgspec.convert(answer["trainingDataset"], DatasetRun))
        if wait:
            dataset.wait(progress=progress, timeout=timeout)
        return dataset

    def get_training_dataset(self, name: str, version: int | None = None) -> TrainingDataset:
        """One that was asked for before; its newest version, or the one named. Raises NotFound.

        >>> (store.get_training_dataset("seats", 1)).rows
        3
        """
        return TrainingDataset(self._connection, current(self._connection, name, version))

    def training_datasets(self, *, limit: int = 50) -> list[TrainingDataset]:
        """The newest first.

        >>> "seats" in [dataset.name for dataset in store.training_datasets()]
        True
        """
        found = self._connection.listed(DATASETS, limit=limit)
        return [TrainingDataset(self._connection, run) for run in msgspec.convert(found, list[DatasetRun])]

    def delete_training_dataset(self, name: str, version: int) -> None:
        """Remove one version, with its files. Editor. Raises NotFound, and Conflict while it is in use."""
        self._connection.ask_in_project(DELETE_DATASET, name=name, version=version)

    def upload(self, given: Sendable) -> Upload:
        """Send columns or a table, as Parquet, or a Parquet or CSV file: to be the spine of several data sets within a
        day, or, by its `uri`, one of the files of a data source. Editor.

        Raises InvalidInput for what Parquet cannot hold.

        >>> import pandas
        >>> sent = store.upload(pandas.DataFrame({"tailnum": ["N14228"]}))
        >>> sent.uri.endswith(".parquet")
        True
        """
        with ExitStack() as stack:
            return self._uploaded(io.aside(lambda: stack.enter_context(as_file(given))))

    def _uploaded(self, path: Path) -> Upload:
        attempt = 0
        while True:
            attempt += 1
            # One that broke off is left to its end: whether it arrived cannot be known, and an upload is sent once.
            asked = {"fileName": path.name, "contentType": content_type(path)}
            offer = self._connection.input_in_project(UPLOAD, asked)
            try:
                self._connection.transfers.send(path, offer["uploadUrl"])
            except Unavailable as fault:
                if attempt > self._connection.retries:
                    raise
                io.sleep(pause_before(attempt, fault))
            else:
                return msgspec.convert(offer, Upload)
