from pymongo import ASCENDING, IndexModel

from graphql_api.documents.base import ColumnPart, Described


class EntityDocument(Described):
    join_keys: tuple[ColumnPart, ...]

    class Settings:
        name = "entities"
        indexes = [IndexModel([("project_id", ASCENDING), ("name", ASCENDING)], name="name", unique=True)]
