"""Splits and moments go as the server reads them, or are refused in words that say what to write."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from j_feature_store import FeatureStore, InvalidInput
from j_feature_store.datasets import splits_of

CUT = datetime(2026, 6, 14, tzinfo=UTC)
NAIVE = datetime(2026, 6, 14)  # noqa: DTZ001


def test_splits_are_shares_or_ranges() -> None:
    shares = {"splits": [{"name": "a", "fraction": 0.5}, {"name": "b", "fraction": 0.5}], "splitBy": "ENTITY"}
    ranges = {"splits": [{"name": "a", "start": None, "end": CUT}], "splitBy": "TIME"}

    assert splits_of({"a": 0.5, "b": np.float32(0.5)}, "entity") == shares  # type: ignore[dict-item]
    assert splits_of({"a": (None, CUT)}, None) == splits_of({"a": [None, CUT]}, None) == ranges
    assert splits_of(None, None) == {}


@pytest.mark.parametrize(
    ("splits", "told"),
    [
        ({"a": 0.5, "b": (None, CUT)}, "all shares or all ranges of time"),
        ({"a": [None]}, r"The split 'a' is a share, such as 0\.8, or a range .* not \[None\]"),
        ({"a": "0.8"}, "The split 'a' is a share"),
        ({"a": CUT}, "The split 'a' is a share"),
        ({"a": (None, NAIVE)}, r"The end of the split 'a' has no offset: .* write 2026-06-14 00:00:00\+00:00"),
        ({"a": (pd.Timestamp(NAIVE), None)}, "The start of the split 'a' has no offset"),
        ({"a": (None, date(2026, 6, 14))}, "The end of the split 'a' is an aware datetime"),
    ],
)
def test_what_is_neither_is_refused(splits: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        splits_of(splits, None)


def test_another_way_to_split_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="'row', 'entity', 'time', not 'plane'"):
        splits_of({"a": 0.5}, "plane")


def test_a_moment_without_an_offset_is_refused_wherever_it_is_given() -> None:
    with FeatureStore() as store:
        spine = {"tailnum": ["N14228"], "at": [CUT]}
        for argument, call in [
            ("at", lambda: store.features_at(NAIVE, ["view:feature"], {})),
            ("start", lambda: store.timeline("view:feature", {}, NAIVE, CUT)),
            ("end", lambda: store.timeline("view:feature", {}, CUT, NAIVE)),
            ("start", lambda: store.materialize("view", NAIVE)),
            ("end", lambda: store.materialize("view", end=NAIVE)),
            (
                "known_before",
                lambda: store.training_dataset("x", [], spine=spine, event_timestamp="at", known_before=NAIVE),
            ),
        ]:
            with pytest.raises(InvalidInput, match=f"^{argument} has no offset: 2026-06-14 00:00:00"):
                call()
