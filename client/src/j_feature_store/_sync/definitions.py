# Made by client/scripts/make_sync.py from _async/definitions.py: change that one.
"""Plan and apply."""

from typing import Any

import msgspec

from j_feature_store._sync.connection import Part
from j_feature_store.definition_files import Definitions, Written, read
from j_feature_store.errors import InvalidInput
from j_feature_store.operations import APPLY, PLAN
from j_feature_store.plans import Applied, Plan
from j_feature_store.wire import Operation


class DefinitionMethods(Part):
    def plan(
        self, definitions: Definitions, *, prune: bool = False, label: str | None = None, repin: bool = False
    ) -> Plan:
        """What applying these definitions would change. Writes nothing. Editor.

        Args:
            definitions: YAML or JSON files, folders of them, or documents as Python values, one or several.
            prune: Also delete what was applied under the same `label` before and is absent now.
            label: A name for this set of definitions.
            repin: Move references without a number to the newest version.

        Raises:
            InvalidInput: definitions are wrong; every problem at once, with its file, document and path.

        >>> runway = {"kind": "Entity", "name": "runway", "joinKeys": [{"name": "runway", "type": "STRING"}]}
        >>> print(store.plan(runway))
        + entity runway
        """
        written = read(definitions)
        return msgspec.convert(self._sent(PLAN, written, prune=prune, label=label, repin=repin), Plan)

    def apply(
        self,
        definitions: Definitions,
        *,
        plan: Plan | None = None,
        materialize: bool = False,
        prune: bool = False,
        label: str | None = None,
        repin: bool = False,
    ) -> Applied:
        """Make the registry match: all of it or nothing. Editor.

        Args:
            definitions: As for `plan`, with the same `prune`, `label` and `repin`.
            plan: The one that was reviewed; where the registry has changed since, so that another plan would be
                carried out, nothing is done.
            materialize: Also start the runs that are needed; `wait` follows each.

        Raises:
            InvalidInput: definitions are wrong; every problem at once, with its file, document and path.
            Conflict: the plan is no longer the one that was reviewed.
            BlockedByDependents: what would be deleted or changed is in use.

        >>> gate = {"kind": "Entity", "name": "gate", "joinKeys": [{"name": "gate", "type": "STRING"}]}
        >>> applied = store.apply(gate, plan=store.plan(gate))
        >>> print(store.plan(gate))
        No changes: the registry matches already.
        """
        answer = self._sent(
            APPLY,
            read(definitions),
            prune=prune,
            label=label,
            repin=repin,
            materialize=materialize,
            fingerprint=plan.fingerprint if plan is not None else None,
        )
        return msgspec.convert(answer, Applied)

    def _sent(self, operation: Operation, written: Written, **options: object) -> Any:
        try:
            return self._connection.ask_in_project(operation, definitions=written.as_input(), **options)
        except InvalidInput as refused:
            raise written.placed(refused) from None
