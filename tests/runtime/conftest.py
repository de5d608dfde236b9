from __future__ import annotations

from collections.abc import Iterator

import pytest

from sre_assistant.sim.homelab import Homelab
from tests.runtime.homelab import filling_nas


@pytest.fixture(scope="session")
def homelab() -> Iterator[Homelab]:
    with filling_nas() as homelab:
        yield homelab
