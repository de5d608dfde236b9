"""The NAS at a moment, as its API looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.storage import Drive, Pool

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

Date = dict[str, int]
"""A moment on the wire: ``{"$date": unix milliseconds}``."""


@dataclass(frozen=True, slots=True)
class View:
    """The machine, its pools and disks in a world at a time of it."""

    world: World
    name: str
    now: float
    release: str
    """``25.04``, ``25.10`` or ``26.0``."""

    @property
    def host(self) -> Host:
        """The machine."""
        return self.world.hosts[self.name]

    @property
    def pools(self) -> list[Pool]:
        """Its pools for data."""
        return [pool for pool in self._pools if pool.name != "boot-pool"]

    @property
    def boot(self) -> Pool | None:
        """The pool that it starts from."""
        return next((pool for pool in self._pools if pool.name == "boot-pool"), None)

    @property
    def drives(self) -> list[Drive]:
        """The disks that answer, by name."""
        found = [one for one in self.world.drives.values() if one.host == self.name]
        return sorted((one for one in found if self.figure(one.present)), key=lambda one: one.device)

    @property
    def newer(self) -> bool:
        """Whether it is a release from 25.10 on."""
        return self.release != "25.04"

    def figure(self, level: Callable[[Floats], Floats], t: float | None = None) -> float:
        """What a level of the world is now, or was then."""
        return float(level(np.array([self.now if t is None else t]))[0])

    def date(self, t: float) -> Date:
        """A time of the world on the wire."""
        return {"$date": self.world.unix_ms(t)}

    @property
    def _pools(self) -> list[Pool]:
        return [pool for pool in self.world.pools.values() if pool.host.name == self.name]


def digits(*names: str) -> int:
    """A number that stands for a thing."""
    return int.from_bytes(hashlib.sha256("\x00".join(names).encode()).digest()[:8], "big")
