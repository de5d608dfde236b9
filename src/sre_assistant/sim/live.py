"""The homelab as its servers see it: one world, one clock, and what has been done so far."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sre_assistant.sim.alerting.notified import Inbox
from sre_assistant.sim.alerting.rules import load_rules, standard_rules
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.causality.deeds import Act, Deed, Mishap, mishappened
from sre_assistant.sim.causality.graph import SYSTEMS
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.metrics.series import Matcher, Series
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.scenario import Scenario
from sre_assistant.sim.world import World

_RULES_KNOWN: Final = timedelta(days=1)
_RULES_AHEAD: Final = 20  # evaluations; twenty cost little more than one


class DeedFailed(Exception):
    """The system could not do what it was asked; its text is for the answer."""


class AnswerLost(Exception):
    """It was done, but the answer is not to arrive: the server drops the connection."""


class Live:
    """What every server of a homelab is given; ask for ``world`` anew at each request."""

    def __init__(self, scenario: Scenario, seed: int, clock: SimClock) -> None:
        self.scenario = scenario
        self.seed = seed
        self.clock = clock
        self.engine = Engine()
        self.silences = Silences(seed)
        self.deeds: list[Deed] = []
        self.mishaps: dict[str, Mishap] = dict(scenario.mishaps)
        """What goes wrong with deeds, by their words (``restart container/media:jellyfin``) or by ``*``."""
        self.credentials = {system: _secret(seed, system) for system in SYSTEMS}
        """The secret that each system wants to see; Prometheus, Alertmanager, Loki and Docker want none."""
        self._lock = threading.RLock()
        self._world = scenario.build(seed)
        since = round((scenario.start - _RULES_KNOWN).timestamp() * 1000)
        self.rules = load_rules(standard_rules(), _Scrapes(self), self.engine, since, ahead=_RULES_AHEAD)
        """Prometheus' rules."""
        house = self._world.house
        keeper = house.full_name(house.monitoring)
        self.inbox = Inbox(self.rules, self.silences, f"http://{keeper}:9090/graph?g0.expr=")
        """What Alertmanager has received."""

    @property
    def world(self) -> World:
        """The world as it is now."""
        with self._lock:
            return self._world

    @property
    def now(self) -> float:
        """This moment in seconds since the world's epoch."""
        return self.world.seconds(self.clock.milliseconds())

    def act(self, act: Act, entity: str, detail: str = "") -> Deed:
        """Does something now: the world is remade, the same until now and different from here on.

        Raises:
            DeedFailed: the scenario has it go wrong.
            AnswerLost: it was done, but nobody is to hear of it.
        """
        deed = Deed(self.now, act, entity, detail)
        mishap = self.mishaps.get(deed.words, self.mishaps.get("*"))
        if mishap == "fail":
            raise DeedFailed(f"{deed.words}: operation failed: input/output error")
        done = mishappened(deed, mishap)
        with self._lock:
            self.deeds.append(done)
            self._world = self.scenario.build(self.seed, tuple(self.deeds))
        self.rules.forget(self.clock.milliseconds())
        if mishap == "lost":
            raise AnswerLost
        return done


@dataclass(frozen=True, slots=True)
class _Scrapes:
    """What rules are evaluated on: the scraped series of the world as it is."""

    live: Live

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        return self.live.world.index.matching(matchers)


def _secret(seed: int, system: str) -> str:
    return hashlib.sha256(f"{seed}\x00credentials\x00{system}".encode()).hexdigest()[:32]
