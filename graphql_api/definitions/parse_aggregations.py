"""Windowed aggregates of a source: functions, windows, filters."""

from graphql_api.definitions.keys import AGGREGATION
from graphql_api.definitions.reading import Reader
from graphql_api.definitions.slips import function_hint
from graphql_api.definitions.specs import AggregationEntrySpec, AggregationSpec
from graphql_api.domain.durations import format_duration
from graphql_api.domain.enums import AggregateFunction

_ENTRY = "{feature: …, function: COUNT, window: 24h}"


def parse_aggregations(reader: Reader, description: str) -> AggregationSpec:
    source = reader.text("source", required="Write source: … with the name of a data source.")
    every, offset = reader.duration("every", required="Such as every: 1h."), reader.duration("offset") or 0
    if every == 0:
        reader.refuse("every", "The boundaries must lie apart: every is longer than 0s.", "Such as every: 1h.")
    elif every is not None and offset >= every:
        message = f"The offset must be shorter than every, which is {format_duration(every)}."
        reader.refuse("offset", message, "It moves the boundaries within one step.")
    items = reader.items("aggregations", _ENTRY, required=True)
    entries: dict[str, AggregationEntrySpec | None] = {}
    for path, item in items or []:
        entry = Reader(item, path, reader.problems, AGGREGATION, form=f"Write {_ENTRY}.")
        feature, spec = _entry(entry, every or 0)
        feature = feature or _text(entry.value("feature"))
        if feature is not None and feature in entries:
            hint = "Leave one out, or give it another name."
            entry.refuse("feature", f"The feature {feature!r} comes twice.", hint)
        elif feature is not None:
            entries[feature] = spec
    if items == []:
        reader.refuse("aggregations", "A view needs a feature.", f"Write aggregations: [{_ENTRY}].")
    return AggregationSpec(
        path=reader.path,
        description=description,
        source=source,
        source_path=reader.at("source"),
        every=every or 0,
        offset=offset,
        aggregations=tuple(spec for spec in entries.values() if spec is not None),
        unclear=tuple(feature for feature, spec in entries.items() if spec is None),
        names_told=bool(items) and len(entries) == len(items or []),
    )


def _entry(entry: Reader, every: int) -> tuple[str | None, AggregationEntrySpec | None]:
    """The feature, and all of the entry; None where it, the function or the window cannot be told."""
    feature = entry.row_name("feature")
    word = entry.word("function", tuple(AggregateFunction), required=True, hint=function_hint)
    column = entry.text("column")
    if word is not None and column is None and word != AggregateFunction.COUNT and not entry.holds("column"):
        message = f"{word} needs the column that it looks at."
        entry.lacks("column", message, "Write column: …; COUNT alone may go without.")
    window = entry.duration("window", required="Such as window: 24h.")
    if window == 0:
        entry.refuse("window", "No event lies in a window of 0s.", "Such as window: 24h.")
    elif window is not None and every and window % every:
        message = f"The window is no multiple of every, which is {format_duration(every)}."
        entry.refuse("window", message, f"The nearest longer one is {format_duration((window // every + 1) * every)}.")
    condition = entry.text("filter")
    if condition is not None and not condition.strip():
        entry.refuse("filter", "The filter is empty.", "Leave it out: then every event counts.")
    if feature is None or word is None or window is None:
        return feature, None
    return feature, AggregationEntrySpec(
        path=entry.path,
        feature=feature,
        function=AggregateFunction(word),
        column=column,
        window=window,
        filter=condition.strip() if condition else None,
    )


def _text(value: object) -> str | None:
    """A name that is none is known all the same."""
    return value if isinstance(value, str) else None
