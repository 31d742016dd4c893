"""`jfs`: the command line."""

from graphql_api.doors.cli.app import app, run

__all__ = ["app", "run"]
