"""A guest of Proxmox VE over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import GuestSpec
from sre_assistant.sim.signals import Scaled, Signal, Sum, Wander
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.lives import Lives


@dataclass(slots=True)
class Guest:
    """A virtual machine or a container of Proxmox VE; ``host`` is the system in it where that is watched."""

    name: str
    spec: GuestSpec
    seed: int
    node: Host
    host: Host | None
    lives: Lives
    spells: Spells
    work: Signal
    """Share of its CPUs that is busy while it runs."""
    receive: Signal
    transmit: Signal

    @property
    def entity(self) -> str:
        """Its identity in the world."""
        return f"guest/{self.name}"

    @property
    def title(self) -> str:
        """What Proxmox VE calls it."""
        return self.spec.title or self.name

    def alive(self, t: Floats) -> Floats:
        """1 while it runs."""
        return self.lives.alive(t)

    def uptime(self, t: Floats) -> Floats:
        """Seconds since its start, 0 while it is off."""
        return np.floor((t - self.lives.begun(t)) * self.alive(t))

    def cpu_share(self, t: Floats) -> Floats:
        """How busy its CPUs are, 0 to 1."""
        busy = self.host.cpu if self.host else self.work
        level = np.maximum(busy.value(t), self.spells.level(t, "busy"))
        return np.clip(level, 0.0, 1.0) * self.alive(t)

    def disk_read(self, t: Floats) -> Floats:
        """Bytes read from its disks since its start."""
        return self.since_start(self._traffic("reads"), t)

    def disk_written(self, t: Floats) -> Floats:
        """Bytes written to its disks since its start."""
        return self.since_start(self._traffic("writes"), t)

    def memory_used(self, t: Floats) -> Floats:
        """Bytes of memory in use."""
        if self.host:
            used = self.host.memory.apps(t) * self.spec.memory / self.host.spec.memory
        else:
            used = self.spec.memory * self.spec.memory_used * (1 + Wander(self.seed, 5400.0, 0.05).value(t))
        return np.floor(np.clip(used, 0.0, self.spec.memory) / 4096) * 4096 * self.alive(t)

    def disk_used(self, t: Floats) -> Floats:
        """Bytes of its root disk in use; Proxmox VE knows it for LXC only."""
        share = 0.2 + (self.seed % 50) / 100
        return np.floor(self.spec.disk * (share + Wander(self.seed + 9, 86400.0, 0.01).value(t)))

    def since_start(self, signal: Signal, t: Floats) -> Floats:
        """What a signal brought since the guest was started."""
        lives, places = self.lives.places(t)
        if not lives:
            return np.zeros(len(t))
        before = signal.total(np.array([life.start for life in lives]))[np.maximum(places, 0)]
        return np.floor(np.maximum(signal.total(t) - before, 0.0)) * self.alive(t)

    def _traffic(self, way: Literal["reads", "writes"]) -> Signal:
        """What its system does to its disks; of a guest that nobody watches it goes with its work."""
        if self.host:
            return Sum(tuple(getattr(disk, way) for disk in self.host.disks.values()))
        return Scaled(self.work, {"reads": 1.2e6, "writes": 3.1e6}[way])

    def lock(self, t: float) -> str:
        """The lock on it at a moment: empty, or e.g. ``backup``."""
        spell = self.spells.at(t, "locked")
        return spell.detail if spell else ""
