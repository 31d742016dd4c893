"""All benchmarks, one after the other, as one report: `make bench`, or `uv run python -m tests.benchmarks [NAME…]`."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version

import psutil

BENCHMARKS = {
    "engine": "Computing and packing, beside a bare COPY",
    "point_in_time": "A training data set's join, beside one bare ASOF join",
    "online": "Online look-ups, beside a plain JSON route",
    "publish": "From a publish to the answer that shows it",
}
PARTS = ("duckdb", "strawberry-graphql", "pymongo", "redis", "uvicorn")


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
    memory = psutil.virtual_memory().total / 2**30
    print(f"{platform.platform()}, {os.cpu_count()} cores, {memory:.1f} GiB, Python {platform.python_version()}")
    print(", ".join(f"{part} {version(part)}" for part in PARTS))
    failed = [name for name in names or BENCHMARKS if not passes(name)]
    if failed:
        sys.exit(f"\nWithout a result: {', '.join(failed)}.")


def passes(name: str) -> bool:
    print(f"\n{BENCHMARKS[name]} ({name})", flush=True)
    return subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False).returncode == 0


if __name__ == "__main__":
    main(sys.argv[1:])
