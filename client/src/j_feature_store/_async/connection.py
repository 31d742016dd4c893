"""What all parts of a store ask through."""

from collections.abc import Mapping
from typing import Any

from j_feature_store._async.follow import Subscriptions
from j_feature_store._async.http import Http
from j_feature_store._async.transfers import Transfers
from j_feature_store.place import Place
from j_feature_store.wire import Operation

A_PAGE = 100


class Connection:
    def __init__(self, place: Place, *, timeout: float, retries: int, patience: float) -> None:
        self.place = place
        self.retries = retries
        self.http = Http(place, timeout=timeout, retries=retries)
        self.transfers = Transfers(place, self.http, retries=retries)
        self.subscriptions = Subscriptions(place, timeout=timeout, patience=patience)

    async def ask(self, operation: Operation, **variables: object) -> Any:
        return await self.http.ask(operation, variables)

    async def ask_in_project(self, operation: Operation, **variables: object) -> Any:
        return await self.http.ask(operation, {**variables, "project": self.place.project})

    async def input_in_project(self, operation: Operation, values: Mapping[str, object]) -> Any:
        return await self.http.ask(operation, {"input": {**values, "project": self.place.project}})

    async def listed(self, operation: Operation, *, limit: int, **variables: object) -> list[dict[str, Any]]:
        """The first items of a list of the project, page after page."""
        nodes = list[dict[str, Any]]()
        after: str | None = None
        while len(nodes) < limit:
            first = min(limit - len(nodes), A_PAGE)
            page = await self.ask_in_project(operation, first=first, after=after, **variables)
            nodes += (edge["node"] for edge in page["edges"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        return nodes


class Part:
    """A noun of the store: its methods are the store's own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
