"""Every kind of run, each in a collection of its own: what is queued, held, logged and followed alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from bson import ObjectId

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.documents.training_datasets import TrainingDatasetDocument
from graphql_api.domain import global_ids

AnyRun = MaterializationDocument | TrainingDatasetDocument
RunModel = type[MaterializationDocument] | type[TrainingDatasetDocument]

RUN_MODELS: tuple[RunModel, ...] = (MaterializationDocument, TrainingDatasetDocument)
RUN_COLLECTIONS: tuple[str, ...] = tuple(model.collection for model in RUN_MODELS)
_BY_TYPE: Mapping[str, RunModel] = {model.type_name: model for model in RUN_MODELS}
_BY_COLLECTION: Mapping[str, RunModel] = {model.collection: model for model in RUN_MODELS}


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which run is meant, of whatever kind."""

    model: RunModel
    id: ObjectId

    @classmethod
    def of(cls, run: AnyRun) -> "RunKey":
        return cls(type(run), run.id)

    @classmethod
    def in_collection(cls, name: str, run_id: ObjectId) -> "RunKey":
        return cls(_BY_COLLECTION[name], run_id)

    @classmethod
    def parse(cls, text: str) -> "RunKey | None":
        """From a global id; None for that of anything but a run."""
        found = global_ids.parse(text)
        model = _BY_TYPE.get(found.type_name) if found else None
        return cls(model, ObjectId(found.hex)) if found and model else None
