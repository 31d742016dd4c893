"""Plans of definitions, asked for and carried out."""

from dataclasses import asdict, dataclass
from typing import Any

from graphql_api.definitions.problems import counted
from graphql_api.doors.cli.client import Api, Refused
from graphql_api.doors.cli.files import Written
from graphql_api.doors.cli.screen import refuse_error

_ERRORS = """
  ... on Error { code message }
  ... on InvalidInput { problems { path message hint } }
  ... on BlockedByDependents { dependents }
"""
_PLAN_FIELDS = """
  fingerprint warnings
  behind { dependent reference newest }
  changes { change kind name createsVersion dependents changes { kind path before after breaking } }
"""
_CHOICE = "$project: String!, $prune: Boolean! = false, $label: String, $repin: Boolean! = false"
_CHOSEN = "project: $project, prune: $prune, label: $label, repin: $repin"
PLAN = f"""
query Plan($definitions: [DefinitionInput!]!, {_CHOICE}) {{
  plan(definitions: $definitions, {_CHOSEN}) {{ __typename ... on Plan {{ {_PLAN_FIELDS} }} {_ERRORS} }}
}}
"""
APPLY = f"""
mutation Apply($definitions: [DefinitionInput!]!, {_CHOICE}, $fingerprint: String, $materialize: Boolean! = false) {{
  apply(definitions: $definitions, {_CHOSEN}, fingerprint: $fingerprint, materialize: $materialize) {{
    __typename
    ... on ApplyPayload {{
      plan {{ {_PLAN_FIELDS} }} versions {{ reference }}
      materializations {{ id version {{ reference }} }} unmaterialized {{ reference }}
    }}
    {_ERRORS}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a plan does beside making and changing."""

    prune: bool = False
    label: str | None = None
    repin: bool = False


PLAIN = Choice()


async def planned(api: Api, written: Written, project: str, choice: Choice = PLAIN) -> dict[str, Any]:
    """The plan of what was read; raises Refused with what could not be read and what cannot be planned, at once."""
    asked = {"definitions": written.as_input(), "project": project, **asdict(choice)}
    plan = _answer((await api.ask(PLAN, **asked))["plan"], written)
    _must_be_whole(written)
    return plan


async def applied(
    api: Api, written: Written, project: str, choice: Choice = PLAIN, *, fingerprint: str | None, materialize: bool
) -> dict[str, Any]:
    """What was made of all that was read; raises Refused, also where something could not be read."""
    _must_be_whole(written)
    asked = {"definitions": written.as_input(), "project": project, "materialize": materialize, **asdict(choice)}
    return _answer((await api.ask(APPLY, **asked, fingerprint=fingerprint))["apply"], written)


def _must_be_whole(written: Written) -> None:
    if written.problems:
        raise Refused("Some of the files cannot be read as definitions.", written.problems)


def _answer(answer: dict[str, Any], written: Written) -> dict[str, Any]:
    try:
        return refuse_error(answer)
    except Refused as refused:
        problems = written.all_problems(refused.problems)
        is_about_files = any(problem.path.startswith("definitions[") for problem in refused.problems)
        message = counted(len(problems), "in the definitions") if is_about_files else refused.message
        raise Refused(message, problems, refused.code) from None
