"""What is wrong in one place hides nothing that is wrong in another."""

from graphql_api.errors import Problem
from tests.definitions.world import World

GROUND = """
kind: Entity
name: aircraft
joinKeys: [{name: tailnum, type: STRING}]
---
kind: DataSource
name: flights
files: s3://demo/flights/*.parquet
eventTimestamp: departed_at
"""
WRONG_IN_MANY_PLACES = """
---
kind: FeatureView
name: Bad-Name
tll: 1d
entities: [aircrft]
transformation:
  sources: [flights, flihgts]
  sql: SELECT tailnum, departed_at AS event_timestamp, dep_delay AS d FROM flights
features: [{name: d, type: FLOAT32}, {name: d, type: FLOAT64}]
validations:
  - {name: one, feature: nosuch, check: IN_RANGE, parameters: {mn: 1}, severity: WARN}
---
kind: FeatureService
name: 9lives
features: [nosuch]
"""


async def test_a_bad_name_hides_no_other_problem() -> None:
    found = await World().problems(GROUND + WRONG_IN_MANY_PLACES)

    assert sorted((problem.path, problem.message) for problem in found) == [
        ("definitions[2].entities[0]", "There is no entity 'aircrft'."),
        ("definitions[2].features[0].type", "'FLOAT32' is none of the words for type."),
        ("definitions[2].features[1].name", "The feature 'd' comes twice."),
        ("definitions[2].name", "'Bad-Name' is not a name."),
        ("definitions[2].tll", "There is no key 'tll' here."),
        ("definitions[2].transformation.sources[1]", "There is no data source and no view 'flihgts'."),
        ("definitions[2].validations[0].feature", "The view has no feature 'nosuch'."),
        ("definitions[2].validations[0].parameters.mn", "There is no key 'mn' here."),
        ("definitions[3].features[0]", "There is no feature view 'nosuch'."),
        ("definitions[3].name", "'9lives' is not a name."),
    ]


VIEW = """
---
kind: FeatureView
name: lateness
entities: [aircraft]
transformation:
  sources: [flights]
  sql: SELECT tailnum, departed_at AS event_timestamp, dep_delay FROM flights
features: [{name: dep_delay, type: FLOAT64}]
"""


async def test_bounds_of_no_time_at_all_are_refused() -> None:
    assert await World().problems(GROUND + VIEW + "ttl: 0s\nfreshness: 0d\n") == [
        Problem(
            "definitions[2].ttl",
            "It must be longer than 0s: no value would ever be served.",
            "Leave it out for no bound.",
        ),
        Problem(
            "definitions[2].freshness",
            "It must be longer than 0d: no data would ever be fresh.",
            "Leave it out for no bound.",
        ),
    ]


STAR = """
---
kind: DataSource
name: planes
files: s3://demo/planes/*.parquet
---
kind: FeatureView
name: profile
entities: [aircraft]
transformation: {sources: [planes], sql: SELECT * FROM planes}
features: [{name: year, type: INT64}, {name: manufacturer, type: STRING}, {name: seats, type: INT64}]
"""


async def test_a_star_gives_what_the_source_has_learnt_since() -> None:
    world = World()
    await world.apply(GROUND + STAR)
    world.answers.files["s3://demo/planes/*.parquet"]["engines"] = "BIGINT"
    unchanged = await world.apply(STAR)

    changed = await world.apply(STAR.replace("[{name: year", "[{name: engines, type: INT64}, {name: year"))

    assert [change.creates_version for change in unchanged.plan.changes] == [None]
    assert [change.creates_version for change in changed.plan.changes] == ["profile@2"]
    assert "engines" in [column.name for column in world.version("profile@2").transformation.outputs]


async def test_the_run_of_a_draft_is_cancelled_whichever_draft_it_was_asked_for() -> None:
    world = World()
    await world.apply(GROUND + VIEW)
    run = world.run("lateness@1")
    shared = await world.apply(VIEW + "ttl: 1d\n")

    other = await world.apply(VIEW.replace("departed_at AS", "departed_at + INTERVAL 1 HOUR AS") + "ttl: 1d\n")

    assert (shared.cancelled, other.cancelled) == ((), (run.run_id,))
