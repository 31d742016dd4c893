"""The nouns of the API. Enums first: Strawberry must know them before a type is annotated with one."""

import schema.enums as enums

__all__ = ["enums"]
