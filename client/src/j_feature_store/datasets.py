"""Training data sets and uploads, as the server tells of them and as they are asked for."""

import os
import sys
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from j_feature_store.errors import InvalidInput
from j_feature_store.runs import Run

PACKAGE = str(Path(__file__).parent) + os.sep
Moment: TypeAlias = datetime | str
"""An aware datetime, or a text with an offset: `2026-06-14T12:00:00Z`."""
Splits: TypeAlias = Mapping[str, float | tuple[Moment | None, Moment | None]]
"""By name a share, {"train": 0.8, "test": 0.2}, or a range of event times, {"train": (None, a), "test": (a, None)}."""


class TrainingDataWarning(UserWarning):
    """What a person should look at before training on a data set."""


def warn(message: str) -> None:
    """Where the caller of this package stands, however deep in it this is called."""
    level, frame = 1, sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, TrainingDataWarning, stacklevel=level)


class Upload(msgspec.Struct, frozen=True, rename="camel"):
    """A file that was sent. Within a day it can be a spine, or its `uri` one of a data source's `files`."""

    id: str
    uri: str
    expires_at: datetime


class DataFile(msgspec.Struct, frozen=True, rename="camel"):
    """One Parquet file of a data set. `download_url` is good for one hour."""

    name: str
    split: str | None
    rows: int
    bytes: int
    sha256: str
    download_url: str


class DatasetRun(Run, frozen=True, rename="camel"):
    """A training data set and the run that builds it. `rows`, `fingerprint` and `files` are there once it SUCCEEDED."""

    name: str
    version: int
    rows: int | None
    fingerprint: str | None
    files: list[DataFile]
    warnings: list[str]

    @property
    def title(self) -> str:
        return f"{self.name}@{self.version}"


def splits_of(splits: Splits | None, split_by: str | None) -> dict[str, Any]:
    """As `CreateTrainingDatasetInput` has them; what is not said follows from the splits' values."""
    if not splits:
        return {}
    ranges = [isinstance(value, tuple) for value in splits.values()]
    if any(ranges) and not all(ranges):
        raise InvalidInput("Splits are all shares or all ranges of time.")
    by = split_by or ("TIME" if all(ranges) else "ROW")
    return {"splits": [_split(name, value) for name, value in splits.items()], "splitBy": by.upper()}


def _split(name: str, value: float | tuple[Moment | None, Moment | None]) -> dict[str, Any]:
    if isinstance(value, tuple):
        start, end = value
        return {"name": name, "start": start, "end": end}
    return {"name": name, "fraction": value}
