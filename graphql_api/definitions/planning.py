"""Definitions and the registry as it was read -> what applying them would do. Asks `answers`, and touches nothing."""

from collections.abc import Mapping, Sequence
from functools import partial

from graphql_api.definitions.behind import behind
from graphql_api.definitions.canonical import canonical, fingerprint
from graphql_api.definitions.documents import Definition
from graphql_api.definitions.draft import Draft
from graphql_api.definitions.labels import put_label
from graphql_api.definitions.parse import parse
from graphql_api.definitions.plan import Plan, Planned, PlannedChange
from graphql_api.definitions.plan_services import plan_services
from graphql_api.definitions.plan_sources import plan_entities, plan_sources
from graphql_api.definitions.plan_views import covers_enough, plan_views
from graphql_api.definitions.positions import position
from graphql_api.definitions.problems import Problems, counted
from graphql_api.definitions.pruning import prune
from graphql_api.definitions.questions import Answers
from graphql_api.definitions.registry import Registry
from graphql_api.definitions.removal import Removal
from graphql_api.definitions.untyped_texts import check_texts
from graphql_api.definitions.usage import Usage
from graphql_api.documents.base import ID
from graphql_api.documents.feature_services import FeatureServiceDocument
from graphql_api.documents.feature_views import FeatureViewDocument
from graphql_api.domain.enums import VersionState
from graphql_api.errors import InvalidInput


async def make_plan(
    definitions: Sequence[Definition],
    registry: Registry,
    answers: Answers,
    *,
    author: str,
    repin: bool = False,
    label: str | None = None,
    prune_by: Usage | None = None,
) -> Planned:
    """`prune_by`: who uses what, where that which is absent under the label is to be deleted.

    Raises InvalidInput with every problem at once, BlockedByDependents where something needs what would be deleted."""
    problems = Problems()
    draft = Draft(registry, parse(definitions, problems), answers, problems)
    plan_entities(draft)
    await plan_sources(draft)
    await plan_views(draft, author=author, repin=repin)
    plan_services(draft, author=author, repin=repin)
    if problems:
        await check_texts(draft, answers)
        raise InvalidInput(
            counted(len(problems), "in the definitions"), problems.sorted(partial(position, definitions))
        )
    removal = prune(draft, label, prune_by) if label is not None and prune_by is not None else Removal()
    labelled = put_label(draft, label)
    options = {"repin": repin, "label": label, "prune": prune_by is not None}
    plan = Plan(
        changes=tuple(draft.changes),
        behind=behind(draft),
        warnings=tuple(sorted(set(draft.warnings))),
        fingerprint=_fingerprint(definitions, draft, options),
    )
    return Planned(
        plan=plan,
        revision=registry.revision,
        writes=draft.writes,
        made=tuple(version.id for version in draft.made),
        wanting=_wanting(draft),
        cancelled=tuple(dict.fromkeys(draft.cancelled)),
        published=dict(draft.published),
        labelled=labelled,
        label=label,
        removal=removal,
    )


def _wanting(draft: Draft) -> tuple[ID, ...]:
    """Drafts that nothing was computed for as yet, or not enough, and no run is under way."""
    running = {run.data_id for run in draft.registry.runs if run.run_id not in draft.cancelled}
    views = {document.name: document for document in _views_after(draft)}
    wanting: list[ID] = []
    for name in dict.fromkeys([*draft.parsed.views, *(version.view_name for version in draft.made)]):
        version, view = draft.latest[name], views[name]
        if version is None or version.state is not VersionState.DRAFT or not version.has_runs:
            continue
        copy = draft.registry.copy(view.id, version.data_fingerprint)
        if copy is None or not (copy.id in running or covers_enough(draft, view, copy)):
            wanting.append(version.id)
    return tuple(wanting)


def _views_after(draft: Draft) -> list[FeatureViewDocument]:
    planned = [*draft.writes.new.values(), *draft.writes.changed.values()]
    views = {document.name: document for document in planned if isinstance(document, FeatureViewDocument)}
    return list((dict(draft.registry.views) | views).values())


def _fingerprint(definitions: Sequence[Definition], draft: Draft, options: Mapping[str, object]) -> str:
    """Of the changes, what they rest on, and what they would write: the same plan, the same fingerprint."""
    return fingerprint(
        {
            "definitions": sorted(canonical([definition.kind, definition.spec]) for definition in definitions),
            **options,
            "changes": [_change(draft, change) for change in draft.changes],
            "data": [[version.reference, version.data_fingerprint] for version in draft.made],
            "pins": [
                [document.reference, [entry.reference for entry in document.entries]]
                for document in draft.writes.new.values()
                if isinstance(document, FeatureServiceDocument)
            ],
            "inputs": [
                [version.reference, sorted(pin.reference for pin in version.transformation.views)]
                for version in draft.made
            ],
        }
    )


def _change(draft: Draft, change: PlannedChange) -> Mapping[str, object]:
    held = {
        "ENTITY": draft.registry.entities,
        "DATA_SOURCE": draft.registry.sources,
        "FEATURE_VIEW": draft.registry.views,
        "FEATURE_SERVICE": draft.registry.services,
    }[change.kind].get(change.name)
    return {
        "change": change.change,
        "kind": change.kind,
        "name": change.name,
        "object": str(held.id) if held is not None else None,
        "changes": [[one.kind, one.path, one.before, one.after] for one in change.changes],
        "dependents": change.dependents,
        "creates": change.creates_version,
    }
