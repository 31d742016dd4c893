"""What is asked of a training data set, and what is wrong with that by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from graphql_api.documents.training_datasets import SplitPart
from graphql_api.domain.enums import SplitBy
from graphql_api.domain.references import NAME
from graphql_api.errors import InvalidInput, Problem

MOST_SPLITS = 50
MOST_REFERENCES = 5_000
_NAME_HINT = "small letters, digits and _, beginning with a letter, at most 63"
_SUM = 1e-6


@dataclass(frozen=True, slots=True)
class SpineAsked:
    """One of `upload` (a global id) and `data_source` (a name)."""

    upload: str | None
    data_source: str | None
    event_timestamp: str


@dataclass(frozen=True, slots=True)
class DatasetAsked:
    """One of `feature_service` and `features` (references). Moments in microseconds."""

    name: str
    feature_service: str | None
    features: Sequence[str] | None
    spine: SpineAsked
    known_before: int | None = None
    splits: Sequence[SplitPart] = field(default_factory=tuple[SplitPart, ...])
    split_by: SplitBy = SplitBy.ROW
    seed: int = 0

    def sent(self) -> list[object]:
        """All of it, for an idempotency key to be compared by."""
        spine = self.spine
        return [
            self.name,
            self.feature_service,
            list(self.features) if self.features is not None else None,
            [spine.upload, spine.data_source, spine.event_timestamp],
            self.known_before,
            [part.model_dump() for part in self.splits],
            self.split_by,
            self.seed,
        ]

    def check(self) -> None:
        """Raises InvalidInput with every problem at once."""
        problems = [*self._name_problems(), *self._chosen_problems(), *self._split_problems()]
        if problems:
            raise InvalidInput("; ".join(problem.message for problem in problems) + ".", problems)

    def _name_problems(self) -> list[Problem]:
        if NAME.fullmatch(self.name):
            return []
        return [Problem("name", f"{self.name[:80]!r} is not a name", _NAME_HINT)]

    def _chosen_problems(self) -> list[Problem]:
        problems: list[Problem] = []
        if (self.feature_service is None) == (self.features is None):
            message = "name a featureService or a list of features, one of the two"
            problems.append(Problem("featureService", message, "leave the other one out"))
        elif self.features is not None and len(self.features) > MOST_REFERENCES:
            message = f"{len(self.features):,} references are more than {MOST_REFERENCES:,}"
            problems.append(Problem("features", message, "name whole views, or a feature service"))
        if (self.spine.upload is None) == (self.spine.data_source is None):
            message = "name an upload or a dataSource, one of the two"
            problems.append(Problem("spine", message, "upload: the id of createUpload; dataSource: a name"))
        if not self.spine.event_timestamp:
            message = "name the spine's column with the moment of each row"
            problems.append(Problem("spine.eventTimestampColumn", message))
        return problems

    # ------------------------------------------------------------ splits

    def _split_problems(self) -> list[Problem]:
        if len(self.splits) > MOST_SPLITS:
            return [Problem("splits", f"{len(self.splits)} splits are more than {MOST_SPLITS}")]
        problems: list[Problem] = []
        seen: set[str] = set()
        for at, part in enumerate(self.splits):
            path = f"splits[{at}]"
            if not NAME.fullmatch(part.name):
                problems.append(Problem(f"{path}.name", f"{part.name[:80]!r} is not a name", _NAME_HINT))
            elif part.name in seen:
                problems.append(Problem(f"{path}.name", f"the split {part.name!r} comes twice"))
            seen.add(part.name)
            problems += _range_problems(path, part) if self.split_by is SplitBy.TIME else _share_problems(path, part)
        if problems or not self.splits:
            return problems
        return _overlaps(self.splits) if self.split_by is SplitBy.TIME else _wrong_sum(self.splits)


def _share_problems(path: str, part: SplitPart) -> list[Problem]:
    problems: list[Problem] = []
    if part.start is not None or part.end is not None:
        message = f"the split {part.name!r} has a range, which splits by TIME have"
        problems.append(Problem(path, message, "leave start and end out, or write splitBy: TIME"))
    if part.fraction is None or not 0 < part.fraction <= 1:
        message = f"the split {part.name!r} needs a fraction above 0, at most 1"
        problems.append(Problem(f"{path}.fraction", message, "such as 0.8"))
    return problems


def _range_problems(path: str, part: SplitPart) -> list[Problem]:
    problems: list[Problem] = []
    if part.fraction is not None:
        message = f"the split {part.name!r} has a fraction, which splits by ROW and by ENTITY have"
        problems.append(Problem(f"{path}.fraction", message, "give its start and end, or write splitBy: ROW"))
    if part.start is None and part.end is None:
        message = f"the split {part.name!r} needs a start, an end, or both"
        problems.append(Problem(path, message, "of event timestamps: [start, end)"))
    elif part.start is not None and part.end is not None and part.start >= part.end:
        problems.append(
            Problem(path, f"the range of the split {part.name!r} is empty: its start is not before its end")
        )
    return problems


def _wrong_sum(splits: Sequence[SplitPart]) -> list[Problem]:
    total = sum(part.fraction or 0.0 for part in splits)
    if abs(total - 1) <= _SUM:
        return []
    return [Problem("splits", f"the fractions sum to {total:g}, not to 1", "add a split for what is left")]


def _overlaps(splits: Sequence[SplitPart]) -> list[Problem]:
    """A row would be on both sides."""
    first, last = -(1 << 63), 1 << 63
    ordered = sorted(
        (first if part.start is None else part.start, last if part.end is None else part.end, part.name, at)
        for at, part in enumerate(splits)
    )
    problems: list[Problem] = []
    for (_, end, name, _), (start, _, other, at) in pairwise(ordered):
        if start < end:
            message = f"the splits {name!r} and {other!r} overlap"
            problems.append(Problem(f"splits[{at}]", message, "a row may lie in one of them alone"))
    return problems
