"""The backup server at one moment: its datastores, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.deeds import Deed
from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.proxmox.backups import Backup, kept
from sre_assistant.sim.servers.proxmox.calls import Refused
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.storage import Datastore
from sre_assistant.sim.world import World


@dataclass(frozen=True)
class StoreView:
    """One look at the server."""

    world: World
    t: float
    deeds: tuple[Deed, ...] = ()

    @classmethod
    def of(cls, live: Live) -> StoreView:
        """The server now."""
        world = live.world
        return cls(world, world.seconds(live.clock.milliseconds()), tuple(live.deeds))

    @property
    def at(self) -> Floats:
        """The moment, for what takes many."""
        return np.array([self.t])

    def unix(self, t: float) -> int:
        """A time of the world in unix seconds."""
        return self.world.unix_ms(t) // 1000

    @cached_property
    def now(self) -> int:
        """The moment in unix seconds."""
        return self.unix(self.t)

    @property
    def node(self) -> str:
        """The machine that it runs on."""
        return next(iter(self.world.house.datastores.values())).host

    @property
    def host(self) -> Host:
        """That machine."""
        return self.world.hosts[self.node]

    @property
    def up(self) -> bool:
        """Whether it can be reached over the network."""
        return self.world.spells[f"host/{self.node}"].at(self.t, "gone", "off") is None

    @property
    def booted(self) -> float:
        """When the machine was last started."""
        return float(self.host.boots[self.host.boots <= self.t][-1])

    @property
    def stores(self) -> tuple[str, ...]:
        """All datastores."""
        return tuple(sorted(self.world.datastores))

    def store(self, name: str) -> Datastore:
        """A datastore.

        Raises:
            Refused: there is none of that name.
        """
        if name not in self.world.datastores:
            raise Refused(400, f"no such datastore '{name}'")
        return self.world.datastores[name]

    def problem(self, name: str) -> str:
        """Why a datastore cannot be used at all; empty if it can."""
        store = self.world.datastores[name]
        if spell := store.spells.at(self.t, "maintenance"):
            reason = f": {spell.detail}" if spell.detail else ""
            return f"datastore '{name}' is in offline maintenance mode{reason}"
        if store.spells.at(self.t, "gone"):
            folder = f'"{store.spec.mountpoint}/.chunks"'
            return f"unable to open chunk store '{name}' at {folder} - No such file or directory (os error 2)"
        return ""

    def usable(self, name: str) -> Datastore:
        """A datastore that can be used.

        Raises:
            Refused: there is none of that name, or it cannot.
        """
        store = self.store(name)
        if problem := self.problem(name):
            raise Refused(400, problem)
        return store

    def storages(self, name: str) -> list[str]:
        """The storages of Proxmox VE that lie on a datastore."""
        found = self.world.house.storages
        return [one for one, spec in sorted(found.items()) if spec.datastore == name]

    def backups(self, name: str) -> list[Backup]:
        """What a datastore holds, and what is being written to it, by time."""
        found = [
            one for storage in self.storages(name) for one in kept(self.world, self.deeds, self.t, storage)
        ]
        return sorted(found, key=lambda one: (one.start, one.guest.spec.vmid))
