"""Every server that a homelab puts on the wire, and how the product is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.webhooks import alertmanager_notifier
from sre_assistant.sim.house import House
from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.servers.alertmanager import Alertmanager
from sre_assistant.sim.servers.docker import ENGINES, Docker
from sre_assistant.sim.servers.grafana.server import Grafana
from sre_assistant.sim.servers.kubernetes import Kubernetes
from sre_assistant.sim.servers.loki.server import Loki
from sre_assistant.sim.servers.pbs import access as pbs_access
from sre_assistant.sim.servers.pbs.server import Pbs
from sre_assistant.sim.servers.prometheus import Prometheus
from sre_assistant.sim.servers.proxmox.access import READ, Keys
from sre_assistant.sim.servers.proxmox.server import Proxmox
from sre_assistant.sim.servers.truenas import Keys as NasKeys
from sre_assistant.sim.servers.truenas import TrueNas


@dataclass(frozen=True, slots=True)
class Systems:
    """Everything of a homelab that answers, and what pushes to others."""

    applications: dict[str, App]
    """By name; Docker has one for each of its hosts."""
    pushing: dict[str, Callable[[tuple[Target, ...]], Notifier]]
    """The systems that tell others of their alerts, and how they are given whom to tell."""


def assembled(live: Live) -> Systems:
    """Every server of a homelab."""
    house = live.world.house
    loki = Loki(live).app()
    grafana = Grafana(live, others={"loki": loki})
    nas = live.scenario.versions.get("truenas", "25.10")
    applications: dict[str, App] = {
        "prometheus": Prometheus(live).app(),
        "alertmanager": Alertmanager(live, live.inbox).app(),
        "grafana": grafana.app(),
        "loki": loki,
        **{
            f"docker-{host}": Docker(live, host, ENGINES[place % len(ENGINES)]).app()
            for place, host in enumerate(house.containers)
        },
        **({"proxmox": Proxmox(live).app()} if house.hypervisors else {}),
        **({"pbs": Pbs(live).app()} if house.datastores else {}),
        **({"truenas": TrueNas(live, nas).app()} if house.pools else {}),
        **(_cluster(live) if house.kubernetes else {}),
    }

    def alertmanager(targets: tuple[Target, ...]) -> Notifier:
        return alertmanager_notifier(live, live.inbox, targets)

    return Systems(applications, {"alertmanager": alertmanager, "grafana": grafana.notifier})


def machine(house: House, name: str) -> str:
    """The machine that a system runs on, where it answers from one alone; empty otherwise."""
    if name.startswith("docker-"):
        return name.removeprefix("docker-")
    if name == "truenas":
        return next(iter(house.pools.values())).host
    return next(iter(house.datastores.values())).host if name == "pbs" else ""


def _cluster(live: Live) -> dict[str, App]:
    """The API server, and what ``kubectl proxy`` makes of it for clients that send no token."""
    server = Kubernetes(live)
    return {"kubernetes": server.app(), "kubernetes-proxy": server.proxy()}


def configuration(live: Live, urls: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """The ``config.yaml`` that connects the product to all servers, every Docker host included."""
    made: dict[str, list[dict[str, str]]] = {}
    for name, value in settings(live, urls).items():
        kind, _, field = name.lower().partition("_")
        if kind != "docker":
            made.setdefault(kind, [{}])[0][field] = value
    docker = [name for name in urls if name.startswith("docker-")]
    if docker:
        made["docker"] = [{"name": name, "url": _docker_host(urls[name])} for name in docker]
    return made


def _docker_host(url: str) -> str:
    return url.replace("http://", "tcp://")


def settings(live: Live, urls: Mapping[str, str]) -> dict[str, str]:
    """The environment that connects the product to the servers."""
    made = {f"{name.upper()}_URL": url for name, url in urls.items() if "-" not in name}
    docker = [_docker_host(url) for name, url in urls.items() if name.startswith("docker-")]
    if docker:
        made["DOCKER_HOST"] = docker[0]
    if "grafana" in urls:
        made["GRAFANA_SERVICE_ACCOUNT_TOKEN"] = live.credentials["grafana"]
    if "proxmox" in urls:
        made["PROXMOX_API_TOKEN"] = Keys(live.credentials["proxmox"]).header(READ)
        made["PROXMOX_NODE"] = live.world.house.hypervisors[0]
    if "kubernetes" in urls:
        made["KUBERNETES_TOKEN"] = live.credentials["kubernetes"]
    if "truenas" in urls:
        made["TRUENAS_API_KEY"] = NasKeys(live.credentials["truenas"]).reader
    if "pbs" in urls:
        made["PBS_API_TOKEN"] = pbs_access.Keys(live.credentials["pbs"]).header(pbs_access.READ)
        made["PBS_DEFAULT_DATASTORE"] = next(iter(live.world.house.datastores))
    return made
