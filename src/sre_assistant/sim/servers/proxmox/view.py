"""The cluster as the node sees it that answers: who is a member, what runs, and how full the storages are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.deeds import PAUSED, Deed
from sre_assistant.sim.house import StorageSpec
from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.proxmox.backups import backups, half_done
from sre_assistant.sim.servers.proxmox.calls import Refused
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.world import World


class Space(NamedTuple):
    """How big a storage is and how much of it is in use, in bytes, at each time."""

    total: Floats
    used: Floats


@dataclass(frozen=True)
class ClusterView:
    """One look at the cluster, at one moment."""

    world: World
    t: float
    deeds: tuple[Deed, ...] = ()

    @classmethod
    def of(cls, live: Live) -> ClusterView:
        """The cluster now."""
        world = live.world
        return cls(world, world.seconds(live.clock.milliseconds()), tuple(live.deeds))

    @property
    def at(self) -> Floats:
        """The moment, for what takes many."""
        return np.array([self.t])

    @property
    def nodes(self) -> tuple[str, ...]:
        """All members, whether they are there or not."""
        return self.world.house.hypervisors

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.world.house.name

    def unix(self, t: float) -> int:
        """A time of the world in unix seconds."""
        return self.world.unix_ms(t) // 1000

    @cached_property
    def now(self) -> int:
        """The moment in unix seconds."""
        return self.unix(self.t)

    def up(self, node: str) -> bool:
        """Whether a node can be reached over the network."""
        return self.world.spells[f"host/{node}"].at(self.t, "gone", "off") is None

    @cached_property
    def local(self) -> str | None:
        """The node that answers: the first that can be reached; none while none can."""
        return next((node for node in self.nodes if self.up(node)), None)

    @cached_property
    def members(self) -> frozenset[str]:
        """The nodes that the answering one hears; one that is apart hears nobody."""
        if self.local is None or self._apart(self.local):
            return frozenset({self.local} if self.local else ())
        return frozenset(node for node in self.nodes if self.up(node) and not self._apart(node))

    @property
    def quorate(self) -> bool:
        """Whether these are more than half."""
        return 2 * len(self.members) > len(self.nodes)

    def host(self, node: str) -> Host:
        """A node's machine."""
        return self.world.hosts[node]

    def booted(self, node: str) -> float:
        """When a node was last started."""
        boots = self.host(node).boots
        return float(boots[boots <= self.t][-1])

    def guests(self, node: str = "", kind: str = "") -> Iterator[Guest]:
        """The guests, of one node or kind or all, by number."""
        for guest in sorted(self.world.guests.values(), key=lambda one: (one.spec.vmid, one.name)):
            if (not node or guest.spec.node == node) and (not kind or guest.spec.kind == kind):
                yield guest

    def guest(self, node: str, kind: str, vmid: int) -> Guest:
        """The guest of that number on a node.

        Raises:
            Refused: there is none of that kind.
        """
        for guest in self.guests(node, kind):
            if guest.spec.vmid == vmid:
                return guest
        folder = "qemu-server" if kind == "qemu" else "lxc"
        raise Refused(500, f"Configuration file 'nodes/{node}/{folder}/{vmid}.conf' does not exist")

    def by_number(self, vmid: int) -> Guest | None:
        """The guest of that number, wherever it is."""
        return next((one for one in self.guests() if one.spec.vmid == vmid), None)

    def runs(self, guest: Guest) -> bool:
        """Whether a guest runs."""
        return bool(guest.alive(self.at)[0])

    def lock(self, guest: Guest) -> str:
        """What a guest is locked for: by the story, for a backup under way, or for what was done by half."""
        told = guest.lock(self.t) or ("backup" if guest.name in self._saved else "")
        return told or half_done(self.deeds, guest, self.t)

    def paused(self, guest: Guest) -> bool:
        """Whether a guest is suspended."""
        spell = self.world.spells[guest.entity].at(self.t, "gone")
        return spell is not None and spell.detail == PAUSED and self.runs(guest)

    @cached_property
    def _saved(self) -> frozenset[str]:
        recent = backups(self.world, self.deeds, self.t - DAY, self.t + 1e-6)
        return frozenset(one.guest.name for one in recent if one.under_way(self.t))

    def storages(self, node: str) -> dict[str, StorageSpec]:
        """The storages that a node has."""
        found = self.world.house.storages
        return {name: spec for name, spec in sorted(found.items()) if not spec.nodes or node in spec.nodes}

    def storage(self, node: str, name: str) -> StorageSpec:
        """A storage that a node has.

        Raises:
            Refused: there is none.
        """
        if name not in self.world.house.storages:
            raise Refused(500, f"storage '{name}' does not exist")
        if name not in self.storages(node):
            raise Refused(500, f"storage '{name}' is not available on node '{node}'")
        return self.world.house.storages[name]

    def active(self, node: str, name: str) -> bool:
        """Whether a node can use a storage now."""
        world, spec = self.world, self.world.house.storages[name]
        if world.spells[f"storage/{name}"].at(self.t, "gone") is not None:
            return False
        mount = world.spells[f"mount/{node}:{spec.share}"] if spec.share else None
        return mount is None or mount.at(self.t, "stale") is None

    def space(self, node: str, name: str, t: Floats) -> Space:
        """How full a storage is, as a node sees it."""
        world, spec = self.world, self.world.house.storages[name]
        host, mountpoint = node, spec.mountpoint
        if spec.share:
            share = world.house.shares[spec.share]
            host, mountpoint = share.host, share.path
        elif spec.datastore:
            store = world.house.datastores[spec.datastore]
            host, mountpoint = store.host, store.mountpoint
        if not mountpoint:
            return Space(np.full(len(t), float(spec.size)), np.full(len(t), float(spec.used)))
        filesystem = world.hosts[host].filesystems[mountpoint]
        return Space(np.full(len(t), float(filesystem.spec.size)), filesystem.used(t))

    def _apart(self, node: str) -> bool:
        return self.world.spells[f"host/{node}"].at(self.t, "apart") is not None
