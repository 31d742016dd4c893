"""SQL over data sources and other views."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.frozen import refrozen, relation_of, uses_of_sql
from graphql_api.definitions.made import Made, declared_features, fingerprinted, keys_of
from graphql_api.definitions.order import is_view
from graphql_api.definitions.outputs import Declared, OutputCheck, refuse_text
from graphql_api.definitions.pins import held_pins, pin_of, pinned, relation_of_view
from graphql_api.definitions.problems import nearest
from graphql_api.definitions.reading import CREATED
from graphql_api.definitions.specs import InputSpec, SqlSpec, ViewSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.data_sources import DataSourceDocument, SourcePart
from graphql_api.documents.feature_views import (
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    SqlTransformationPart,
    ViewEntityPart,
    ViewPinPart,
)
from graphql_api.engines.shapes import FileColumn, SqlProblem

_STATIC_REFUSES = ("ttl", "delay", "since", "reprocess")


@dataclass(frozen=True, slots=True)
class Inputs:
    """As the entries of `sources` name them, each kind in their order."""

    sources: tuple[DataSourceDocument, ...]
    views: tuple[ViewPinPart, ...]

    @property
    def is_static(self) -> bool:
        """None of them has a time."""
        return all(source.event_timestamp is None for source in self.sources) and all(
            pin.is_static for pin in self.views
        )


async def resolve_sql(
    draft: Draft, spec: ViewSpec, sql: SqlSpec, entities: tuple[ViewEntityPart, ...] | None, *, repin: bool
) -> Made | None:
    features = declared_features(spec.features)
    inputs = sql_inputs(draft, spec, sql, repin=repin)
    if inputs is None:
        return None
    is_static = inputs.is_static
    if is_static:
        _refuse_times(draft, spec, sql)
    columns, frozen = await _typed(draft, spec, sql, inputs)
    outputs, fit = _outputs(draft, spec, sql, entities, columns, is_static=is_static)
    transformation = fingerprinted(
        SqlTransformationPart(
            description=sql.description,
            sql=sql.sql,
            sources=frozen,
            views=inputs.views,
            lookback=sql.lookback,
            outputs=outputs,
            has_created=any(column.name == CREATED for column in columns or ()),
            fingerprint="",
        )
    )
    _warn_of_lost_corrections(draft, spec.about.name, transformation)
    return Made(entities or (), features, transformation, spec.validations, is_static, features_fit=fit)


def sql_inputs(draft: Draft, spec: ViewSpec, sql: SqlSpec, *, repin: bool) -> Inputs | None:
    """None where one cannot be told, or none is named."""
    sources: list[DataSourceDocument] = []
    views: list[ViewPinPart] = []
    complete = bool(sql.sources)
    for entry in sql.sources:
        name = entry.reference.name
        if entry.reference.version is not None and name in draft.sources and name not in draft.latest:
            message = f"{entry.written!r} names a version, and a data source has none."
            draft.problems.add(entry.path, message, f"Write {name}.")
            complete = False
            continue
        if is_view(draft, spec.about.name, entry):
            version = stored_version(draft, spec, entry, "is no source", repin=repin)
            if version is not None:
                views.append(pin_of(entry.written, version))
            complete = complete and version is not None
            continue
        source = draft.sources.get(name)
        if source is not None:
            sources.append(source)
        elif name not in draft.sources:
            hint = nearest(name, {*draft.sources, *draft.latest})
            draft.problems.add(entry.path, f"There is no data source and no view {name!r}.", hint)
        complete = complete and source is not None
    return Inputs(tuple(sources), tuple(views)) if complete else None


def stored_version(
    draft: Draft, spec: ViewSpec, entry: InputSpec, refusal: str, *, repin: bool
) -> FeatureViewVersionDocument | None:
    """The version that an entry is pinned to, or is pinned to now; on-demand views hold no rows to be read."""
    kept = held_pins(draft.registry.latest(spec.about.name)).get(entry.reference)
    moves = repin and entry.reference.version is None
    version = pinned(draft, entry.path, entry.reference, kept.version_id if kept is not None and not moves else None)
    if version is None or not isinstance(version.transformation, OnDemandTransformationPart):
        return version
    hint = "Name the views that it is made from."
    draft.problems.add(entry.path, f"{version.view_name} is an on-demand view: it holds no rows and {refusal}.", hint)
    return None


async def _typed(
    draft: Draft, spec: ViewSpec, sql: SqlSpec, inputs: Inputs
) -> tuple[Sequence[FileColumn] | None, tuple[SourcePart, ...]]:
    """What the SQL gives, None after a problem, and the sources as it sees them."""
    now = tuple(source.frozen() for source in inputs.sources)
    if not sql.sql:
        return None, now
    frozen = await _frozen(draft, spec, sql, inputs)
    columns = await _columns(draft, sql, frozen, inputs)
    if frozen != now and _lack(columns, spec):  # a star may give what has come since
        frozen, columns = now, await _columns(draft, sql, now, inputs)
    if not isinstance(columns, SqlProblem):
        return columns, frozen
    refuse_text(draft.problems, sql.sql_path, columns, line=sql.line, hint=lambda one: _relation_hint(draft, one))
    return None, frozen


def _relation_hint(draft: Draft, problem: SqlProblem) -> str | None:
    known = {*draft.sources, *draft.latest}
    return f"Name {problem.relation} in sources." if problem.relation in known else problem.hint


def _outputs(
    draft: Draft,
    spec: ViewSpec,
    sql: SqlSpec,
    entities: tuple[ViewEntityPart, ...] | None,
    columns: Sequence[FileColumn] | None,
    *,
    is_static: bool,
) -> tuple[tuple[ColumnPart, ...], bool]:
    """The columns of the view's rows, and do they fit what it declares, as far as that can be told?"""
    if columns is None:
        return (), True
    keys = [ColumnPart(name=key.name, value_type=key.value_type) for key in keys_of(entities)] if entities else None
    before = len(draft.problems)
    check = OutputCheck(draft.problems, sql.sql_path, columns)
    check.run(Declared(keys if entities != () else [], spec.features, spec.unclear, spec.features_told, is_static))
    return tuple(check.outputs), len(draft.problems) == before


