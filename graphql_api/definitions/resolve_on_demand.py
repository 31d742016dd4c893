"""Expressions over the features of stored views, the request's values and the moment."""

from collections.abc import Collection, Sequence

from graphql_api.definitions.draft import Draft
from graphql_api.definitions.duck_types import UNKNOWN, cast_to, castable, fits, value_type_of
from graphql_api.definitions.made import Made, fingerprinted, inferred_features, keys_of
from graphql_api.definitions.outputs import refuse_text
from graphql_api.definitions.parse_on_demand import MOMENT
from graphql_api.definitions.pins import features_of_view, pin_of
from graphql_api.definitions.resolve_sql import stored_version
from graphql_api.definitions.specs import ExpressionSpec, OnDemandSpec, ViewSpec
from graphql_api.documents.base import ColumnPart
from graphql_api.documents.feature_views import (
    ExpressionPart,
    FeatureUsePart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    ViewEntityPart,
    ViewPinPart,
)
from graphql_api.domain.types import ValueType
from graphql_api.engines.shapes import FileColumn, Relation, SqlProblem, TypedExpression

_NOW = ("now", "current_timestamp", "current_date", "today", "get_current_timestamp", "transaction_timestamp")
REQUEST = "_request"
"""What rendered expressions call the request; no view can be called so."""


async def resolve_on_demand(draft: Draft, spec: ViewSpec, made: OnDemandSpec, *, repin: bool) -> Made | None:
    versions = [stored_version(draft, spec, entry, "is no input", repin=repin) for entry in made.views]
    found = [version for version in versions if version is not None]
    entities = _entities(draft, made, found)
    pins = tuple(
        pin_of(entry.written, version)
        for entry, version in zip(made.views, versions, strict=True)
        if version is not None
    )
    _refuse_clashes(draft, made, pins, entities)
    if len(found) < len(versions) or not (made.views_told and made.request_told):
        names = (*(entry.feature for entry in made.expressions), *made.unclear)
        inferred_features(draft, spec.features, dict.fromkeys(names), by="expression", complete=made.names_told)
        return None
    answers = [await _answer(draft, entry, made, pins) for entry in made.expressions]
    typed = list(zip(made.expressions, answers, strict=True))
    unclear = {one.name for one in made.request if one.value_type is None}
    types: dict[str, ValueType | None] = {
        entry.feature: _type(draft, entry, answer, unclear) for entry, answer in typed
    }
    types |= dict.fromkeys(made.unclear)
    features = inferred_features(draft, spec.features, types, by="expression", complete=made.names_told)
    transformation = OnDemandTransformationPart(
        description=made.description,
        views=pins,
        request=tuple(ColumnPart(name=one.name, value_type=one.value_type) for one in made.request if one.value_type),
        expressions=tuple(_part(entry, answer) for entry, answer in typed if answer is not None),
        outputs=tuple(ColumnPart(name=one.name, value_type=one.value_type) for one in features),
        fingerprint="",
    )
    return Made(entities, features, fingerprinted(transformation), ())


def _entities(
    draft: Draft, made: OnDemandSpec, versions: Sequence[FeatureViewVersionDocument]
) -> tuple[ViewEntityPart, ...]:
    """Those of the views, each once; one name of a join key means one thing."""
    found: list[ViewEntityPart] = []
    whose: dict[str, tuple[ViewEntityPart, str]] = {}
    for version in versions:
        for entity in version.entities:
            for key in entity.keys:
                first, reference = whose.setdefault(key.name, (entity, version.reference))
                if first != entity:
                    message = (
                        f"The join key {key.name!r} is the {first.entity_name} of {reference} and the "
                        f"{entity.entity_name} of {version.reference}."
                    )
                    hint = "Give it another name in one of the views: {entity: …, keys: {…}}."
                    draft.problems.add(f"{made.path}.views", message, hint)
            if entity not in found:
                found.append(entity)
    return tuple(found)


def _refuse_clashes(
    draft: Draft, made: OnDemandSpec, pins: Sequence[ViewPinPart], entities: Sequence[ViewEntityPart]
) -> None:
    keys = {key.name for key in keys_of(entities)}
    own = {entry.feature for entry in made.expressions}
    for value in made.request:
        holders = [pin.name for pin in pins if value.name in {feature.name for feature in pin.features}]
        path, name = f"{value.path}.name", value.name
        if name in keys:
            draft.problems.add(path, f"{name!r} is a join key, which the caller sends as it is.", "Leave it out.")
        elif name in own:
            draft.problems.add(path, f"{name!r} is a feature of the view.", "Give the request column another name.")
        elif holders:
            message = f"{name!r} is a feature of {holders[0]}: expressions could not tell the two apart."
            draft.problems.add(path, message, "Give the request column another name.")
    for entry in made.expressions:
        if entry.feature in keys:
            message = f"{entry.feature!r} is a join key of the view."
            draft.problems.add(f"{entry.path}.feature", message, "Give the feature another name.")


async def _answer(
    draft: Draft, entry: ExpressionSpec, made: OnDemandSpec, pins: Sequence[ViewPinPart]
) -> TypedExpression | None:
    """None after a problem."""
    taken = {feature.name for pin in pins for feature in pin.features}
    values = [
        FileColumn(one.name, one.value_type.sql if one.value_type else UNKNOWN)
        for one in made.request
        if one.name not in taken  # which is told already
    ]
    request = Relation(REQUEST, [*values, FileColumn(MOMENT, ValueType.TIMESTAMP.sql)])
    relations = [*(features_of_view(pin) for pin in pins), request]
    answer = await draft.answers.expression_over(entry.expression, relations, REQUEST)
    if isinstance(answer, SqlProblem):
        refuse_text(draft.problems, f"{entry.path}.expression", answer, hint=_hint)
        return None
    return answer


def _hint(problem: SqlProblem) -> str | None:
    return f"Write {MOMENT}, the time asked for." if problem.function in _NOW else problem.hint


def _type(
    draft: Draft, entry: ExpressionSpec, answer: TypedExpression | None, unclear: Collection[str]
) -> ValueType | None:
    """Of the feature; None after a problem, also with the type of a request column that it uses."""
    if answer is None or any(use.relation == REQUEST and use.column in unclear for use in answer.uses):
        return entry.value_type
    own = value_type_of(answer.data_type)
    if entry.value_type is None:
        if own is None and entry.type_told:
            message = f"The expression is {answer.data_type}, which no feature can hold."
            draft.problems.add(f"{entry.path}.expression", message, "Write CAST(… AS …) with the type that is meant.")
        return own
    if not fits(answer.data_type, entry.value_type):
        message = f"The expression is {answer.data_type}, and {entry.feature!r} is declared {entry.value_type}."
        declare = f" Or declare {own}." if own is not None else ""
        cast = cast_to(entry.feature, entry.value_type).removesuffix(f" AS {entry.feature}")
        hint = f"Write {cast}.{declare}" if castable(answer.data_type, entry.value_type) else declare.strip() or None
        draft.problems.add(f"{entry.path}.type", message, hint)
        return None
    return entry.value_type


def _part(entry: ExpressionSpec, answer: TypedExpression) -> ExpressionPart:
    request = {use.column for use in answer.uses if use.relation == REQUEST}
    return ExpressionPart(
        feature=entry.feature,
        expression=entry.expression,
        rendered=answer.rendered,
        uses=tuple(
            FeatureUsePart(view=use.relation, feature=use.column) for use in answer.uses if use.relation != REQUEST
        ),
        request=tuple(sorted(request - {MOMENT})),
        uses_moment=MOMENT in request,
    )
