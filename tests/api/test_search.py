"""Search: what is found by which words, in which order, and what is shown of it."""

import pytest

from graphql_api.documents.base import TagPart
from graphql_api.documents.cataloguing import rebuild_catalog
from graphql_api.documents.projects import ProjectDocument
from graphql_api.domain.snippets import MOST, snippet_of
from graphql_api.domain.types import ValueType
from tests.api.client import Json
from tests.api.conftest import Place
from tests.api.registry import a_source
from tests.factories import a_service, a_version, a_view, an_entity, an_entry

SEARCH = """query($p: String!, $q: String!, $k: [SearchKind!], $n: Int) {
  search(query: $q, kinds: $k, project: $p, first: $n) {
    kind name snippet snippetParts { text matches }
    node { __typename id ... on Feature { reference } ... on FeatureService { reference } }
  }
}"""


async def a_described_registry(project: ProjectDocument) -> None:
    entity = an_entity(project, "aircraft").model_copy(
        update={"description": "A plane, by its tail number.", "owner": "fleet@example.com"}
    )
    tags = (TagPart(key="domain", value="flights"),)
    source = a_source(project, "flights")
    view = a_view(project, "flight_delays", entities=[entity], latest=2).model_copy(
        update={"description": "How late this plane has been lately; a delayed departure counts.", "tags": tags}
    )
    made = a_version(view, entities=[entity], features={"mean_delay": ValueType.FLOAT64})
    types = {"mean_delay": ValueType.FLOAT64, "longest": ValueType.INT64}
    draft = a_version(view, 2, entities=[entity], features=types)
    said = draft.features[1].model_copy(update={"description": "Une ébauche."})
    draft = draft.model_copy(update={"features": (draft.features[0], said)})
    service = a_service(project, [an_entry(made)], "delay_model")
    for document in (entity, source, view, made, draft, service):
        await document.insert()
    await rebuild_catalog(project.id)


async def hits(place: Place, query: str, kinds: list[str] | None = None, first: int | None = None) -> Json:
    return (await place.viewer.ask(SEARCH, p=place.name, q=query, k=kinds, n=first))["search"]


async def found(place: Place, query: str, kinds: list[str] | None = None) -> list[tuple[str, str]]:
    return [(hit["kind"], hit["name"]) for hit in await hits(place, query, kinds)]


async def test_an_exact_name_comes_first_then_names_that_begin_so_then_what_holds_the_words(place: Place) -> None:
    await a_described_registry(place.project)

    view, source = ("FEATURE_VIEW", "flight_delays"), ("DATA_SOURCE", "flights")
    feature, drafted = ("FEATURE", "flight_delays:mean_delay"), ("FEATURE", "flight_delays:longest")
    assert await found(place, "flights") == [source, view, drafted, feature]
    assert (await found(place, "delay"))[0] == ("FEATURE_SERVICE", "delay_model")
    assert await found(place, "mean_delay") == [feature, view, ("FEATURE_SERVICE", "delay_model"), drafted]
    assert await found(place, "mean_delay", ["FEATURE"]) == [feature, drafted]


async def test_of_a_word_that_much_holds_the_names_that_hold_it_come_before_the_rest(place: Place) -> None:
    await a_described_registry(place.project)

    best = [(hit["kind"], hit["name"]) for hit in await hits(place, "delay", first=3)]

    assert best == [
        ("FEATURE_SERVICE", "delay_model"),
        ("FEATURE_VIEW", "flight_delays"),
        ("FEATURE", "flight_delays:mean_delay"),
    ]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("flight_delays@2:mean_delay", "flight_delays:mean_delay"),
        ("flight_delays:mean_delay", "flight_delays:mean_delay"),
        ("FLIGHT delays", "flight_delays"),
        ("tail num", "aircraft"),
        ("fleet@example", "aircraft"),
        ("position", "flights"),
        ("EBAUCHE", "flight_delays:longest"),
        ("departures", "flight_delays"),
        ("domain flights", "flight_delays"),
    ],
)
async def test_a_thing_is_found_by_words_of_all_that_is_said_of_it(place: Place, query: str, name: str) -> None:
    await a_described_registry(place.project)

    assert (await found(place, query))[0][1] == name


async def test_a_hit_leads_to_its_object_and_shows_what_matches(place: Place) -> None:
    await a_described_registry(place.project)

    (hit,) = await hits(place, "depart", ["FEATURE_VIEW"])
    feature = (await hits(place, "mean_delay", ["FEATURE"], 1))[0]
    (service,) = await hits(place, "delay_model", ["FEATURE_SERVICE"])

    assert hit["snippet"] == "How late this plane has been lately; a delayed departure counts."
    assert [part["text"] for part in hit["snippetParts"] if part["matches"]] == ["depart"]
    assert hit["node"]["__typename"] == "FeatureView"
    assert (feature["node"]["reference"], service["node"]["reference"]) == (
        "flight_delays@1:mean_delay",
        "delay_model@1",
    )


@pytest.mark.parametrize("query", ["", " ", "!!", ".*", "_", "zzz", "lights", "ircraft", "$where"])
async def test_what_begins_no_word_finds_nothing(place: Place, query: str) -> None:
    await a_described_registry(place.project)

    assert await found(place, query) == []


@pytest.mark.parametrize(
    ("query", "first", "path"),
    [("x" * 201, 20, "query"), (" ".join("abcdefghijklmnopq"), 20, "query"), ("x", 201, "first"), ("x", -1, "first")],
)
async def test_a_search_is_bounded(place: Place, query: str, first: int, path: str) -> None:
    error = await place.viewer.refusal(SEARCH, p=place.name, q=query, n=first)

    assert (error["extensions"]["code"], error["extensions"]["problems"][0]["path"]) == ("INVALID_INPUT", path)


async def test_nothing_of_another_project_is_found(place: Place) -> None:
    await a_described_registry(await place.door.project())

    assert await found(place, "aircraft") == []


def test_a_snippet_is_cut_around_its_first_match() -> None:
    pieces = snippet_of("word " * 100 + "delays " + "word " * 100, ["delay"])

    assert [piece.text for piece in pieces if piece.matches] == ["delay"]
    assert (pieces[0].text, pieces[-1].text[-1]) == ("…", "…")
    assert len("".join(piece.text for piece in pieces)) <= MOST + 2
