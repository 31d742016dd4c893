"""Training data from a table to a table: each row as it was, with what could have been known at its moment."""

# pyright: basic
# (types of pandas' and Arrow's columns are unknown in part)

import warnings
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from j_feature_store import (
    AsyncFeatureStore,
    FeatureStore,
    InvalidInput,
    NotFound,
    TrainingDataset,
    TrainingDataWarning,
)
from tests.client.cutting import answers_lost
from tests.client.world import World

FEATURES = ["aircraft_delays:flights_7d", "aircraft_delays:mean_dep_delay_7d", "aircraft_profile:seats"]
LARGE = 2**53 + 1
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def spine() -> pd.DataFrame:
    """Twelve rows, the same plane at several moments, one equal to another, one of no plane, none in order."""
    tails = ["N14228", "N24211", None, "not a plane", "N14228", "N14228"] * 2
    days = [5, 9, 5, 5, 3, 5, 12, 300, 5, 5, 1, 5]
    moments = [TODAY - timedelta(days=day) for day in days]
    return pd.DataFrame({"label": range(LARGE, LARGE + 12), "tailnum": tails, "at": moments})


@pytest.fixture(scope="module")
def dataset(world: World) -> Generator[TrainingDataset]:
    with world.store() as store, warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingDataWarning)
        yield store.training_dataset(
            "flights",
            FEATURES,
            spine=spine(),
            event_timestamp="at",
            splits={"train": 0.75, "test": 0.25},
            split_by="entity",
        )


def test_each_row_has_what_the_offline_store_answers_at_its_moment(
    store: FeatureStore, dataset: TrainingDataset
) -> None:
    found = {row["label"]: row for row in dataset.to_arrow().to_pylist()}

    assert len(found) == 12
    for row in spine().to_dict("records"):
        known = store.features_at(row["at"].to_pydatetime(), FEATURES, {"tailnum": [row["tailnum"]]})
        assert {name: found[row["label"]][name] for name in FEATURES} == known.to_dicts()[0]
    assert [found[LARGE + index]["aircraft_profile:seats"] for index in (0, 1, 2, 3)] == [149, 149, None, None]
    assert found[LARGE]["aircraft_delays:flights_7d"] > 0


def test_tables_of_every_kind_hold_the_same(dataset: TrainingDataset) -> None:
    arrow, polars, pandas = dataset.to_arrow(), dataset.to_polars(), dataset.to_pandas()

    assert polars.to_dict(as_series=False) == arrow.to_pydict()
    assert pandas["label"].tolist() == arrow.column("label").to_pylist()
    assert str(pandas["aircraft_delays:flights_7d"].dtype) == "Int64"
    assert pandas["aircraft_delays:flights_7d"].isna().sum() == arrow.column("aircraft_delays:flights_7d").null_count


def test_a_split_is_asked_for_by_its_name(dataset: TrainingDataset) -> None:
    train, test = (dataset.to_pandas(split=split) for split in ("train", "test"))

    assert sorted([*train["label"], *test["label"]]) == list(range(LARGE, LARGE + 12))
    assert not set(train["tailnum"].dropna()) & set(test["tailnum"].dropna())
    with pytest.raises(NotFound, match=r"no split 'validation'; its splits are test, train"):
        dataset.to_pandas(split="validation")


def test_files_come_to_lie_in_a_folder_of_the_data_set(dataset: TrainingDataset, tmp_path: Path) -> None:
    paths = dataset.download(tmp_path / "data")
    again = dataset.download(tmp_path / "data")

    assert paths == again == [tmp_path / "data" / "flights@1" / file.name for file in dataset.files]
    assert sorted((tmp_path / "data" / "flights@1").iterdir()) == sorted(paths)
    assert sum(pq.read_metadata(path).num_rows for path in paths) == dataset.rows == 12


def test_data_sets_lie_side_by_side_in_one_folder(store: FeatureStore, tmp_path: Path) -> None:
    tails = ("N14228", "N24211")
    sets = [
        store.training_dataset(
            f"of_{tail.lower()}", FEATURES[2:], spine={"tailnum": [tail], "at": [TODAY]}, event_timestamp="at"
        )
        for tail in tails
    ]

    paths = [path for each in sets for path in each.download(tmp_path)]

    assert [pq.read_table(path)["tailnum"].to_pylist() for path in paths] == [[tail] for tail in tails]


