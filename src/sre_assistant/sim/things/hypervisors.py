"""The hypervisors of the house as one of them sees the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells


@dataclass(frozen=True, slots=True)
class Hypervisors:
    """The nodes of a Proxmox cluster, seen from the first; ``apart`` are nodes that hear no other."""

    nodes: tuple[str, ...]
    spells: Mapping[str, Spells]

    @property
    def local(self) -> str:
        """The node that is asked."""
        return self.nodes[0]

    def online(self, node: str, t: Floats) -> Floats:
        """1 while the asked node hears a node."""
        if node == self.local:
            return np.ones(len(t))
        return self._heard(node, t) * self._heard(self.local, t)

    def members(self, t: Floats) -> Floats:
        """How many nodes hear each other, the asked one among them."""
        return np.asarray(sum(self.online(node, t) for node in self.nodes))

    def quorate(self, t: Floats) -> Floats:
        """1 while more than half of the nodes hear each other."""
        return np.where(self.members(t) * 2 > len(self.nodes), 1.0, 0.0)

    def inquorate(self, t: Floats) -> Floats:
        """1 while there is no quorum."""
        return 1.0 - self.quorate(t)

    def _heard(self, node: str, t: Floats) -> Floats:
        return np.where(self.spells[f"host/{node}"].inside(t, "gone", "off", "apart"), 0.0, 1.0)
