"""prometheus-pve-exporter: what the Proxmox VE cluster says of its nodes, guests and storages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sre_assistant.sim.exporters.pve.cluster import cluster
from sre_assistant.sim.exporters.pve.guests import guests
from sre_assistant.sim.exporters.pve.metrics import ABOUT
from sre_assistant.sim.exporters.pve.replication import backups, replication
from sre_assistant.sim.exporters.pve.storages import storages
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Family
from sre_assistant.sim.things.hypervisors import Hypervisors

if TYPE_CHECKING:
    from sre_assistant.sim.world import World


def families(world: World, _host: str) -> list[Family]:
    """All metrics of the cluster."""
    sheet = Sheet(ABOUT)
    seen = Hypervisors(world.house.hypervisors, world.spells)
    cluster(sheet, world, seen)
    guests(sheet, world, seen)
    storages(sheet, world, seen)
    replication(sheet, world)
    backups(sheet, world)
    return sheet.families()
