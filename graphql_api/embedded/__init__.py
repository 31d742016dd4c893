"""MongoDB, Redis and S3 servers as child processes of their own user."""

from graphql_api.embedded.servers import EmbeddedServers, beside

__all__ = ["EmbeddedServers", "beside"]
