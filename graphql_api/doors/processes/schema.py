"""Prints what schema/ holds: the API's SDL in schema.graphql, or the JSON Schema of definitions."""

import sys

from graphql_api.definitions.json_schema.whole import as_text
from resolvers.root import schema

if __name__ == "__main__":
    print(as_text() if sys.argv[1:] == ["--definitions"] else schema.as_str() + "\n", end="")
