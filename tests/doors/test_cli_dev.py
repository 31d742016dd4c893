"""What `jfs dev` says to a newcomer."""

import pytest

from graphql_api.doors.cli.dev import command
from graphql_api.settings import Settings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(host="127.0.0.1", port=8000), "./jfs"),
        (Settings(host="127.0.0.1", port=8431), "PORT=8431 ./jfs"),
        (Settings(host="::1", port=8431), "HOST=::1 PORT=8431 ./jfs"),
    ],
)
def test_the_lines_to_copy_lead_to_this_server(settings: Settings, expected: str) -> None:
    assert command(settings) == expected
