"""What can be simulated, and what is being simulated, as machine formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sre_assistant.sim.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One scenario."""

    name: str
    title: str
    tags: tuple[str, ...]
    difficulty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Scenarios. The JSON form is this class, field by field."""

    schema: int = 1
    scenarios: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A homelab that is ready to be asked. The JSON form is this class, field by field."""

    schema: int = 1
    scenario: str
    seed: int
    at: datetime
    """The simulated moment with which it began."""
    speed: float
    """Simulated seconds per second."""
    servers: Mapping[str, str]
    """Where each system listens, by its name."""
    environment: Mapping[str, str]
    """Settings that connect the assistant to it."""


def catalogue(scenarios: Iterable[Scenario]) -> Catalogue:
    """The scenarios by name, without what happens in them."""
    listed = (
        Listed(name=one.name, title=one.title, tags=tuple(one.tags), difficulty=one.difficulty)
        for one in scenarios
    )
    return Catalogue(scenarios=tuple(sorted(listed, key=lambda one: one.name)))