async def _columns(
    draft: Draft, sql: SqlSpec, sources: Sequence[SourcePart], inputs: Inputs
) -> Sequence[FileColumn] | SqlProblem:
    relations = [*(relation_of(source) for source in sources), *(relation_of_view(pin) for pin in inputs.views)]
    return await draft.answers.sql(sql.sql, relations)


def _lack(columns: Sequence[FileColumn] | SqlProblem, spec: ViewSpec) -> bool:
    """A declared feature."""
    return not isinstance(columns, SqlProblem) and not {one.name for one in spec.features} <= {
        column.name for column in columns
    }


async def _frozen(draft: Draft, spec: ViewSpec, sql: SqlSpec, inputs: Inputs) -> tuple[SourcePart, ...]:
    """As before where the SQL stands and what was frozen holds."""
    latest = draft.registry.latest(spec.about.name)
    held = latest.transformation if latest is not None else None
    now = {source.name: source for source in inputs.sources}
    if (
        not isinstance(held, SqlTransformationPart)
        or held.sql != sql.sql
        or {part.name for part in held.sources} != set(now)
        or {pin.name for pin in held.views} != {pin.name for pin in inputs.views}
    ):
        return tuple(source.frozen() for source in inputs.sources)
    parts = await refrozen(held.sources, now, uses_of_sql(held, draft.answers))
    by_name = {part.name: part for part in parts}
    return tuple(by_name[source.name] for source in inputs.sources)


def _refuse_times(draft: Draft, spec: ViewSpec, sql: SqlSpec) -> None:
    """A static view has no time that these could speak of."""
    message = "The view is static, since no source has a time: it has no {}."
    for key in _STATIC_REFUSES:
        if spec.about.raw.get(key) is not None:
            draft.problems.add(f"{spec.about.path}.{key}", message.format(key), "Leave it out.")
    if sql.lookback:
        draft.problems.add(f"{sql.path}.lookback", message.format("lookback"), "Leave it out.")


def _warn_of_lost_corrections(draft: Draft, view: str, made: SqlTransformationPart) -> None:
    if made.has_created:
        return
    told: Sequence[tuple[str, str]] = [
        *((f"source {one.name}", one.created_timestamp) for one in made.sources if one.created_timestamp is not None),
        *((f"view {pin.reference}", CREATED) for pin in made.views if pin.has_created),
    ]
    for what, column in told:
        draft.warnings.append(
            f"{view}: the {what} says when a row became known ({column}), but the SQL gives no created_timestamp: "
            "corrections will leak into the time before they were made."
        )
