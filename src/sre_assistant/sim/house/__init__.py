"""What a homelab consists of before anything happens in it: the typed content of a world file."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from sre_assistant.sim.documents import Document
from sre_assistant.sim.house.cluster import KubernetesSpec, WorkloadSpec
from sre_assistant.sim.house.containers import ContainerSpec
from sre_assistant.sim.house.guests import GuestSpec
from sre_assistant.sim.house.jobs import JobSpec
from sre_assistant.sim.house.machines import DiskSpec, FilesystemSpec, HostSpec, NetworkSpec
from sre_assistant.sim.house.network import DeviceSpec, PageSpec, UpsSpec
from sre_assistant.sim.house.storage import DatastoreSpec, PoolSpec, ShareSpec, StorageSpec

__all__ = [
    "ContainerSpec",
    "DatastoreSpec",
    "DeviceSpec",
    "DiskSpec",
    "FilesystemSpec",
    "GuestSpec",
    "HostSpec",
    "House",
    "JobSpec",
    "KubernetesSpec",
    "NetworkSpec",
    "PageSpec",
    "PoolSpec",
    "ShareSpec",
    "StorageSpec",
    "UpsSpec",
    "WorkloadSpec",
    "house_in",
    "standard_house",
]


class House(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A homelab at rest."""

    name: str
    domain: str
    hosts: dict[str, HostSpec]
    monitoring: str
    """The host that runs Prometheus, Alertmanager, Loki, Grafana and the blackbox exporter."""
    pages: dict[str, PageSpec]
    hypervisors: tuple[str, ...] = ()
    """The hosts that are nodes of the Proxmox cluster."""
    guests: dict[str, GuestSpec] = {}
    containers: dict[str, dict[str, ContainerSpec]] = {}
    """Containers by the host they run on."""
    pools: dict[str, PoolSpec] = {}
    shares: dict[str, ShareSpec] = {}
    storages: dict[str, StorageSpec] = {}
    datastores: dict[str, DatastoreSpec] = {}
    devices: dict[str, DeviceSpec] = {}
    ups: dict[str, UpsSpec] = {}
    kubernetes: KubernetesSpec | None = None
    jobs: dict[str, JobSpec] = {}

    def instance(self, host: str) -> str:
        """How metrics call a host, e.g. ``nas.lan:9100``."""
        return f"{host}.{self.domain}:9100"

    def full_name(self, host: str) -> str:
        """A host's name with the domain."""
        return f"{host}.{self.domain}"


@cache
def house_in(path: str) -> House:
    """The house of a world file.

    Raises:
        ConfigError: it cannot be read, or is wrong; the message says where.
    """
    return Document.read(Path(path)).typed(House)


@cache
def standard_house() -> House:
    """The homelab that comes with the program."""
    text = resources.files("sre_assistant.sim").joinpath("worlds", "homelab.yaml").read_text(encoding="utf-8")
    return Document(text, "homelab.yaml").typed(House)
