"""Windowed aggregates of a source: functions, windows, filters."""

from graphql_api.definitions.reading import Reader
from graphql_api.definitions.specs import AggregationEntrySpec, AggregationSpec
from graphql_api.domain.durations import format_duration
from graphql_api.domain.enums import AggregateFunction


def parse_aggregations(reader: Reader, description: str) -> AggregationSpec:
    source = reader.text("source", required=True)
    every, offset = reader.duration("every", required=True), reader.duration("offset") or 0
    if every == 0:
        reader.refuse("every", "The boundaries must lie apart: every is longer than 0s.", "Such as every: 1h.")
    elif every is not None and offset >= every:
        message = f"The offset must be shorter than every, which is {format_duration(every)}."
        reader.refuse("offset", message, "It moves the boundaries within one step.")
    items = reader.items("aggregations", required=True)
    entries: dict[str, AggregationEntrySpec] = {}
    unclear: list[str] = []
    for path, item in items or []:
        entry = Reader(item, path, reader.problems)
        spec = _entry(entry, every or 0)
        name = entry.values.get("feature")
        if isinstance(name, str) and name in entries:
            entry.refuse("feature", f"The feature {name!r} comes twice.")
        elif spec is not None:
            entries[spec.feature] = spec
        elif isinstance(name, str):
            unclear.append(name)
    if items == []:
        hint = "Write aggregations: [{feature: …, function: COUNT, window: 24h}]."
        reader.refuse("aggregations", "A view needs a feature.", hint)
    return AggregationSpec(
        reader.path, description, source, every or 0, offset, tuple(entries.values()), tuple(unclear)
    )


def _entry(entry: Reader, every: int) -> AggregationEntrySpec | None:
    """None where its feature, its function or its window cannot be told."""
    feature = entry.feature_name("feature")
    word = entry.word("function", tuple(AggregateFunction), required=True)
    column = entry.text("column")
    if word is not None and column is None and word != AggregateFunction.COUNT and not entry.holds("column"):
        entry.refuse("column", f"{word} needs the column that it looks at.", "COUNT alone may go without.")
    window = entry.duration("window", required=True)
    if window == 0:
        entry.refuse("window", "No event lies in a window of 0s.", "Such as window: 24h.")
    elif window is not None and every and window % every:
        message = f"The window is no multiple of every, which is {format_duration(every)}."
        entry.refuse("window", message, f"The nearest longer one is {format_duration((window // every + 1) * every)}.")
    condition = entry.text("filter")
    if condition is not None and not condition.strip():
        entry.refuse("filter", "The filter is empty.", "Leave it out: then every event counts.")
    entry.done()
    if feature is None or word is None or window is None:
        return None
    return AggregationEntrySpec(
        path=entry.path,
        feature=feature,
        function=AggregateFunction(word),
        column=column,
        window=window,
        filter=condition.strip() if condition else None,
    )
