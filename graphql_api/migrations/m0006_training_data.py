"""Training data sets and the files that people send have collections of their own; a project counts the first."""

from graphql_api.migrations.work import Work, index


async def migrate(work: Work) -> None:
    await work.create("signing_keys", [])
    await work.create("uploads", [index("uri", "uri", unique=True), index("age", "created_at _id")])
    await work.create(
        "training_datasets",
        [
            index("queue", "state requested_at"),
            index("newest", "project_id -requested_at -_id"),
            index("version", "project_id name -version", unique=True),
            index("pins", "pins.data_id pins.commit"),
            index("upload", "spine.upload_id"),
            index("feature_view_version", "entries.version_id"),
            index("feature_service", "service_id"),
            index("source", "spine.source.source_id"),
        ],
    )
    await work.create("data_sources", [index("place", "uris")])
    await work.create("feature_view_versions", [index("place", "transformation.sources.uris")])
    await work.fill("projects", "datasets", 0)
