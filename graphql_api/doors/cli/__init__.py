"""`jfs`: the command line."""

from graphql_api.doors.cli.app import app

__all__ = ["app"]
