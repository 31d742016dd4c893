"""What a person should know of a training data set before a model is trained on it."""

from collections.abc import Iterator

from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain.times import rfc3339
from graphql_api.engines.join_shapes import JoinedSpine, JoinedView, ViewAnswers
from graphql_api.serving.join_plan import JoinPlan

WARNED_SHARE = 0.1
"""Of the rows of the spine: a view that leaves more of them MISSING, or EXPIRED, is told of."""


def warnings_of(
    run: TrainingDatasetDocument, plan: JoinPlan, views: list[JoinedView], joined: JoinedSpine
) -> tuple[str, ...]:
    """In the order of the views; the same for the same inputs."""
    return tuple(
        [
            *_of_spine(run, joined),
            *(
                text
                for name, view, found in zip(_names(plan), views, joined.views, strict=True)
                for text in _of_view(name, view, found, joined)
            ),
            *_of_splits(run, joined),
        ]
    )


def _of_spine(run: TrainingDatasetDocument, joined: JoinedSpine) -> Iterator[str]:
    if joined.rows == 0:
        yield "The spine has no rows."
    for name, called in joined.renamed.items():
        yield f"The spine's column {name!r} is named like a feature: in the files it is {called!r}."
    event = run.spine.event_timestamp
    if joined.is_naive:
        zone = run.spine.timezone
        yield f"The spine's {event!r} holds times without an offset: they were read as times of {zone}."
    if joined.without_moment:
        lost = f" {joined.outside:,} of them hold another moment, which is null in the files." if joined.outside else ""
        yield (
            f"{_share(joined.without_moment, joined.rows)} have no {event!r} in the years 1 to 9999: no view answers "
            f"them.{lost}"
        )
    for one in joined.unmatchable:
        yield (
            f"{_share(one.rows, joined.rows)} hold in {one.column!r} what no {one.value_type} can be: it counts as "
            "null, so no row of a view matches it."
        )


def _names(plan: JoinPlan) -> list[str]:
    """Of each joined view its version, beside the names of the entries that take it; where that leaves two alike,
    beside the columns of its keys."""
    references = [planned.version.reference for planned in plan.joined]
    names = [_entry_names(plan, at) for at in range(len(references))]
    unnamed = [reference for reference, own in zip(references, names, strict=True) if not own]
    for at, (reference, own) in enumerate(zip(references, names, strict=True)):
        if not own and unnamed.count(reference) > 1:
            own += [f"{key.name}: {key.column}" for key in plan.joined[at].keys]
    return [f"{', '.join(own)} ({one})" if own else one for one, own in zip(references, names, strict=True)]


def _entry_names(plan: JoinPlan, at: int) -> list[str]:
    """None where they are the version's reference."""
    takers = [one.name for one in plan.answered if at in one.reads and not one.is_on_demand]
    return [name for name in dict.fromkeys(takers) if name != plan.joined[at].version.reference]


def _of_view(name: str, view: JoinedView, found: ViewAnswers, joined: JoinedSpine) -> Iterator[str]:
    limit = f"more than {WARNED_SHARE:.0%}"
    if found.missing > WARNED_SHARE * joined.rows:
        yield f"{name} is MISSING for {_share(found.missing, joined.rows)}, {limit}."
    if found.expired > WARNED_SHARE * joined.rows:
        yield f"{name} is EXPIRED, and so null, for {_share(found.expired, joined.rows)}, {limit}."
    if found.later and view.covered_until is not None:
        yield (
            f"{_share(found.later, joined.rows)} are later than what {name} covers, which ends at "
            f"{rfc3339(view.covered_until)}: a later run may give them other values."
        )


def _of_splits(run: TrainingDatasetDocument, joined: JoinedSpine) -> Iterator[str]:
    if joined.left_out:
        yield f"{_share(joined.left_out, joined.rows)} lie outside of all splits and are left out."
    for part in run.splits:
        if not any(file.rows for file in joined.files if file.split == part.name):
            yield f"The split {part.name!r} has no rows."


def _share(rows: int, total: int) -> str:
    return f"{rows:,} of {total:,} rows ({rows / total:.1%})"
