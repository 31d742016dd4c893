"""The catalog: one small document for each object and feature of the registry, from which lists and searches are read.

What it holds is derived, in the transaction that writes the registry (see `cataloguing`)."""

from datetime import datetime

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, DESCENDING, TEXT, IndexModel

from graphql_api.documents.base import TagPart
from graphql_api.domain.enums import SearchKind
from graphql_api.domain.types import ValueType

_LIST = [("project_id", ASCENDING), ("kind", ASCENDING), ("listed", ASCENDING)]
_BY_NAME = [("view_name", ASCENDING), ("name", ASCENDING)]
_VIEWS = {"kind": SearchKind.FEATURE_VIEW}
_FEATURES = {"kind": SearchKind.FEATURE}


class CatalogEntryDocument(Document):
    """`id` is that of the object: of a service, of its current version; of a feature, of the part of its version.

    `listed` is False for a feature that only a version has that is not current: searches find it, lists leave it out.
    `view_name` is None for all but features. `labels`: of tags, `key` and `key:value`. `columns`: names of columns,
    join keys or features. `words`: all its words, to be found by their beginnings, `own_words` those of its name; the
    texts of words are for MongoDB's text index, which weighs them and knows other forms of a word.

    Of a view: `data_id` of its current version, `latest_data_id` of its latest."""

    id: PydanticObjectId  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    project_id: PydanticObjectId
    kind: SearchKind
    name: str
    view_name: str | None = None
    listed: bool = True
    description: str
    owner: str | None
    tags: tuple[TagPart, ...]
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    updated_at: datetime

    words: tuple[str, ...]
    own_words: tuple[str, ...]
    name_words: str
    label_words: str
    column_words: str

    version_id: PydanticObjectId | None = None
    value_type: ValueType | None = None
    entity_ids: tuple[PydanticObjectId, ...] = ()
    freshness: int | None = None
    data_id: int | None = None
    latest_data_id: int | None = None

    class Settings:
        name = "catalog"
        indexes = [
            IndexModel([*_LIST, *_BY_NAME], name="list"),
            IndexModel([*_LIST, ("labels", ASCENDING), *_BY_NAME], name="label"),
            IndexModel([*_LIST, ("owner", ASCENDING), *_BY_NAME], name="owner"),
            IndexModel([*_LIST, ("words", ASCENDING)], name="words"),
            IndexModel([*_LIST, ("own_words", ASCENDING)], name="own_words"),
            IndexModel([*_LIST, ("value_type", ASCENDING), *_BY_NAME], name="type", partialFilterExpression=_FEATURES),
            IndexModel([*_LIST, ("entity_ids", ASCENDING), *_BY_NAME], name="entity", partialFilterExpression=_VIEWS),
            IndexModel(
                [*_LIST, ("updated_at", DESCENDING), ("_id", DESCENDING)],
                name="updated",
                partialFilterExpression=_VIEWS,
            ),
            IndexModel(
                [*_LIST, ("freshness", ASCENDING), ("data_id", ASCENDING), ("_id", ASCENDING)],
                name="freshness",
                partialFilterExpression=_VIEWS,
            ),
            IndexModel([("project_id", ASCENDING), ("kind", ASCENDING), ("name", ASCENDING)], name="name"),
            IndexModel(
                [
                    ("project_id", ASCENDING),
                    ("name_words", TEXT),
                    ("label_words", TEXT),
                    ("description", TEXT),
                    ("column_words", TEXT),
                ],
                name="text",
                weights={"name_words": 10, "label_words": 5, "description": 3, "column_words": 1},
                default_language="english",
                language_override="no_language",
            ),
        ]
