"""Every migration, in order; the number of a format is how many of them lead to it."""

from graphql_api.migrations import (
    m0001_collections_and_indexes,
    m0002_fields_of_the_registry,
    m0003_one_stamp,
    m0004_versions_by_entity,
    m0005_files_that_are_merged,
    m0006_training_data,
    m0007_health_of_views,
    m0008_words_of_names,
)
from graphql_api.migrations.work import Migration

MIGRATIONS: tuple[Migration, ...] = (
    m0001_collections_and_indexes,
    m0002_fields_of_the_registry,
    m0003_one_stamp,
    m0004_versions_by_entity,
    m0005_files_that_are_merged,
    m0006_training_data,
    m0007_health_of_views,
    m0008_words_of_names,
)
