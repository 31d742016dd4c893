"""On-demand versions follow their inputs: whoever publishes the last of these, by hand or by a run."""

from graphql_api.documents.copies import DataCopyDocument
from graphql_api.documents.feature_views import FeatureViewDocument, FeatureViewVersionDocument
from graphql_api.documents.projects import ProjectDocument
from graphql_api.documents.raw import collection_of, in_transaction
from graphql_api.documents.registry_events import RegistryEventDocument
from graphql_api.domain.enums import VersionState
from graphql_api.runs.log import Database
from graphql_api.runs.publishing import Publication, publish
from tests.definitions.example import AIRPORT_WEATHER, DELAYS, GROUND
from tests.services.registering import ANN, Registry

BOTH = (
    "kind: FeatureView\nname: both\ntransformation: {views: [aircraft_delays, airport_weather], "
    "expressions: [{feature: windy, expression: wind_speed > 20 AND flights_7d > 3}]}\n"
)


async def version(reference: str) -> FeatureViewVersionDocument:
    name, _, number = reference.partition("@")
    found = await FeatureViewVersionDocument.find_one({"view_name": name, "number": int(number)})
    assert found is not None
    return found


async def view(name: str) -> FeatureViewDocument:
    found = await FeatureViewDocument.find_one({"name": name})
    assert found is not None
    return found


async def publish_by_hand(registry: Registry, reference: str) -> None:
    """With data, as a run would have left it."""
    data_id = (await version(reference)).data_id
    covered = [{"start": 0, "end": 1}]
    await collection_of(DataCopyDocument).update_one(
        {"_id": data_id}, {"$set": {"covered": covered, "covered_online": covered}}
    )
    await registry.versions.publish(ANN, "default", reference)


async def test_the_last_input_that_is_published_by_hand_publishes_it(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS + AIRPORT_WEATHER + BOTH)
    await publish_by_hand(registry, "aircraft_delays@1")
    assert (await version("both@1")).state is VersionState.DRAFT

    await publish_by_hand(registry, "airport_weather@1")

    assert (await version("both@1")).state is VersionState.PUBLISHED
    assert (await version("both@1")).published_at is not None
    assert (await view("both")).current_version == 1
    events = await RegistryEventDocument.find_all().sort("sequence").to_list()
    assert [event.name for event in events][-3:] == ["aircraft_delays", "airport_weather", "both"]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


async def test_a_run_that_publishes_the_last_input_publishes_it(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS + AIRPORT_WEATHER + BOTH)
    await publish_by_hand(registry, "aircraft_delays@1")
    database: Database = collection_of(ProjectDocument).database
    publication = Publication(await view("airport_weather"), (await version("airport_weather@1"),), "")

    await in_transaction(ProjectDocument, lambda session: publish(database, session, publication, actor="run"))

    assert ((await version("both@1")).state, (await view("both")).current_version) == (VersionState.PUBLISHED, 1)


async def test_its_next_version_is_published_as_soon_as_it_is_made(registry: Registry) -> None:
    await registry.apply(GROUND + DELAYS + AIRPORT_WEATHER + BOTH)
    for reference in ("aircraft_delays@1", "airport_weather@1"):
        await publish_by_hand(registry, reference)

    await registry.apply(BOTH.replace("> 20", "> 25"))

    assert ((await version("both@2")).state, (await view("both")).current_version) == (VersionState.PUBLISHED, 2)
