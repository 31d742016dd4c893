"""Prints the schema's SDL, as schema/schema.graphql holds it."""

from resolvers.root import schema

if __name__ == "__main__":
    print(schema.as_str())
