"""Collections and indexes come from migrations from here on, and from nothing else.

Releases before made the indexes of their own documents at each start of each process. Which they were depends on the
release, so all that this format has are made here where they are missing; in a large database that takes a while."""

from collections.abc import Mapping, Sequence

from pymongo import ASCENDING, TEXT, IndexModel

from graphql_api.migrations.work import Work, index

_LISTED = "project_id kind listed"
_TEXTS = ("name_words", "label_words", "description", "column_words")
_VIEWS = {"kind": "FEATURE_VIEW"}
_FEATURES = {"kind": "FEATURE"}

INDEXES: Mapping[str, Sequence[IndexModel]] = {
    "projects": [index("name", "name", unique=True)],
    "tokens": [index("secret_hash", "secret_hash", unique=True), index("newest", "-created_at -_id")],
    "entities": [index("name", "project_id name", unique=True)],
    "data_sources": [index("name", "project_id name", unique=True)],
    "feature_views": [index("name", "project_id name", unique=True), index("entity", "entity_ids name")],
    "feature_view_versions": [
        index("number", "view_id -number", unique=True),
        index("reference", "project_id view_name -number"),
        index("data", "data_id"),
        index("feature", "features.id"),
        index("validation", "validations.id"),
        index("transformation", "transformation.id"),
        index("source", "transformation.sources.source_id"),
        index("derived", "transformation.views.version_id"),
    ],
    "feature_services": [
        index("number", "project_id name -number", unique=True),
        index("version", "entries.version_id"),
    ],
    "tombstones": [index("name", "project_id kind name", unique=True)],
    "catalog": [
        index("list", f"{_LISTED} view_name name"),
        index("label", f"{_LISTED} labels view_name name"),
        index("owner", f"{_LISTED} owner view_name name"),
        index("words", f"{_LISTED} words"),
        index("type", f"{_LISTED} value_type view_name name", partialFilterExpression=_FEATURES),
        index("entity", f"{_LISTED} entity_ids view_name name", partialFilterExpression=_VIEWS),
        index("updated", f"{_LISTED} -updated_at -_id", partialFilterExpression=_VIEWS),
        index("name", "project_id kind name"),
        IndexModel(
            [("project_id", ASCENDING), *((text, TEXT) for text in _TEXTS)],
            name="text",
            weights=dict(zip(_TEXTS, (10, 5, 3, 1), strict=True)),
            default_language="english",
            language_override="no_language",
        ),
    ],
    "registry_events": [index("sequence", "project_id sequence", unique=True)],
    "audit": [
        index("newest", "project_id -at -_id"),
        index("newest_of_actor", "project_id actor.name -at -_id"),
        index("newest_everywhere", "-at -_id"),
    ],
    "idempotency_keys": [
        index("key", "project_id mutation key", unique=True),
        index("expiry", "at", expireAfterSeconds=30 * 86_400),
    ],
    "counters": [],
    "data_copies": [index("fingerprint", "view_id fingerprint", unique=True)],
    "data_removals": [index("oldest", "marked_at")],
    "leases": [],
    "materializations": [
        index("queue", "state requested_at"),
        index("newest", "project_id -requested_at -_id"),
        index("version", "version_id -requested_at -_id"),
        index("data", "data_id state -finished_at"),
        index("data_newest", "data_id -requested_at -_id"),
        index("view", "view_id -requested_at -_id"),
        index("checkpoints", "checkpoints"),
    ],
    "run_events": [index("run", "run_id first", unique=True), index("age", "events.at")],
    "frozen_inputs": [index("run", "run_id source_name", unique=True)],
    "checkpoints": [index("run", "run_id chunk")],
    "validation_results": [index("run", "run_id"), index("validation", "validation_id -evaluated_at -_id")],
    "staged_files": [
        index("run", "run_id min_event"),
        index("checkpoint", "checkpoint_id"),
        index("key", "key"),
    ],
    "commits": [
        index("number", "data_id number", unique=True),
        index("run", "run_id", unique=True),
        index("checkpoints", "checkpoints"),
    ],
}


async def migrate(work: Work) -> None:
    for collection, indexes in INDEXES.items():
        await work.create(collection, indexes)
