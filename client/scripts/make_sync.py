"""Writes src/j_feature_store/_sync from _async: the client is written once, in its asynchronous form.

    python client/scripts/make_sync.py            writes
    python client/scripts/make_sync.py --check    ends with 1 where what is there is not what would be written

`io.py` alone is written by hand on both sides. Formatting is ruff's.
"""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "j_feature_store"
BY_HAND = {"io.py"}
WORDS = {
    "_async": "_sync",
    "AsyncClient": "Client",
    "AsyncFeatureStore": "FeatureStore",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "AsyncTrainingDataset": "TrainingDataset",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aclosing": "closing",
    "aiter_raw": "iter_raw",
    "aread": "read",
}
_WORD = re.compile(rf"\b({'|'.join(WORDS)})\b")
_ASYNC = re.compile(r"\basync (?=def |with |for )|\bawait ")
HEAD = "# Made by client/scripts/make_sync.py from _async/{name}: change that one.\n"


def synchronous(name: str, text: str) -> str:
    """The same module without asyncio."""
    body = _WORD.sub(lambda found: WORDS[found[0]], _ASYNC.sub("", text))
    return _in_form(HEAD.format(name=name) + body)


def _in_form(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    name = ["--stdin-filename", str(PACKAGE / "_sync" / "module.py"), "-"]
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        text = subprocess.run([*ruff, *command, *name], input=text, capture_output=True, text=True, check=True).stdout
    return text


def main() -> int:
    sources = {path.name: path for path in (PACKAGE / "_async").glob("*.py") if path.name not in BY_HAND}
    wanted = {name: synchronous(name, path.read_text()) for name, path in sources.items()}
    there = {path.name: path.read_text() for path in (PACKAGE / "_sync").glob("*.py") if path.name not in BY_HAND}
    if "--check" in sys.argv[1:]:
        differing = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        if differing:
            print(f"Not what _async says: {', '.join(differing)}. Run: python client/scripts/make_sync.py")
        return int(bool(differing))
    for name in there.keys() - wanted.keys():
        (PACKAGE / "_sync" / name).unlink()
    for name, text in wanted.items():
        (PACKAGE / "_sync" / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
