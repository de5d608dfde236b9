"""Real servers: required where CI says so, otherwise a skip that names what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.house import House, monitored
from tests.real.servers import missing


@pytest.fixture(scope="session", autouse=True)
def real_servers() -> None:
    """Fails or skips all tests here when a server is not installed."""
    absent = missing()
    if not absent:
        return
    reason = f"not installed: {', '.join(absent)} (Debian: apt install {' '.join(absent)})"
    if os.environ.get("SRE_TEST_REQUIRE_REAL"):  # noqa: TID251  tests are told by CI, not by the product's settings
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of one machine, this one, fully monitored and at peace."""
    folder: Path = tmp_path_factory.mktemp("real")
    with monitored(folder) as made:
        yield made
