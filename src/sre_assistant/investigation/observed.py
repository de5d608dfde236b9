"""What was seen: observations, and what could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, TypeVar

from sre_assistant.domain.entities import Entity
from sre_assistant.domain.evidence import Evidence, Lookup
from sre_assistant.domain.window import Window
from sre_assistant.investigation.naming import hosts_in
from sre_assistant.investigation.signals import Signal, Signals, Spans
from sre_assistant.kit.promql import is_label, matchers_text

K = TypeVar("K")


class Told(NamedTuple):
    """How an observation is cited that is not a signal's own query."""

    statement: str
    query: str
    """What shows it: another query, or an API call."""
    numeric: bool
    """Whether that query answers the observation's value."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """One value of one signal for one entity; each is itself and equals no other.

    A house has many and cites few, so words and queries are made when asked for.
    """

    signal: Signal
    entity: Entity
    value: float
    labels: Mapping[str, str]
    """All labels of the sample it was read from."""
    source: str
    at: datetime
    spans: Spans
    told: Told | None = None
    linked: Callable[[str, datetime], str] | None = None
    """Makes the link to a page that shows a query."""

    @property
    def statement(self) -> str:
        """The sentence about it."""
        return self.told.statement if self.told else self.signal.statement(self.labels, self.value)

    @property
    def query(self) -> str:
        """What shows it: a query narrowed to this one series, or an API call."""
        if self.told:
            return self.told.query
        labels = ((k, "=", v) for k, v in sorted(self.labels.items()) if is_label(k))
        return self.signal.asked(matchers_text(labels), self.spans)

    @property
    def numeric(self) -> bool:
        """Whether ``query``, asked at ``at``, answers ``value``; else the statement is all there is."""
        return self.told is None or self.told.numeric

    @property
    def link(self) -> str:
        """A page that shows the same, where there is one."""
        return self.linked(self.query, self.at) if self.linked and self.numeric else ""

    @property
    def worse_than(self) -> float:
        """For sorting: the worst value first."""
        return -self.value if self.signal.worse == "up" else self.value


@dataclass(frozen=True, kw_only=True)
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

    def near(self, signal: str, entity: Entity) -> Sequence[Observation]:
        """Observations of a signal for this entity, or for the thing it belongs to or is made of."""
        if self.signals[signal].kind == entity.kind:
            return self._of_entity.get((signal, entity.key), ())
        here = self._on_instance.get((signal, entity.labels.get("instance", "")), ())
        return [o for o in here if _belong_together(o.entity, entity)]

    def on_hosts(self, hosts: Iterable[str]) -> tuple[Observation, ...]:
        """All observations on these machines."""
        wanted = set(hosts)
        every = (o for of_signal in self.observations.values() for o in of_signal)
        return tuple(o for o in every if wanted & set(hosts_in(o.entity.labels)))

    @cached_property
    def _of_entity(self) -> Mapping[tuple[str, tuple[str, str, str]], list[Observation]]:
        return self._indexed(lambda entity: entity.key)

    @cached_property
    def _on_instance(self) -> Mapping[tuple[str, str], list[Observation]]:
        return self._indexed(lambda entity: entity.labels.get("instance", ""))

    def _indexed(self, by: Callable[[Entity], K]) -> dict[tuple[str, K], list[Observation]]:
        index: dict[tuple[str, K], list[Observation]] = {}
        for signal, of_signal in self.observations.items():
            for observation in of_signal:
                index.setdefault((signal, by(observation.entity)), []).append(observation)
        return index


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNow:
    """What the expression behind an alert answers now."""

    asked: bool
    """Whether every metrics server could be asked."""
    evidence: tuple[Evidence, ...]
    """Empty when it no longer holds for this alert's labels."""
    elsewhere: bool = False
    """Whether it holds for other labels: of another thing, or of this one before it was relabelled."""


def _belong_together(one: Entity, other: Entity) -> bool:
    """Whether two entities of different kinds agree on every label both have, but for who scrapes them."""
    return all(other.labels.get(k, v) == v for k, v in one.labels.items() if k != "job")
