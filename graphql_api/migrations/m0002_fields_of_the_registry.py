"""Documents of releases before get the fields that came with the whole registry.

Labels of `apply`, archived projects, views as sources, differences in events, and the count of floats that are not
finite: what was written before any of it was there says so, rather than nothing. Nothing is invented: events of before
differences were kept have none, and there is no audit of what was done before there was one."""

from graphql_api.migrations.work import Work

_DESCRIBED = ("entities", "data_sources", "feature_views", "feature_services")


async def migrate(work: Work) -> None:
    await work.fill("projects", "archived_at", None)
    for collection in _DESCRIBED:
        await work.fill(collection, "label", None)
    await work.fill("feature_view_versions", "transformation.views", [])
    await work.fill("registry_events", "changes", [])
    await work.fill("registry_events", "version", None)
    await work.fill("checkpoints", "non_finite_values", 0)
    for collection, field in (("materializations", "tail"), ("run_events", "events")):
        lacking = {field: {"$elemMatch": {"counts.non_finite_values": {"$exists": False}}}}
        counted = {"$mergeObjects": [{"non_finite_values": 0}, "$$event.counts"]}
        event = {"$mergeObjects": ["$$event", {"counts": counted}]}
        await work.update(
            collection, lacking, [{"$set": {field: {"$map": {"input": f"${field}", "as": "event", "in": event}}}}]
        )
