"""What somebody sees who starts this release on old data."""

from graphql_api.migrations.every import MIGRATIONS
from graphql_api.migrations.looking import is_behind, is_prepared
from graphql_api.migrations.stamps import Database
from graphql_api.settings import Settings
from tests.migrations.processes import Ended, ended
from tests.migrations.steps import leave_old_data


async def test_each_step_is_told(settings: Settings, database: Database) -> None:
    assert (await is_behind(settings), await is_prepared(settings)) == (False, False)  # nothing is there
    await leave_old_data(database)
    assert (await is_behind(settings), await is_prepared(settings)) == (True, False)

    first = await ended(settings, "graphql_api.doors.processes.prepare", LOG_LEVEL="WARNING")

    names = [migration.__name__.rpartition(".")[2] for migration in MIGRATIONS]
    steps = [f"Bringing the data to format {number} of {len(names)}: {name}\n" for number, name in enumerate(names, 1)]
    assert first == Ended(0, "".join([*steps, "Making the catalog anew\n"]))
    assert (await is_behind(settings), await is_prepared(settings)) == (False, True)