def test_one_that_was_made_before_is_found_and_listed(store: FeatureStore, dataset: TrainingDataset) -> None:
    found = store.get_training_dataset("flights")

    assert (found.name, found.version, found.fingerprint) == ("flights", 1, dataset.fingerprint)
    assert repr(found) == "<training data set flights@1: SUCCEEDED, 12 rows>"
    assert "flights" in [each.name for each in store.training_datasets()]
    with pytest.raises(NotFound, match="flights@7"):
        store.get_training_dataset("flights", 7)


def test_what_the_server_warns_of_is_a_warning_where_it_was_asked_for(store: FeatureStore) -> None:
    nobody = pd.DataFrame({"tailnum": ["not a plane"] * 5, "at": TODAY})

    with pytest.warns(TrainingDataWarning, match=r"nobody@1: .*MISSING") as asked:
        dataset = store.training_dataset("nobody", FEATURES[2:], spine=nobody, event_timestamp="at")
    with pytest.warns(TrainingDataWarning, match="nobody@1") as waited:
        dataset.wait()
    later = store.training_dataset("nobody", FEATURES[2:], spine=nobody, event_timestamp="at", wait=False)
    with pytest.warns(TrainingDataWarning, match="nobody@2") as read:
        later.to_arrow()

    assert dataset.warnings
    assert [warning.filename for each in (asked, waited, read) for warning in each] == [__file__] * 3


async def test_it_is_so_for_who_awaits_it(world: World) -> None:
    nobody = {"tailnum": ["not a plane"], "at": [TODAY]}
    async with AsyncFeatureStore(world.url) as store:
        with pytest.warns(TrainingDataWarning) as told:
            await store.training_dataset("nobody", FEATURES[2:], spine=nobody, event_timestamp="at")

    assert [warning.filename for warning in told] == [__file__]


def test_who_does_not_wait_waits_where_rows_are_read(store: FeatureStore) -> None:
    dataset = store.training_dataset("later", FEATURES[2:], spine=planes(), event_timestamp="at", wait=False)

    assert dataset.rows is None
    assert dataset.to_pandas()["aircraft_profile:seats"].tolist() == [149, 149]


def test_a_spine_may_be_columns_by_name(store: FeatureStore) -> None:
    columns = {"tailnum": ["N14228", "N24211"], "at": np.array([TODAY, TODAY]), "label": [LARGE, None]}

    dataset = store.training_dataset("columns", FEATURES[2:], spine=columns, event_timestamp="at")

    assert dataset.to_arrow().to_pydict() == {
        "tailnum": ["N14228", "N24211"],
        "at": [TODAY, TODAY],
        "label": [LARGE, None],
        FEATURES[2]: [149, 149],
    }


def test_a_spine_may_be_sent_once_and_named_twice(store: FeatureStore) -> None:
    sent = store.upload(planes())

    first = store.training_dataset("twice", FEATURES[2:], spine=sent, event_timestamp="at")
    second = store.training_dataset("twice", FEATURES[2:], spine=sent, event_timestamp="at")

    assert (first.version, second.version) == (1, 2)
    assert first.fingerprint == second.fingerprint
    second.delete()
    assert store.get_training_dataset("twice").version == 1


async def test_it_may_be_awaited(world: World) -> None:
    seen: list[str] = []
    async with AsyncFeatureStore(world.url) as store:
        dataset = await store.training_dataset(
            "awaited",
            FEATURES[2:],
            spine=planes(),
            event_timestamp="at",
            progress=lambda event: seen.append(event.state),
        )
        frame = await dataset.to_polars()

    assert frame["aircraft_profile:seats"].to_list() == [149, 149]
    assert (seen[0], seen[-1]) == ("QUEUED", "SUCCEEDED")


def test_lost_answers_make_neither_a_second_data_set_nor_a_spine_in_part(world: World, store: FeatureStore) -> None:
    with answers_lost(world.port, times=2) as line, FeatureStore(line.url) as over_it:
        dataset = over_it.training_dataset("once", FEATURES[2:], spine=planes(), event_timestamp="at")

    assert dataset.version == store.get_training_dataset("once").version == 1


def test_a_spine_that_lacks_a_column_is_refused(store: FeatureStore) -> None:
    with pytest.raises(InvalidInput, match="tailnum"):
        store.training_dataset("wrong", FEATURES, spine=planes().drop(columns="tailnum"), event_timestamp="at")
    with pytest.raises(InvalidInput, match="either `spine` or `spine_source`"):
        store.training_dataset("wrong", FEATURES, event_timestamp="at")


def planes() -> pd.DataFrame:
    return pd.DataFrame({"tailnum": ["N14228", "N24211"], "at": TODAY})
