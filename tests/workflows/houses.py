"""A simulated homelab, connected as the product connects a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

from sre_assistant.contracts.house import House
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.integrations import alertmanager, prometheus
from sre_assistant.integrations.alertmanager.config import Config as AlertmanagerConfig
from sre_assistant.integrations.prometheus.config import Config as PrometheusConfig
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.ids import RandomIds
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.ask import ask
from sre_assistant.workflows.investigate import Selection, investigate

SOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Connected:
    """What a test may ask of the product about one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._clock = SystemClock()

    async def investigate(self, selection: Selection | None = None) -> tuple[Diagnosis, ...]:
        """All that alerts, or what is selected."""
        chosen = selection or Selection(everything=True)
        return await investigate(self.house, chosen, clock=self._clock, ids=RandomIds(), emit=_nobody)

    async def ask(self, question: str, previous: Answer | None = None) -> Answer:
        """The answer to a question."""
        return await ask(
            self.house,
            question,
            previous=previous,
            zone=UTC,
            clock=self._clock,
            ids=RandomIds(),
            emit=_nobody,
        )

    async def wrong_figures(self, diagnosis: Diagnosis) -> list[str]:
        """Cited values that the source does not confirm when asked the cited query at the cited moment."""
        (source,) = self.house.metrics
        wrong = []
        for evidence in diagnosis.evidence:
            if evidence.value is not None:
                reading = await source.instant(evidence.query, evidence.observed_at)
                if [s.value for s in reading.value] != [evidence.value]:
                    wrong.append(f"{evidence.id}: {evidence.query}")
        return wrong


@asynccontextmanager
async def connected(lab: Homelab, patience: float = 60.0) -> AsyncIterator[Connected]:
    """The product, connected to a running homelab; ``patience`` is how many seconds an answer may take."""
    clock, rng = SystemClock(), Random(1)
    prom = PrometheusConfig(url=lab.prometheus_url, timeout=patience)
    manager = AlertmanagerConfig(url=lab.alertmanager_url, timeout=patience)
    wires = LiveWire("prometheus", prom, clock, rng), LiveWire("alertmanager", manager, clock, rng)
    systems = (
        prometheus.connect(prom, wires[0], clock, "prometheus"),
        alertmanager.connect(manager, wires[1], clock, "alertmanager"),
    )
    try:
        yield Connected(House(systems))
    finally:
        for wire in wires:
            await wire.aclose()


def _nobody(event: object) -> None:
    """Nobody watches."""
