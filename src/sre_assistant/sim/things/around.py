"""Network devices and batteries over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import DeviceSpec, UpsSpec
from sre_assistant.sim.signals import Wander

_RECHARGE_SECONDS = 4 * 3600.0


@dataclass(slots=True)
class Device:
    """Something of the network."""

    name: str
    spec: DeviceSpec
    seed: int
    spells: Spells

    def gone(self, t: Floats) -> Floats:
        """1 while nothing passes."""
        return np.where(self.spells.inside(t, "gone", "off"), 1.0, 0.0)


@dataclass(slots=True)
class Ups:
    """A battery; during a ``battery`` spell there is no mains power."""

    name: str
    spec: UpsSpec
    seed: int
    spells: Spells

    def on_battery(self, t: Floats) -> Floats:
        """1 while there is no mains power and the battery lasts."""
        return np.where(self.spells.inside(t, "battery"), 1.0, 0.0)

    def charge(self, t: Floats) -> Floats:
        """Percent of the battery's charge."""
        left: Floats = np.full(len(t), 100.0)
        for one in self.spells.of("battery"):
            drained = np.clip((np.minimum(t, one.end) - one.start) / self.spec.runtime, 0.0, 1.0)
            regained = np.clip((t - one.end) / _RECHARGE_SECONDS, 0.0, 1.0)
            left = np.minimum(left, 100.0 * np.minimum(1 - drained + regained, 1.0))
        rounded: Floats = np.rint(left)
        return rounded

    def low(self, t: Floats) -> Floats:
        """1 while the battery is nearly empty."""
        return self.on_battery(t) * np.where(self.charge(t) <= 20, 1.0, 0.0)

    def load(self, t: Floats) -> Floats:
        """Percent of what it can feed."""
        return np.rint(self.spec.load * 100 + Wander(self.seed, 1800.0, 4.0).value(t))

    def input_volts(self, t: Floats) -> Floats:
        """Volts of the mains."""
        mains = np.round(230.0 + Wander(self.seed + 3, 2400.0, 3.0).value(t), 1)
        return np.where(self.on_battery(t) > 0, 0.0, mains)
