"""Which versions a run can be had of."""

from graphql_api.documents.feature_views import (
    AggregationTransformationPart,
    FeatureViewVersionDocument,
    OnDemandTransformationPart,
    PushTransformationPart,
)
from graphql_api.errors import Problem


def why_not(version: FeatureViewVersionDocument) -> Problem | None:
    """None where there is nothing against a run."""
    reference, message, hint = version.reference, "", None
    match version.transformation:
        case OnDemandTransformationPart():
            message = f"{reference} is an on-demand version: it holds no data, and there is nothing to materialize."
            hint = "Materialize the views that it is made from."
        case PushTransformationPart(sources=()):
            message = f"{reference} holds what is pushed, and names no source of history: there is nothing to load."
        case PushTransformationPart():
            message = f"{reference} is a push view, and loading the history of one is not available yet."
        case AggregationTransformationPart():
            message = f"{reference} is an aggregation view, and runs of these are not available yet."
        case made if made.views:
            views = ", ".join(pin.reference for pin in made.views)
            message = f"{reference} reads other views ({views}), and runs of such views are not available yet."
        case _:
            return None
    return Problem("reference", message, hint)
