"""Logs of eight shippers in the simulated Loki."""

# ruff: noqa: F403  the tests are those that a real Loki is asked as well

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sre_assistant.sim.clock import SimClock
from tests.integrations.loki.shippers import *
from tests.integrations.loki.shippers import Place
from tests.sim.loki_house import Home, listening

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A simulated Loki with all of their lines."""
    with listening(Home(clock=SimClock(NOW))) as home:
        made = Place(home.url, "run7", NOW)
        made.push()
        yield made
