"""`jfs online`: the newest values of entities, as a table."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.screen import Project, Token, Url, screen, talk

REQUEST_COLUMNS = """
query RequestColumns($service: String!, $project: String!) {
  featureService(name: $service, project: $project) { requestColumns { name valueType entity { name } } }
}
"""
ONLINE = """
query Online($service: String!, $entities: JSON!, $requestData: JSON, $project: String!) {
  onlineFeatures(featureService: $service, entities: $entities, requestData: $requestData, project: $project) {
    features rows statuses views viewOfFeature eventTimestamps materializationIds
  }
}
"""


def online(
    service: Annotated[str, typer.Argument(help="A feature service: delay_model, or delay_model@2.")],
    values: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="A key given n times asks for n entities.")],
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
    project: Project = "default",
    url: Url = None,
    token: Token = None,
) -> None:
    """Ask for the newest values: jfs online delay_model tailnum=N14228 tailnum=N24211"""

    async def work(api: Api) -> None:
        found = (await api.ask(REQUEST_COLUMNS, service=service, project=project))["featureService"]
        if found is None:
            raise Refused(f"There is no feature service {service!r} in {project!r}.")
        entities, request_data = sorted_columns(columns_of(values), found["requestColumns"])
        asked = {"service": service, "entities": entities, "requestData": request_data or None, "project": project}
        answer = (await api.ask(ONLINE, **asked))["onlineFeatures"]
        if as_json:
            screen.print_json(json.dumps(answer))
        else:
            screen.print(as_table(entities, answer))

    talk(url, token, work)


def columns_of(values: Sequence[str]) -> dict[str, list[str]]:
    """`tailnum=A tailnum=B origin=JFK` -> columns of equal length; a single value counts for every entity."""
    columns: dict[str, list[str]] = {}
    for text in values:
        key, found, value = text.partition("=")
        if not found or not key:
            raise Refused(f"{text!r} is not KEY=VALUE.")
        columns.setdefault(key, []).append(value)
    longest = max((len(column) for column in columns.values()), default=0)
    for key, column in columns.items():
        if len(column) not in (1, longest):
            raise Refused(f"{key} has {len(column)} values, where another has {longest}.")
    return {key: column * longest if len(column) == 1 else column for key, column in columns.items()}


def sorted_columns(
    columns: dict[str, list[str]], wanted: Sequence[dict[str, Any]]
) -> tuple[dict[str, list[object]], dict[str, list[object]]]:
    """Entities' keys and the request's own values apart, each value as its type wants it."""
    entities, request_data = dict[str, list[object]](), dict[str, list[object]]()
    by_name = {column["name"]: column for column in wanted}
    for name, texts in columns.items():
        column = by_name.get(name)
        if column is None:
            raise Refused(f"There is no column {name!r}; the service asks for {', '.join(by_name)}.")
        place = entities if column["entity"] else request_data
        place[name] = [_typed(name, text, column["valueType"]) for text in texts]
    return entities, request_data


def _typed(name: str, text: str, value_type: str) -> object:
    if value_type in ("STRING", "TIMESTAMP"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{name}={text[:100]} is not {value_type}.") from None


def as_table(entities: dict[str, list[object]], answer: dict[str, Any]) -> Table:
    """One row a feature and one column an entity: names are long, and entities asked by hand are few."""
    rows, statuses = answer["rows"], answer["statuses"]
    titles = (", ".join(str(column[i]) for column in entities.values()) for i in range(len(rows)))
    table = Table("feature", *titles, "from", box=box.SIMPLE_HEAD)
    for index, feature in enumerate(answer["features"]):
        cells = (_cell(row[index], status[index]) for row, status in zip(rows, statuses, strict=True))
        table.add_row(feature, *cells, answer["views"][answer["viewOfFeature"][index]])
    return table


def _cell(value: object, status: str) -> Text:
    if status == "PRESENT":
        return Text(value if isinstance(value, str) else json.dumps(value))
    return Text(status.lower().replace("_", " "), style="dim")
