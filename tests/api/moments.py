"""Two views with rows, and what is computed of both, to be asked for as of a moment."""

from dataclasses import dataclass
from typing import Any

from beanie import PydanticObjectId

from graphql_api.documents.base import ColumnPart
from graphql_api.documents.feature_views import (
    ExpressionPart,
    FeatureUsePart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    ViewPinPart,
)
from graphql_api.domain.global_ids import global_id
from graphql_api.domain.packing import packed_key
from graphql_api.domain.times import now_micros, rfc3339
from graphql_api.domain.types import ValueType
from tests.api.conftest import Place
from tests.api.offline import commit
from tests.factories import DAY, HOUR, a_copy, a_service, a_version, a_view, an_entity, an_entry

P, N, M, E = "PRESENT", "NULL_VALUE", "MISSING", "EXPIRED"
AT = """query($p: String!, $at: DateTime!, $e: JSON!, $s: String, $f: [String!], $d: JSON) {
  featuresAt(at: $at, entities: $e, featureService: $s, features: $f, requestData: $d, project: $p) {
    features rows statuses views viewOfFeature eventTimestamps materializationIds
  }
}"""
TIMELINE = """query($p: String!, $f: String!, $e: JSON!, $start: DateTime!, $end: DateTime!) {
  featureTimeline(feature: $f, entity: $e, start: $start, end: $end, project: $p) {
    feature { reference }
    points { eventTimestamp createdTimestamp availableAt value materialization { id } }
  }
}"""
PARITY = """query($p: String!, $n: Int! = 100) { parity(featureService: "model", sample: $n, project: $p) {
  checked equal differences { feature entity online offline reason }
} }"""
LARGE = 2**53 + 1
BASE = now_micros() // HOUR * HOUR - 6 * HOUR
"""Rows of then are available now, and not expired."""


@dataclass
class Model:
    """A view of planes with a delay of an hour and a ttl of two days, one of airports, and what is computed of both."""

    place: Place
    delays: FeatureViewVersionDocument
    weather: FeatureViewVersionDocument
    runs: list[PydanticObjectId]

    async def at(self, moment: int, **more: Any) -> Any:
        asked = {"s": "model", "d": {"hour": [2] * 3}, **more}
        answer = await self.place.viewer.ask(AT, p=self.place.name, at=rfc3339(moment), **asked)
        return answer["featuresAt"]

    async def parity(self, sample: int = 100) -> Any:
        return (await self.place.editor.ask(PARITY, p=self.place.name, n=sample))["parity"]

    async def hold(self, version: FeatureViewVersionDocument, rows: dict[str, bytes]) -> None:
        """Online, by the one key of the entity."""
        items = [(packed_key(version.data_id, [key]), row) for key, row in rows.items()]
        assert await self.place.door.runtime.online.write(version.data_id, 1, 1, items) == len(items)

    def run(self, at: int) -> str:
        return global_id("Materialization", str(self.runs[at]))


def risk(delays: FeatureViewVersionDocument, weather: FeatureViewVersionDocument) -> OnDemandTransformationPart:
    """Of a delay, the wind and the hour that the caller sends."""
    uses = (FeatureUsePart(view="delays", feature="late"), FeatureUsePart(view="weather", feature="wind"))
    return OnDemandTransformationPart(
        views=(pin(delays), pin(weather)),
        request=(ColumnPart(name="hour", value_type=ValueType.FLOAT64),),
        expressions=(
            ExpressionPart(
                feature="risk",
                expression="late * wind + hour",
                rendered="((delays.late * weather.wind) + _request.hour)",
                uses=uses,
                request=("hour",),
                uses_moment=False,
            ),
        ),
        outputs=(),
        fingerprint="",
    )


def pin(version: FeatureViewVersionDocument) -> ViewPinPart:
    return ViewPinPart(
        written=version.view_name,
        version_id=version.id,
        view_id=version.view_id,
        name=version.view_name,
        reference=version.reference,
        keys=version.keys,
        features=tuple(ColumnPart(name=one.name, value_type=one.value_type) for one in version.features),
        is_static=False,
        has_created=False,
        data_fingerprint=version.data_fingerprint,
    )


async def a_model(place: Place) -> Model:
    """Written directly, as apply and two runs would leave it."""
    door, project = place.door, place.project
    plane = an_entity(project, "plane", {"tailnum": ValueType.STRING})
    airport = an_entity(project, "airport", {"airport": ValueType.STRING})
    views = {
        "delays": a_view(project, "delays", entities=[plane]),
        "weather": a_view(project, "weather", entities=[airport]),
        "risks": a_view(project, "risks", entities=[plane, airport]),
    }
    features = {"late": ValueType.INT64, "mean": ValueType.FLOAT64}
    delays = a_version(views["delays"], entities=[plane], features=features, ttl=2 * DAY)
    delays.delay = HOUR
    weather = a_version(views["weather"], entities=[airport], features={"wind": ValueType.FLOAT64})
    risks = a_version(views["risks"], entities=[plane, airport], features={"risk": ValueType.FLOAT64}, data_id=0)
    risks.transformation = risk(delays, weather)
    entries = [
        an_entry(delays),
        an_entry(weather, alias="dest", keys={"airport": "dest"}),
        an_entry(risks, keys={"airport": "dest"}),
    ]
    copies = [a_copy(delays), a_copy(weather)]
    for document in (
        plane,
        airport,
        *views.values(),
        delays,
        weather,
        risks,
        *copies,
        a_service(project, entries, "model"),
    ):
        await document.insert()
    runs = [
        await commit(
            door,
            delays,
            [(("N1",), BASE, BASE, (LARGE, 1.5)), (("N2",), BASE, BASE, (None, 2.0))],
            window=(BASE - DAY, BASE + DAY),
        ),
        await commit(door, weather, [(("JFK",), BASE - HOUR, BASE - HOUR, (3.0,))], window=(BASE - DAY, BASE + DAY)),
    ]
    return Model(place, delays, weather, runs)
