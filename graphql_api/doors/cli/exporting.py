"""`jfs export`: the registry as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from graphql_api.definitions.json_schema.whole import ADDRESS
from graphql_api.definitions.writing import FOLDERS
from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.files import ENDINGS
from graphql_api.doors.cli.screen import Project, Token, Url, screen, talk

PAGE = 100
ATTEMPTS = 5

FILES = """
query Files($project: String!, $label: String, $schema: String, $unpinned: Boolean!, $first: Int!, $after: String) {
  definitionFiles(
    project: $project, label: $label, schema: $schema, unpinned: $unpinned, first: $first, after: $after
  ) { edges { node { path text revision } } pageInfo { hasNextPage endCursor } }
}
"""


def export(
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder, in which each object has a file: feature_views/aircraft_delays.yaml. What is in its place "
            "is written over. Without it everything is printed."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Only what was last applied under this label.", envvar="JFS_LABEL")
    ] = None,
    unpinned: Annotated[
        bool,
        typer.Option(
            "--unpinned", help="References without the numbers of versions, for a project in which these begin anew."
        ),
    ] = False,
    schema: Annotated[
        str | None,
        typer.Option(
            help="Where editors find the JSON Schema, for the first line of each file; by default at the API. Empty "
            "for no such line."
        ),
    ] = None,
    project: Project = "default",
    url: Url = None,
    token: Token = None,
) -> None:
    """Write the registry as the YAML that git would hold: applied again it changes nothing."""

    async def work(api: Api) -> None:
        line = f"{api.url}{ADDRESS}" if schema is None else schema or None
        asked = {"project": project, "label": label, "unpinned": unpinned, "schema": line}
        files = await _files(api, asked)
        if out is None:
            print("---\n".join(file["text"] for file in files), end="")
        else:
            outcome = _write(files, out)
            same = len(files) - outcome.new - outcome.changed
            _say(f"{out}: {len(files)} files; {outcome.new} new, {outcome.changed} changed, {same} as they were.")
            for place in _others(files, out) if label is None else ():
                _say(f"{place} is not in the registry: remove it, or apply it.", "yellow")

    talk(url, token, work)


async def _files(api: Api, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """All of one revision; read again where the registry changed between two pages."""
    for _ in range(ATTEMPTS):
        files: list[dict[str, Any]] = []
        after, more = None, True
        while more:
            page = (await api.ask(FILES, **asked, first=PAGE, after=after))["definitionFiles"]
            files += [edge["node"] for edge in page["edges"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if len({file["revision"] for file in files}) <= 1:
            return files
    raise Refused(f"The registry changed while it was read, {ATTEMPTS} times over: nothing was written. Try again.")


@dataclass(frozen=True, slots=True)
class Outcome:
    new: int
    changed: int


def _write(files: Sequence[dict[str, Any]], out: Path) -> Outcome:
    """Raises Refused where a file cannot be written, having written those before it."""
    new = changed = 0
    for file in files:
        place, text = out / file["path"], file["text"]
        try:
            if not place.exists():
                new += 1
            elif place.read_bytes() == text.encode():
                continue
            else:
                changed += 1
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        except OSError as fault:
            raise Refused(f"{place} cannot be written: {fault.strerror or fault}.") from None
    return Outcome(new, changed)


def _others(files: Sequence[dict[str, Any]], out: Path) -> list[Path]:
    """Files in the places of an export that are none of it, as where something was deleted since the last one."""
    written = {out / file["path"] for file in files}
    folders = [out / folder for folder in FOLDERS.values() if (out / folder).is_dir()]
    found = (place for folder in folders for place in sorted(folder.iterdir()) if place.suffix in ENDINGS)
    return [place for place in found if place not in written]


def _say(text: str, style: str = "") -> None:
    screen.print(Text(text, style=style), soft_wrap=True)
