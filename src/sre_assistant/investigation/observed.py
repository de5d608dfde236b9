"""What was seen: observations, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sre_assistant.domain.entities import Entity
from sre_assistant.domain.evidence import Evidence, Lookup
from sre_assistant.domain.window import Window
from sre_assistant.investigation.naming import hosts_in
from sre_assistant.investigation.signals import Signal, Signals, Spans


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """One value of one signal for one entity; each is itself and equals no other."""

    signal: Signal
    entity: Entity
    value: float
    statement: str
    source: str
    query: str
    """What answers exactly this value when asked at ``at``; an API call where there is no query."""
    numeric: bool = True
    """Whether ``query`` answers ``value``; else the statement is all there is."""
    at: datetime
    link: str = ""

    @property
    def worse_than(self) -> float:
        """For sorting: the worst value first."""
        return -self.value if self.signal.worse == "up" else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything seen in one look at the house."""

    at: datetime
    window: Window
    spans: Spans
    signals: Signals
    observations: Mapping[str, tuple[Observation, ...]]
    """By signal id; the worst first. A signal that was asked for and gave nothing has an empty tuple."""
    gaps: Mapping[str, Lookup] = field(default_factory=dict)
    """Signals, and the ``targets``, ``rules`` and ``alerts`` look-ups, that were not answered."""
    present: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    """Label sets of each exporter's presence metric, by pack."""

    def near(self, signal: str, entity: Entity) -> tuple[Observation, ...]:
        """Observations of a signal for this entity, or for the thing it belongs to or is made of."""
        return tuple(o for o in self.observations.get(signal, ()) if _belong_together(o.entity, entity))

    def on_hosts(self, hosts: Iterable[str]) -> tuple[Observation, ...]:
        """All observations on these machines."""
        wanted = set(hosts)
        every = (o for of_signal in self.observations.values() for o in of_signal)
        return tuple(o for o in every if wanted & set(hosts_in(o.entity.labels)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNow:
    """What the expression behind an alert answers now."""

    asked: bool
    """Whether every metrics server could be asked."""
    evidence: tuple[Evidence, ...]
    """Empty when it no longer holds."""


def _belong_together(one: Entity, other: Entity) -> bool:
    shared = one.labels.keys() & other.labels.keys() - {"job"}
    if one.kind == other.kind:
        shared = one.labels.keys() | other.labels.keys()
    return bool(shared) and all(one.labels.get(name) == other.labels.get(name) for name in shared)
