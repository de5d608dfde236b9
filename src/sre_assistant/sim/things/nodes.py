"""A machine as a node of the cluster: when the control plane hears of it, and what it thinks of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sre_assistant.sim.causality.spells import Spell, Spells, joined
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.pods import NOTICED

_KUBELET_BACK = 8.0  # seconds from a node's return until its kubelet reports again
_PRESSURE = {"disk-pressure": "DiskPressure", "memory-pressure": "MemoryPressure"}


@dataclass(frozen=True)
class Node:
    """A node and what happens to its machine."""

    name: str
    host: Host
    spells: Spells

    @cached_property
    def silent(self) -> tuple[tuple[float, float], ...]:
        """When its kubelet tells nothing, in order."""
        return tuple((start, end + _KUBELET_BACK) for start, end in self._joined("gone", "off", "kubelet"))

    @cached_property
    def off(self) -> tuple[tuple[float, float], ...]:
        """When nothing on it runs, in order."""
        return tuple((start, end + _KUBELET_BACK + 4.0) for start, end in self._joined("off"))

    @cached_property
    def pressures(self) -> list[Spell]:
        """When it is short of something, by start."""
        return self.spells.of(*_PRESSURE)

    def ready(self, t: float) -> bool:
        """Whether the control plane calls it ready."""
        return not any(start + NOTICED <= t < end for start, end in self.silent)

    def seen(self, t: float) -> float:
        """The moment that its last report tells of."""
        return next((start for start, end in self.silent if start <= t < end), t)

    def pressure(self, t: float) -> dict[str, Spell]:
        """What it is short of, by the name of the condition."""
        s = self.seen(t)
        return {_PRESSURE[one.mode]: one for one in self.pressures if one.has(s)}

    def cordoned(self, t: float) -> Spell | None:
        """The deed that keeps new pods away, if there is one."""
        told = [one for one in self.spells.of("cordon", "uncordon") if one.start <= t]
        return told[-1] if told and told[-1].mode == "cordon" else None

    def takes(self, t: float) -> bool:
        """Whether the scheduler gives it pods."""
        return self.seen(t) == t and not self.pressure(t) and self.cordoned(t) is None

    def moments(self, start: float, end: float) -> list[float]:
        """When something about it changes in ``start < t <= end``, ascending."""
        found = {at for gone, back in self.silent for at in (gone + NOTICED, back)}
        found |= {at for one in self.pressures for at in (one.start, one.end)}
        found |= {one.start for one in self.spells.of("cordon", "uncordon")}
        return sorted(one for one in found if start < one <= end)

    def _joined(self, *modes: str) -> list[tuple[float, float]]:
        return joined(self.spells.of(*modes))
