"""What one attempt at a training data set does, from its spine to its files."""

from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.errors import RunFault
from graphql_api.runs.hold import Hold
from graphql_api.runs.reporter import Reporter
from graphql_api.runs.tools import Tools


async def carry_out(tools: Tools, hold: Hold[TrainingDatasetDocument], reporter: Reporter) -> None:
    """All that is left of a run. Raises RunFault, SqlRefused, UserError of a store, Fenced, CancelAsked."""
    raise RunFault("NOT_AVAILABLE", "Training data sets cannot be built yet.")
