"""`jfs validate`: definitions checked by themselves, without a server."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from graphql_api.definitions.offline import Checked, check_offline
from graphql_api.doors.cli.files import Written, read
from graphql_api.doors.cli.plans import Paths
from graphql_api.doors.cli.screen import PROBLEMS, carry_out, complain, print_json, screen
from graphql_api.errors import Problem
from graphql_api.sandbox.pool import SandboxPool
from graphql_api.services.asking import Texts

LONGEST_SECONDS = 300.0


def validate(
    paths: Paths,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="There is nothing but these files: what they refer to and do not hold is missing."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was found, as JSON.")] = False,
) -> None:
    """Check files by themselves: no server is asked, no data is read.

    Keys, values, references between the files, SQL and expressions, and types as far as they are declared. What only
    the registry or the sources' files can tell is listed as not checked; `jfs plan` checks that too.

    Ends with 0 where nothing is wrong, and with 1 where there are problems.
    """

    async def work() -> None:
        written = read(paths)
        with tempfile.TemporaryDirectory(prefix="jfs-validate-") as folder:
            async with (
                SandboxPool(Path(folder), seconds=LONGEST_SECONDS, spares=0, most=1) as pool,
                Texts(pool) as texts,
            ):
                checked = await check_offline(written.definitions, texts, is_whole=whole)
        problems = written.all_problems(checked.problems)
        (_print if as_json else _show)(written, checked, problems)
        if problems:
            raise typer.Exit(PROBLEMS)

    carry_out(work(), as_json=as_json)


def _print(written: Written, checked: Checked, problems: Sequence[Problem]) -> None:
    unchecked = map(written.placed, checked.unchecked)
    print_json(
        {
            "problems": [_as_json(problem) for problem in problems],
            "warnings": list(checked.warnings),
            "unchecked": [_as_json(note) for note in unchecked],
        }
    )


def _as_json(problem: Problem) -> dict[str, str | None]:
    return {"path": problem.path, "message": problem.message, "hint": problem.hint}


def _show(written: Written, checked: Checked, problems: Sequence[Problem]) -> None:
    if problems:
        complain(
            f"{_counted(len(problems), 'problem')} in {_counted(len(written.definitions), 'definition')}.", problems
        )
    for warning in checked.warnings:
        _say(f"! {warning}", "yellow")
    if checked.unchecked:
        _say("Not checked here; `jfs plan` asks the server:", "dim")
    for note in map(written.placed, checked.unchecked):
        _say(f"  {note.path}  {note.message}{f' {note.hint}' if note.hint else ''}", "dim")
    if not problems:
        _say(f"{_counted(len(written.definitions), 'definition')}, no problem.", "bold green")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _say(text: str, style: str) -> None:
    screen.print(Text(text, style=style), soft_wrap=True)
