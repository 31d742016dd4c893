"""Training data sets and uploads, as the server tells of them and as they are asked for."""

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from j_feature_store.errors import InvalidInput
from j_feature_store.moments import Moment, moment
from j_feature_store.runs import Run

PACKAGE = str(Path(__file__).parent) + os.sep
Split: TypeAlias = float | Sequence[Moment | None]
Splits: TypeAlias = Mapping[str, Split]
"""By name a share, {"train": 0.8, "test": 0.2}, or a range of event times, {"train": (None, a), "test": (a, None)}."""
WAYS = {each.upper(): each for each in ("row", "entity", "time")}


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
    told = [_split(name, value) for name, value in splits.items()]
    ranges = ["fraction" not in each for each in told]
    if any(ranges) and not all(ranges):
        raise InvalidInput("Splits are all shares or all ranges of time.")
    by = split_by or ("TIME" if all(ranges) else "ROW")
    if by.upper() not in WAYS:
        raise InvalidInput(f"split_by is one of {', '.join(map(repr, WAYS.values()))}, not {split_by!r}.")
    return {"splits": told, "splitBy": by.upper()}


def _split(name: str, value: Split) -> dict[str, Any]:
    if isinstance(value, Real):
        return {"name": name, "fraction": float(value)}
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InvalidInput(
            f"The split {name!r} is a share, such as 0.8, or a range of event times, (start, end), with None where "
            f"it is open, not {value!r}."
        )
    start, end = (
        moment(f"The {what} of the split {name!r}", each) for what, each in zip(("start", "end"), value, strict=True)
    )
    return {"name": name, "start": start, "end": end}
