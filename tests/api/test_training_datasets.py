"""Training data sets, from a spine to files that anyone can check: through the API, built by a real worker."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from graphql_api.documents.audit import AuditEntryDocument
from graphql_api.domain.enums import Role
from tests.api.client import Json
from tests.api.conftest import Place
from tests.api.hangar import DELETE, Hangar, keys, moment, opened
from tests.api.test_whole_path import APPLY
from tests.api.uploading import offered, told, uploaded
from tests.factories import HOUR

ROWS: list[tuple[str | None, float]] = [
    ("N1", 1),
    ("N1", 2 + 29 / 60),
    ("N1", 2.5),
    ("N1", 5 - 1 / 60),
    ("N1", 5),
    ("N1", 8),
    ("N1", 8 + 1 / 60),
    ("N2", 3),
    ("N3", 3),
    (None, 3),
    ("N1", -1),
    ("N1", 2.5),
]
SEEN = [10, 10, 20, 20, 21, 21, None, None, None, None, None, 20]
"""What could have been known of each."""
SCALED = [None if seen is None else 2 * seen for seen in SEEN]


@pytest.fixture
async def hangar(place: Place) -> AsyncGenerator[Hangar]:
    async with opened(place) as hangar:
        yield hangar


async def test_a_spine_is_joined_to_what_could_have_been_known_and_the_same_inputs_give_the_same_bytes(
    hangar: Hangar,
) -> None:
    upload = await hangar.spine(ROWS)
    made = await hangar.create(**hangar.asked("delays", upload))
    events = await hangar.followed(made["id"])
    first = await hangar.read("delays")

    assert (made["name"], made["version"], made["state"]) == ("delays", 1, "QUEUED")
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["state"], events[-1]["state"], events[-1]["phase"]) == ("QUEUED", "SUCCEEDED", "DONE")
    assert [event["rowsWritten"] for event in events] == [0] * (len(events) - 1) + [12]
    assert (first["state"], first["rows"], first["failure"], first["attempts"]) == ("SUCCEEDED", 12, None, 1)
    progress = first["progress"]
    assert (progress["fraction"], progress["rowsRead"], progress["rowsTotal"]) == (1, 12, 12)
    assert progress["bytesWritten"] == sum(file["bytes"] for file in first["files"])

    assert [(column["name"], column["valueType"]) for column in first["columns"]] == [
        ("tail", "STRING"),
        ("taken_at", "TIMESTAMP"),
        ("weight", "INT64"),
        ("label", None),
        ("seen", "INT64"),
        ("scaled_seen", "INT64"),
    ]
    rows = await hangar.rows(first, "tail, epoch_us(taken_at), weight, label, seen, scaled_seen")
    assert rows == [
        (tail, hangar.at(hours), 2, label, seen, scaled)
        for label, ((tail, hours), seen, scaled) in enumerate(zip(ROWS, SEEN, SCALED, strict=True), start=1)
    ]
    assert first["preview"]["rows"][1][4:] == [10, 20]
    assert first["features"] == [
        {
            "name": name,
            "feature": {"reference": f"{view}@1:{name}"},
            "keys": [{"joinKey": "tail", "requestColumn": "tail"}],
        }
        for view, name in (("counts", "seen"), ("scaled", "scaled_seen"))
    ]
    assert first["featureService"] == {"reference": "model@1"}

    second = await hangar.built(**hangar.asked("delays", await hangar.spine(ROWS)))
    other = await hangar.built(**hangar.asked("delays", await hangar.spine(ROWS[1:])))
    assert (second["version"], other["version"]) == (2, 3)
    assert second["fingerprint"] == first["fingerprint"] != other["fingerprint"]
    assert [file["sha256"] for file in second["files"]] == [file["sha256"] for file in first["files"]]
    manifests = [(await hangar.editor.http.get(one["manifestUrl"])).json() for one in (first, second)]
    assert [manifest.pop("version") for manifest in manifests] == [1, 2]
    assert manifests[0] == manifests[1]
    assert manifests[0]["fingerprint"] == first["fingerprint"]
    assert manifests[0]["views"] == [{"version": "counts@1", "commit": 1}]
    assert manifests[0]["rows"] == 12
    assert manifests[0]["files"] == [
        {name: file[name] for name in ("name", "split", "rows", "bytes", "sha256")} for file in first["files"]
    ]


async def test_warnings_tell_what_is_to_be_known_before_training(hangar: Hangar) -> None:
    dataset = await hangar.built(**hangar.asked("warned", await hangar.spine(ROWS, ", 7 AS seen")))

    assert [column["name"] for column in dataset["columns"]][4:] == ["spine_seen", "seen", "scaled_seen"]
    missing = "counts@1 is MISSING for 3 of 12 rows (25.0%), more than 10%."
    assert dataset["warnings"] == [
        "The spine's column 'seen' is named like a feature: in the files it is 'spine_seen'.",
        missing,
    ]


async def test_of_two_views_of_one_version_each_is_told_by_its_entry(hangar: Hangar) -> None:
    other = {"view": "counts", "as": "other", "keys": {"tail": "dest"}}
    service = {"kind": "FEATURE_SERVICE", "spec": {"name": "both", "features": ["counts", other]}}
    applied = (await hangar.editor.ask(APPLY, d=[service], p=hangar.name))["apply"]
    assert applied["__typename"] == "ApplyPayload", applied
    asked = hangar.asked("both", await hangar.spine(ROWS, ", 'N9' AS dest"))

    dataset = await hangar.built(**{**asked, "featureService": "both"})

    assert dataset["warnings"] == [
        "counts@1 is MISSING for 3 of 12 rows (25.0%), more than 10%.",
        "other (counts@1) is MISSING for 12 of 12 rows (100.0%), more than 10%.",
    ]
    manifest = (await hangar.editor.http.get(dataset["manifestUrl"])).json()
    assert manifest["entries"] == [
        {"name": "counts@1", "version": "counts@1", "keys": {"tail": "tail"}},
        {"name": "other", "version": "counts@1", "keys": {"tail": "dest"}},
    ]
    assert manifest["features"] == [
        {"column": "seen", "feature": "counts@1:seen", "entry": "counts@1"},
        {"column": "other_seen", "feature": "counts@1:seen", "entry": "other"},
    ]


async def test_splits_by_row_entity_and_time_by_references_and_what_was_known_before(hangar: Hangar) -> None:
    many = [(f"N{number % 7}", number / 10) for number in range(70)]
    upload = await hangar.spine([*many, (None, 1), (None, 2)])
    halves = [{"name": "train", "fraction": 0.75}, {"name": "test", "fraction": 0.25}]

    by_row = await hangar.built(**hangar.asked("rows", upload, splits=halves, seed=1))
    reseeded = await hangar.built(**hangar.asked("rows", upload, splits=halves, seed=2))
    by_entity = await hangar.built(**hangar.asked("entities", upload, splits=halves, splitBy="ENTITY"))
    ranges = [
        {"name": "train", "end": moment(hangar.at(2))},
        {"name": "test", "start": moment(hangar.at(3)), "end": moment(hangar.at(4))},
    ]
    by_time = await hangar.built(**hangar.asked("times", upload, splits=ranges, splitBy="TIME"))

    assert [(file["name"], file["split"], file["rows"]) for file in by_row["files"]] == [
        ("train-00000.parquet", "train", 54),
        ("test-00000.parquet", "test", 18),
    ]
    assert by_row["fingerprint"] != reseeded["fingerprint"]
    train, test = ({**by_entity, "files": [file]} for file in by_entity["files"])
    planes = [{row[0] for row in await hangar.rows(part, "tail")} for part in (train, test)]
    assert planes[0] & planes[1] == set()
    assert len(planes[0] | planes[1]) == 8
    assert [file["rows"] for file in by_time["files"]] == [21, 10]
    assert by_time["rows"] == 31
    assert by_time["warnings"][-1] == "41 of 72 rows (56.9%) lie outside of all splits and are left out."

    known = await hangar.built(
        **hangar.asked("known", await hangar.spine(ROWS), features=["counts:seen"], knownBefore=moment(hangar.at(4)))
    )
    assert (known["featureService"], known["knownBefore"]) == (None, moment(hangar.at(4)))
    assert [row[0] for row in await hangar.rows(known, '"counts:seen"')] == [
        20 if seen == 21 else seen for seen in SEEN
    ]


async def test_a_csv_and_a_data_source_are_spines_too(hangar: Hangar) -> None:
    lines = [f"{tail or ''},{moment(hangar.at(hours))},2,{hours}" for tail, hours in ROWS]
    content = "\n".join(["tail,taken_at,weight,label", *lines, ""]).encode()
    upload = (await uploaded(hangar.editor, hangar.name, content, "spine.csv", type="text/csv"))["id"]

    of_csv = await hangar.built(**hangar.asked("csv", upload))
    spine = {"dataSource": "sightings", "eventTimestampColumn": "known_at"}
    of_source = await hangar.built(project=hangar.name, name="source", features=["counts:seen"], spine=spine)

    assert [row[0] for row in await hangar.rows(of_csv, "seen")] == SEEN
    rows = await hangar.rows(of_source, '''tail, epoch_us(known_at), seen, "counts:seen"''')
    assert rows == [
        ("N1", hangar.at(0), 10, None),
        ("N1", hangar.at(2), 20, 10),
        ("N1", hangar.at(5), 21, 21),
        ("N2", hangar.at(1), None, None),
    ]


async def test_what_is_wrong_is_told_at_once_with_its_place_and_a_remedy(hangar: Hangar) -> None:
    upload = await hangar.spine(ROWS)

    async def problems(**asked: Json) -> list[tuple[str, str, str | None]]:
        answer = await hangar.refused(**asked)
        assert answer["code"] == "INVALID_INPUT", answer
        return [(one["path"], one["message"], one["hint"]) for one in answer["problems"]]

    halves = [{"name": "a", "fraction": 0.5}, {"name": "a", "fraction": 0.6}, {"name": "B", "start": moment(0)}]
    assert await problems(
        project=hangar.name, name="Not a name", spine={"eventTimestampColumn": ""}, splits=halves
    ) == [
        (
            "input.name",
            "'Not a name' is not a name",
            "small letters, digits and _, beginning with a letter, at most 63",
        ),
        (
            "input.featureService",
            "name a featureService or a list of features, one of the two",
            "leave the other one out",
        ),
        (
            "input.spine",
            "name an upload or a dataSource, one of the two",
            "upload: the id of createUpload; dataSource: a name",
        ),
        ("input.spine.eventTimestampColumn", "name the spine's column with the moment of each row", None),
        ("input.splits[1].name", "the split 'a' comes twice", None),
        (
            "input.splits[2].name",
            "'B' is not a name",
            "small letters, digits and _, beginning with a letter, at most 63",
        ),
        (
            "input.splits[2]",
            "the split 'B' has a range, which splits by TIME have",
            "leave start and end out, or write splitBy: TIME",
        ),
        ("input.splits[2].fraction", "the split 'B' needs a fraction above 0, at most 1", "such as 0.8"),
    ]  # fmt: skip
    assert await problems(**hangar.asked("x", upload, splits=halves[:1])) == [
        ("input.splits", "the fractions sum to 0.5, not to 1", "add a split for what is left")
    ]
    ranges = [{"name": "a", "end": moment(HOUR)}, {"name": "b", "start": moment(HOUR - 1)}, {"name": "c"}]
    assert await problems(**hangar.asked("x", upload, splits=ranges, splitBy="TIME")) == [
        ("input.splits[2]", "the split 'c' needs a start, an end, or both", "of event timestamps: [start, end)")
    ]
    assert await problems(**hangar.asked("x", upload, splits=ranges[:2], splitBy="TIME")) == [
        ("input.splits[1]", "the splits 'a' and 'b' overlap", "a row may lie in one of them alone")
    ]
    nowhere = {"dataSource": "sighting", "eventTimestampColumn": "at"}
    assert await problems(project=hangar.name, name="x", featureService="model", spine=nowhere) == [
        ("input.spine.dataSource", "There is no data source 'sighting' in this project.", "Did you mean 'sightings'?")
    ]
    elsewhere = await hangar.place.door.project()
    stranger = await hangar.place.door.client(**{elsewhere.name: Role.EDITOR})
    foreign = await uploaded(stranger, elsewhere.name, b"PAR1")
    waiting = await offered(hangar.editor, hangar.name)
    for id in ("nonsense", foreign["id"], hangar.name):
        assert [path for path, _, _ in await problems(**hangar.asked("x", id))] == ["input.spine.upload"]
    assert (await problems(**hangar.asked("x", waiting["id"])))[0][1].startswith("Nothing has been sent")

    wrong = await hangar.spine([("N1", 1)])
    spine = {"upload": wrong, "eventTimestampColumn": "taken_att"}
    assert await problems(project=hangar.name, name="x", featureService="model", spine=spine) == [
        (
            "input.spine.eventTimestampColumn",
            "There is no column 'taken_att', the event timestamp.",
            "Did you mean 'taken_at'?",
        )
    ]
    junk = (await uploaded(hangar.editor, hangar.name, b"no Parquet at all"))["id"]
    assert await problems(**hangar.asked("x", junk)) == [
        (
            "input.spine.upload",
            "The spine cannot be read as a Parquet file.",
            "Send a Parquet file, or a CSV as text/csv.",
        )
    ]
    assert (await hangar.refused(**hangar.asked("x", upload, featureService="modell")))["code"] == "NOT_FOUND"
    assert (await problems(**hangar.asked("x", upload, features=["counts:sen"])))[0][0] == "input.features[0]"
    assert await hangar.read("x") is None


async def test_a_key_gives_the_same_data_set_and_numbers_are_never_used_twice(hangar: Hangar) -> None:
    upload = await hangar.spine(ROWS)
    asked = hangar.asked("keyed", upload, idempotencyKey="k")

    at_once = await asyncio.gather(*(hangar.create(**asked) for _ in range(5)))
    other = await hangar.refused(**{**asked, "seed": 1})
    await hangar.followed(at_once[0]["id"])
    deleted = (await hangar.editor.ask(DELETE, p=hangar.name, name="keyed", version=1))["deleteTrainingDataset"]
    next_one = await hangar.built(**asked)

    assert {one["id"] for one in at_once} == {at_once[0]["id"]}
    assert other["code"] == "CONFLICT"
    assert deleted == {"__typename": "DeleteTrainingDatasetPayload", "name": "keyed", "version": 1}
    assert (next_one["version"], next_one["state"]) == (2, "SUCCEEDED")


async def test_a_data_set_is_listed_read_by_its_id_and_deleted_with_its_files(hangar: Hangar) -> None:
    door, http = hangar.place.door, hangar.editor.http
    dataset = await hangar.built(**hangar.asked("delays", await hangar.spine(ROWS)))
    await hangar.built(**hangar.asked("delays", await hangar.spine(ROWS)))
    listing = "query($p: String!, $after: String) { trainingDatasets(project: $p, first: 1, after: $after) {" \
        " edges { cursor node { name version } } totalCount pageInfo { hasNextPage } } }"  # fmt: skip
    by_id = "query($id: ID!) { node(id: $id) { ... on TrainingDataset { name version } ... on Run { state } } }"

    page = (await hangar.place.viewer.ask(listing, p=hangar.name))["trainingDatasets"]
    rest = await hangar.place.viewer.ask(listing, p=hangar.name, after=page["edges"][0]["cursor"])
    node = (await hangar.place.viewer.ask(by_id, id=dataset["id"]))["node"]
    assert [page["edges"][0]["node"], rest["trainingDatasets"]["edges"][0]["node"]] == [
        {"name": "delays", "version": 2},
        {"name": "delays", "version": 1},
    ]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    assert node == {"name": "delays", "version": 1, "state": "SUCCEEDED"}

    (file,) = dataset["files"]
    url = file["downloadUrl"]
    head = await http.head(url)
    assert (head.headers["content-length"], head.headers["etag"]) == (str(file["bytes"]), f'"{file["sha256"]}"')
    assert head.headers["content-disposition"] == 'attachment; filename="delays@1-data-00000.parquet"'
    assert told(await http.get(url.replace("data-00000", "data-00001"))) == (403, "FORBIDDEN")
    assert told(await http.get(url.partition("?")[0])) == (403, "FORBIDDEN")
    assert (await http.put(url)).status_code == 405
    assert len(await keys(door, dataset["id"])) == 2

    for wrong in (("delays", 3), ("nothing", 1)):
        answer = await hangar.editor.ask(DELETE, p=hangar.name, name=wrong[0], version=wrong[1])
        assert answer["deleteTrainingDataset"]["code"] == "NOT_FOUND"
    await hangar.editor.ask(DELETE, p=hangar.name, name="delays", version=1)
    assert await keys(door, dataset["id"]) == []
    assert told(await http.get(url)) == (404, "NOT_FOUND")
    assert await hangar.read("delays", 1) is None
    assert (await hangar.read("delays"))["version"] == 2
    told_of = await AuditEntryDocument.find({"project_id": hangar.place.project.id}).sort("at").to_list()
    assert [(entry.operation, entry.subjects[0]) for entry in told_of if "TrainingDataset" in entry.operation] == [
        ("createTrainingDataset", "delays@1"),
        ("createTrainingDataset", "delays@2"),
        ("deleteTrainingDataset", "delays@1"),
    ]


async def test_a_data_set_is_deleted_also_where_the_object_store_refuses(hangar: Hangar) -> None:
    """Its bucket is gone. What may be left there is a stray, which goes later."""
    await hangar.built(**hangar.asked("delays", await hangar.spine(ROWS)))
    objects = hangar.place.door.runtime.objects
    client = objects._client  # pyright: ignore[reportPrivateUsage]
    for found in await objects.page(""):
        await objects.delete(found.key)
    await client.delete_bucket(Bucket=objects.bucket)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    answer = (await hangar.editor.ask(DELETE, p=hangar.name, name="delays", version=1))["deleteTrainingDataset"]
    await objects.ensure_bucket()

    assert answer == {"__typename": "DeleteTrainingDatasetPayload", "name": "delays", "version": 1}
    assert await hangar.read("delays", 1) is None


async def test_what_a_data_set_uses_is_not_deleted_and_it_is_named(hangar: Hangar) -> None:
    delete = """mutation($kind: DefinitionKind!, $name: String!, $p: String!) {
      delete(kind: $kind, name: $name, project: $p) { ... on BlockedByDependents { dependents message } } }"""
    admin = await hangar.place.door.client(**{hangar.name: Role.ADMIN})
    spine = {"dataSource": "sightings", "eventTimestampColumn": "known_at"}
    await hangar.built(**hangar.asked("of_service", await hangar.spine(ROWS)))
    await hangar.built(project=hangar.name, name="of_source", features=["counts"], spine=spine)

    async def dependents(kind: str, name: str) -> list[str] | None:
        answer = (await admin.ask(delete, kind=kind, name=name, p=hangar.name))["delete"]
        return answer.get("dependents")

    uses = ["training data set of_service@1", "training data set of_source@1"]
    assert await dependents("FEATURE_SERVICE", "model") == uses[:1]
    assert await dependents("FEATURE_VIEW", "counts") == ["scaled@1", "model@1", *uses]
    assert await dependents("DATA_SOURCE", "sightings") == ["counts@1", "scaled@1", "model@1", *uses]
    for name in ("of_service", "of_source"):
        await hangar.editor.ask(DELETE, p=hangar.name, name=name, version=1)
    assert await dependents("FEATURE_SERVICE", "model") is None
    assert await dependents("FEATURE_VIEW", "scaled") is None
    assert await dependents("FEATURE_VIEW", "counts") is None


async def test_a_build_is_cancelled_and_leaves_nothing_and_one_that_goes_on_is_not_deleted(hangar: Hangar) -> None:
    cancel = "mutation($id: ID!) { cancelRun(id: $id) { __typename ... on RunPayload { run { state } } } }"
    for process in hangar.workers.started:
        process.terminate()
        await process.wait()
    upload = await hangar.spine(ROWS)
    waiting, going = [await hangar.create(**hangar.asked("delays", upload)) for _ in range(2)]

    refused = (await hangar.editor.ask(DELETE, p=hangar.name, name="delays", version=2))["deleteTrainingDataset"]
    cancelled = (await hangar.editor.ask(cancel, id=waiting["id"]))["cancelRun"]
    by_viewer = await hangar.place.viewer.code(cancel, id=going["id"])
    by_stranger = (await hangar.place.stranger.ask(cancel, id=going["id"]))["cancelRun"]
    await hangar.workers.start()
    events = await hangar.followed(going["id"])
    again = (await hangar.editor.ask(cancel, id=going["id"]))["cancelRun"]

    assert (refused["code"], "cancelRun" in refused["message"]) == ("CONFLICT", True)
    assert cancelled == {"__typename": "RunPayload", "run": {"state": "CANCELLED"}}
    assert (by_viewer, by_stranger) == ("FORBIDDEN", {"__typename": "NotFound"})
    assert events[-1]["state"] == "SUCCEEDED"
    assert again == {"__typename": "Conflict"}
    ended = await hangar.read("delays", 1)
    assert (ended["state"], ended["files"], ended["rows"], ended["manifestUrl"]) == ("CANCELLED", [], None, None)
    assert await keys(hangar.place.door, waiting["id"]) == []
