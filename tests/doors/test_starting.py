"""Settings that make no sense are told by their names before anything begins."""

import pytest

from graphql_api.doors.starting import read_settings
from graphql_api.errors import CannotStart


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "70000"),
        ("LEASE_SECONDS", "-1"),
        ("LEASE_SECONDS", "nan"),
        ("LEASE_SECONDS", "inf"),
        ("WORKER_SLOTS", "0"),
        ("CHUNK_ROWS", "0"),
        ("RUN_ATTEMPTS", "0"),
        ("CACHE_BYTES", "-5"),
        ("SANDBOX_MEMORY_BYTES", "1"),
        ("SANDBOX_SECONDS", "0"),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_QUERY_DEPTH", "-1"),
        ("REDIS_TIMEOUT_SECONDS", "0"),
        ("MONGODB_TIMEOUT_SECONDS", "-1"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(CannotStart) as reason:
        read_settings()

    assert str(reason.value).startswith(f"{name}='{value}': Input should be ")


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE_SECONDS", "0.2")
    monkeypatch.setenv("WORKER_SLOTS", "many")
    monkeypatch.setenv("LOG_LEVEL", "debug")

    with pytest.raises(CannotStart) as reason:
        read_settings()

    assert str(reason.value).splitlines() == [
        "WORKER_SLOTS='many': Input should be a valid integer, unable to parse string as an integer.",
        "LEASE_SECONDS='0.2': Input should be greater than or equal to 1.",
    ]
