"""Questions for the demo: 200 planes, and with them what lies at the edges."""

# pyright: basic

from datetime import date

from tests.examples.oracle import departures

KEYS = ["tailnum", "origin", "dest", "carrier"]

EDGES = [
    {"tailnum": "D942DN", "origin": "LGA", "dest": "MSP", "carrier": "DL"},  # no American registration: kept out
    {"tailnum": "N0EGMQ", "origin": "LGA", "dest": "ORD", "carrier": "MQ"},
    {"tailnum": "NOWHERE", "origin": "XXX", "dest": "YYY", "carrier": "ZZ"},
    {"tailnum": "N14228", "origin": "JFK", "dest": "LGA", "carrier": "UA"},  # weather known at both ends
]


def flights_to_ask(end: date, planes: int = 200) -> list[dict[str, str]]:
    """The last flights of planes chosen by chance, always the same."""
    flown = departures(end).sort_values("departed").drop_duplicates("tailnum", keep="last")
    chosen = flown.sample(planes, random_state=20131231)
    asked = [{str(name): str(value) for name, value in row.items()} for row in chosen[KEYS].to_dict("records")]
    return [*asked, *EDGES]
