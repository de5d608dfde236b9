"""A house whose targets are relabelled: `instance` is an opaque id, and another label names the machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from sre_assistant.contracts.house import House
from sre_assistant.integrations import alertmanager, prometheus
from sre_assistant.integrations.alertmanager.config import Config as AlertmanagerConfig
from sre_assistant.integrations.prometheus.config import Config as PrometheusConfig
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.wire import Request, Response, Wire
from sre_assistant.sim.homelab import Homelab
from tests.workflows.houses import Connected

_INSTANCE = re.compile(r'"instance":"(i-[0-9a-f]{8})((?::\d+)?)"')


class Relabelled:
    """A wire behind which every machine has another name, and its old one in a label of its own.

    Alerts carry the label alone, as those of rules do that aggregate by it.
    """

    def __init__(self, wire: Wire, machines: dict[str, str], label: str) -> None:
        self._wire = wire
        self._ids = {full: f"i-{hashlib.sha256(full.encode()).hexdigest()[:8]}" for full in machines}
        self._names = {self._ids[full]: name for full, name in machines.items()}
        self._label = label

    @property
    def state(self) -> BreakerState:
        return self._wire.state

    async def send(self, request: Request) -> Response:
        asked = replace(request, params=self._theirs(request.params), form=self._theirs(request.form))
        response = await self._wire.send(asked)
        text = response.body.decode()
        for full, id_ in self._ids.items():
            text = text.replace(full, id_)
        alone = request.path == "/api/v2/alerts"
        body = _INSTANCE.sub(lambda found: self._named(found, alone=alone), text)
        return replace(response, body=body.encode())

    async def aclose(self) -> None:
        await self._wire.aclose()

    def _named(self, found: re.Match[str], *, alone: bool) -> str:
        named = f'"{self._label}":"{self._names[found[1]]}"'
        return named if alone else f"{found[0]},{named}"

    def _theirs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._undone(text)) for name, text in pairs)

    def _undone(self, text: str) -> str:
        for full, id_ in self._ids.items():
            text = text.replace(id_, full)
        return re.sub(rf'{self._label}=~?"[^"]*",?', "", text)


@asynccontextmanager
async def relabelled(lab: Homelab, label: str, setting: str = "") -> AsyncIterator[Connected]:
    house, clock = lab.world.house, SystemClock()
    machines = {house.full_name(host): host for host in house.hosts}
    prom = PrometheusConfig(url=lab.prometheus_url, host_label=setting, timeout=60.0)
    manager = AlertmanagerConfig(url=lab.alertmanager_url, timeout=60.0)
    wires = [
        Relabelled(LiveWire(name, config, clock, Random(1)), machines, label)
        for name, config in (("prometheus", prom), ("alertmanager", manager))
    ]
    systems = (
        prometheus.connect(prom, wires[0], clock, "prometheus"),
        alertmanager.connect(manager, wires[1], clock, "alertmanager"),
    )
    try:
        yield Connected(House(systems))
    finally:
        for wire in wires:
            await wire.aclose()


@pytest.mark.parametrize(
    ("label", "setting", "joined"),
    [("node", "", True), ("kubernetes_node", "", True), ("node", "node", True), ("node", "rack", False)],
)
async def test_an_alert_about_a_machine_that_is_gone_joins_by_the_label_that_names_it(
    label: str, setting: str, *, joined: bool
) -> None:
    # Only the targets tell which machine is meant: its exporters, and their own names for it, are gone.
    with Homelab("host-gone", at="shows") as lab:
        async with relabelled(lab, label, setting) as house:
            first, *_ = await house.investigate()
            assert await house.wrong_figures(first) == []
    assert first.case.alert
    assert "instance" not in first.case.alert.labels
    assert first.verdict == ("explained" if joined else "unknown")
    assert [c.id for c in first.causes[:1]] == (["host-gone"] if joined else [])


async def test_a_machine_can_be_asked_for_by_the_label_that_names_it() -> None:
    with Homelab("backup-fills-nas", at="shows") as lab:
        async with relabelled(lab, "node") as house:
            answer = await house.ask("how is nas doing?")
    assert answer.intent == "state"
    assert {evidence.query.count("i-") > 0 for evidence in answer.evidence} == {True}
