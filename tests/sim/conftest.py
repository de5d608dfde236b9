from __future__ import annotations

from collections.abc import Iterator

import pytest

from sre_assistant.sim.homelab import Homelab


@pytest.fixture(scope="module")
def backup() -> Iterator[Homelab]:
    """The backup story at its best moment; for tests that only read."""
    with Homelab("backup-fills-nas", at="shows") as homelab:
        yield homelab
