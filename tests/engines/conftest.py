from pathlib import Path

import pytest

from tests.engines.support import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
