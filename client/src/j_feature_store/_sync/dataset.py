# Made by client/scripts/make_sync.py from _async/dataset.py: change that one.
"""One training data set: its facts, its files, its rows as tables."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from j_feature_store import frames
from j_feature_store._sync import io
from j_feature_store._sync.connection import Connection
from j_feature_store._sync.runs import RunMethods
from j_feature_store._sync.transfers import LinkIsOver
from j_feature_store.bars import Progress
from j_feature_store.datasets import DataFile, DatasetRun, warn
from j_feature_store.errors import NotFound
from j_feature_store.operations import DELETE_DATASET, ONE_DATASET

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class TrainingDataset:
    """Parquet files in which each row has what could have been known at its moment.

    `run` is what the server tells of it: `name`, `version`, `state`, `rows`, `fingerprint`, `files`, `warnings`.
    What reads its rows waits for its end first."""

    def __init__(self, connection: Connection, run: DatasetRun) -> None:
        self._connection = connection
        self.run = run

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def version(self) -> int:
        return self.run.version

    @property
    def rows(self) -> int | None:
        """None until it is built."""
        return self.run.rows

    @property
    def files(self) -> list[DataFile]:
        return self.run.files

    @property
    def warnings(self) -> list[str]:
        """What a person should look at before training on it."""
        return self.run.warnings

    @property
    def fingerprint(self) -> str | None:
        """The same inputs give the same, and files with the same bytes."""
        return self.run.fingerprint

    def __repr__(self) -> str:
        rows = "" if self.rows is None else f", {self.rows:,} rows"
        return f"<training data set {self.run.title}: {self.run.state}{rows}>"

    def wait(self, *, progress: Progress = False, timeout: float | None = None) -> None:
        """Follow its building to the end.

        Raises:
            RunFailed: it ended without success.
            TimedOut: it goes on after so many seconds; waiting again follows it further.
        """
        RunMethods(self._connection).wait(self.run, progress=progress, timeout=timeout)
        self._refresh()
        for warning in self.warnings:
            warn(f"{self.run.title}: {warning}")

    def download(self, folder: str | Path, *, split: str | None = None) -> list[Path]:
        """Its files, whole and checked, in a folder of its own in this one: `seats@1/data-00000.parquet`. Those that
        are there already are not fetched again.

        Raises:
            NotFound: there is no such split.
            Conflict: another file is there, which stays as it is.
            Damaged: what came is not what the server announced.
            Unavailable: nothing more came, in several attempts.
        """
        if self.run.state != "SUCCEEDED":
            self.wait()
        target = Path(folder) / self.run.title
        io.aside(lambda: target.mkdir(parents=True, exist_ok=True))
        chosen = [file.name for file in self.files if split is None or file.split == split]
        if not chosen and split is not None:
            known = sorted({file.split for file in self.files if file.split is not None})
            raise NotFound(f"{self.run.title} has no split {split!r}; its splits are {', '.join(known) or 'none'}.")
        return [self._fetched(name, target) for name in chosen]

    def to_arrow(self, *, split: str | None = None) -> "pyarrow.Table":
        """All rows, split after split, or those of one; each split in the order of the spine. Needs the extra
        `arrow`."""
        with TemporaryDirectory(prefix="jfs-") as folder:
            paths = self.download(folder, split=split)
            return io.aside(lambda: frames.read_arrow(paths))

    def to_pandas(self, *, split: str | None = None) -> "pandas.DataFrame":
        """As `to_arrow`; whole numbers and truths in nullable columns and lists as Arrow's, so that they are exact.
        Needs the extra `pandas`."""
        table = self.to_arrow(split=split)
        return io.aside(lambda: frames.pandas_of(table))

    def to_polars(self, *, split: str | None = None) -> "polars.DataFrame":
        """As `to_arrow`. Needs the extra `polars`."""
        with TemporaryDirectory(prefix="jfs-") as folder:
            paths = self.download(folder, split=split)
            return io.aside(lambda: frames.read_polars(paths))

    def delete(self) -> None:
        """Remove this version, with its files. Editor. Raises Conflict while it is in use."""
        self._connection.ask_in_project(DELETE_DATASET, name=self.name, version=self.version)

    def _fetched(self, name: str, folder: Path) -> Path:
        for _ in range(2):
            (file,) = (each for each in self.files if each.name == name)
            try:
                return self._connection.transfers.fetch(file, folder)
            except LinkIsOver:
                self._refresh()
        raise NotFound(f"The links to {self.run.title} lead nowhere.")

    def _refresh(self) -> None:
        self.run = current(self._connection, self.name, self.version)


def current(connection: Connection, name: str, version: int | None) -> DatasetRun:
    """A data set as it is now, with links that are good for an hour. Raises NotFound."""
    answer = connection.ask_in_project(ONE_DATASET, name=name, version=version)
    if answer is None:
        raise NotFound(f"There is no training data set {name if version is None else f'{name}@{version}'}.")
    return msgspec.convert(answer, DatasetRun)
