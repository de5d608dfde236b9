"""Every server that a homelab puts on the wire, and how the product is told of it."""

from __future__ import annotations

from collections.abc import Mapping

from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.notified import Inbox
from sre_assistant.sim.servers.alertmanager import Alertmanager
from sre_assistant.sim.servers.prometheus import Prometheus


def applications(live: Live) -> dict[str, App]:
    """The applications by name; Docker has one for each of its hosts."""
    house = live.world.house
    keeper = house.full_name(house.monitoring)
    inbox = Inbox(live.rules, live.silences, f"http://{keeper}:9090/graph?g0.expr=")
    return {
        "prometheus": Prometheus(live).app(),
        "alertmanager": Alertmanager(live, inbox).app(),
    }


def settings(live: Live, urls: Mapping[str, str]) -> dict[str, str]:
    """The environment that connects the product to the servers."""
    made = {f"{name.upper()}_URL": url for name, url in urls.items() if "-" not in name}
    docker = [url.replace("http://", "tcp://") for name, url in urls.items() if name.startswith("docker-")]
    if docker:
        made["DOCKER_HOST"] = docker[0]
    return made
