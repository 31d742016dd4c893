"""What all parts of a store ask through."""

from collections.abc import Mapping
from typing import Any

from j_feature_store._async.follow import Subscriptions
from j_feature_store._async.http import Http
from j_feature_store.place import Place
from j_feature_store.wire import Operation


class Connection:
    def __init__(self, place: Place, *, timeout: float, retries: int, patience: float) -> None:
        self.place = place
        self.retries = retries
        self.http = Http(place, timeout=timeout, retries=retries)
        self.subscriptions = Subscriptions(place, timeout=timeout, patience=patience)

    async def ask(self, operation: Operation, **variables: object) -> Any:
        return await self.http.ask(operation, variables)

    async def ask_in_project(self, operation: Operation, **variables: object) -> Any:
        return await self.http.ask(operation, {**variables, "project": self.place.project})

    async def input_in_project(self, operation: Operation, values: Mapping[str, object]) -> Any:
        return await self.http.ask(operation, {"input": {**values, "project": self.place.project}})


class Part:
    """A noun of the store: its methods are the store's own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
