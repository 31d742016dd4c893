"""The store: one object, all methods."""

from typing import Any, Self

from j_feature_store._async.connection import Connection
from j_feature_store._async.definitions import DefinitionMethods
from j_feature_store._async.runs import RunMethods
from j_feature_store._async.training import TrainingMethods
from j_feature_store._async.values import ValueMethods
from j_feature_store.place import place_of


class AsyncFeatureStore(DefinitionMethods, ValueMethods, TrainingMethods, RunMethods):
    """A feature store, over its API. Close it, or use it in a `with` block, to end its connections.

    Requests that are safe to repeat are sent again where no answer came: queries, and mutations with an idempotency
    key, which the client makes. Others only where they cannot have left this machine.

    Args:
        url: Where the API is; by default JFS_URL, else http://127.0.0.1:8000.
        token: An API token; by default JFS_TOKEN, else none.
        project: By default JFS_PROJECT, else `default`.
        timeout: Seconds that one answer may take.
        retries: How often a request is sent again at most.
        patience: Seconds without a connection before following a run is given up.

    >>> from j_feature_store import AsyncFeatureStore
    >>> async with AsyncFeatureStore() as store:
    ...     (await store.online(["aircraft_profile:seats"], {"tailnum": ["N14228"]})).rows
    [[149]]
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        project: str | None = None,
        timeout: float = 60.0,
        retries: int = 4,
        patience: float = 120.0,
    ) -> None:
        """Raises InvalidInput or Unauthenticated for a place or a token that nothing can be sent to, or with."""
        place = place_of(url, token, project)
        super().__init__(Connection(place, timeout=timeout, retries=retries, patience=patience))

    @property
    def url(self) -> str:
        return self._connection.place.url

    @property
    def project(self) -> str:
        return self._connection.place.project

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}, project={self.project!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connections."""
        await self._connection.http.client.aclose()

    async def ask(self, document: str, /, *, repeatable: bool = False, **variables: object) -> dict[str, Any]:
        """The data of any query or mutation of the API, for what has no method here.

        Args:
            repeatable: It may be sent again where no answer came.

        >>> await store.ask("query($n: String!) { entity(name: $n) { joinKeys { name } } }", n="aircraft")
        {'entity': {'joinKeys': [{'name': 'tailnum'}]}}
        """
        return await self._connection.http.data(document, variables, repeatable=repeatable)
