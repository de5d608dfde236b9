"""What a homelab consists of before anything happens in it: the typed content of a world file."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from sre_assistant.sim.documents import Document
from sre_assistant.sim.quantities import Rate, Share, Size, Span


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host's network card and its usual traffic."""

    device: str
    receive: Rate
    transmit: Rate


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A disk, its usual traffic, and the speed at which it is fully busy."""

    reads: Rate
    writes: Rate
    speed: Rate


class FilesystemSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mounted file system; ``used`` is the space taken when the scenario starts."""

    device: str
    fstype: str
    size: Size
    used: Size
    growth: Rate
    disks: tuple[str, ...]
    inodes: int | None = None
    """All inodes; by default one for each 16 KiB."""
    inodes_used: Share = Share(0.06)


class HostSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine with node_exporter on port 9100."""

    title: str
    address: str
    cpus: int
    memory: Size
    memory_used: Share
    swap: Size
    load: Share
    """Usual share of busy CPU time at noon of a working day."""
    network: NetworkSpec
    kernel: str
    disks: dict[str, DiskSpec]
    filesystems: dict[str, FilesystemSpec]


class PageSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A web page that the blackbox exporter asks for; its ``certificate`` is valid so long from the start."""

    host: str
    answer: Span
    certificate: Span | None = None


class House(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A homelab at rest."""

    name: str
    domain: str
    hosts: dict[str, HostSpec]
    monitoring: str
    """The host that runs Prometheus, Alertmanager and the blackbox exporter."""
    pages: dict[str, PageSpec]

    def instance(self, host: str) -> str:
        """How metrics call a host, e.g. ``nas.lan:9100``."""
        return f"{host}.{self.domain}:9100"


@cache
def standard_house() -> House:
    """The homelab that comes with the program."""
    text = resources.files("sre_assistant.sim").joinpath("worlds", "homelab.yaml").read_text(encoding="utf-8")
    return Document(text, "homelab.yaml").typed(House)
