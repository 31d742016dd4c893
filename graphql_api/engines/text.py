"""SQL text: quoting what goes in, and finding places in what came back."""

from collections.abc import Iterable

import duckdb


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(literal(text) for text in texts) + "]"


def columns_of(names: Iterable[str], alias: str | None = None) -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + quoted(name) for name in names)


def without_end(sql: str) -> str:
    """The text of one statement up to the semicolons and comments behind it, to stand inside of another."""
    encoded = sql.encode()
    end = len(encoded)
    for offset, kind in reversed(duckdb.tokenize(sql)):
        is_semicolon = encoded[offset : offset + 1] == b";"
        if not is_semicolon and kind is not duckdb.token_type.comment:
            break
        end = offset if is_semicolon else end
    return encoded[:end].decode()


def place(text: str, byte_offset: int) -> tuple[int, int] | None:
    """Line and column, from 1, in characters, of a byte offset into the UTF-8 of `text`; None outside it."""
    encoded = text.encode()
    if not 0 <= byte_offset <= len(encoded):
        return None
    before = encoded[:byte_offset].decode(errors="ignore")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
