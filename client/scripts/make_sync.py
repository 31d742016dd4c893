"""Writes src/j_feature_store/_sync from _async: the client is written once, in its asynchronous form.

    python client/scripts/make_sync.py            writes
    python client/scripts/make_sync.py --check    ends with 1 where what is there is not what would be written

`io.py` alone is written by hand on both sides. Formatting is ruff's.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "client" / "src" / "j_feature_store"
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
    """The same module without asyncio, not in form."""
    body = _WORD.sub(lambda found: WORDS[found[0]], _ASYNC.sub("", text))
    return HEAD.format(name=name) + body


def in_form(modules: dict[str, str]) -> dict[str, str]:
    with TemporaryDirectory() as folder:
        for name, text in modules.items():
            (Path(folder) / name).write_text(text)
        for command in (["check", "--select", "I", "--fix"], ["format"]):
            ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", str(ROOT / "pyproject.toml")]
            subprocess.run([*ruff, folder], check=True)
        return {name: (Path(folder) / name).read_text() for name in modules}


def main() -> int:
    sources = {path.name: path for path in (PACKAGE / "_async").glob("*.py") if path.name not in BY_HAND}
    wanted = in_form({name: synchronous(name, path.read_text()) for name, path in sources.items()})
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
