"""Packages that only some calls need."""

import importlib
from typing import Any

from j_feature_store.errors import Missing


def needed(module: str, extra: str, *, package: str | None = None) -> Any:
    """A module of an optional dependency; raises Missing with the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as fault:
        raise Missing(package or module.partition(".")[0], extra) from fault
