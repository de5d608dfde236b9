"""Disks as SMART sees them, ZFS pools, and backup datastores over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import DatastoreSpec, DiskSpec, PoolSpec
from sre_assistant.sim.signals import DAY, Wander
from sre_assistant.sim.things.hosts import Filesystem, Host

PoolState = Literal["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED"]
POOL_STATES: Final[tuple[PoolState, ...]] = (
    "ONLINE",
    "DEGRADED",
    "FAULTED",
    "OFFLINE",
    "UNAVAIL",
    "REMOVED",
    "SUSPENDED",
)
_YEAR: Final = 365.25 * DAY


@dataclass(slots=True)
class Drive:
    """A physical disk: ``failing`` spells have as level the bad sectors that each hour brings."""

    host: str
    device: str
    spec: DiskSpec
    seed: int
    start: float
    spells: Spells

    @property
    def entity(self) -> str:
        """Its identity in the world."""
        return f"disk/{self.host}:{self.device}"

    @property
    def serial(self) -> str:
        """The serial number."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
        number = self.seed
        text = ""
        for _ in range(8):
            number, rest = divmod(number, len(letters))
            text += letters[rest]
        return f"{'S' if self.spec.kind != 'hdd' else 'W'}{text}"

    def powered(self, t: Floats) -> Floats:
        """Seconds under power."""
        return np.floor(self.spec.age_years * _YEAR * 0.97 + (t - self.start))

    def temperature(self, t: Floats) -> Floats:
        """Degrees Celsius."""
        usual = {"hdd": 36.0, "ssd": 33.0, "nvme": 44.0}[self.spec.kind]
        warm = self.spells.level(t, "hot")
        return np.rint(usual + self.seed % 4 + Wander(self.seed, 7200.0, 2.5).value(t) + warm)

    def bad_sectors(self, t: Floats) -> Floats:
        """Sectors found bad so far."""
        found = np.zeros(len(t))
        for one in self.spells.of("failing"):
            found = found + np.floor(
                np.clip(np.minimum(t, one.end) - one.start, 0.0, None) * one.level / 3600
            )
        return found

    def pending(self, t: Floats) -> Floats:
        """Bad sectors that wait to be written anew."""
        return np.floor(self.bad_sectors(t) * 0.4)

    def reallocated(self, t: Floats) -> Floats:
        """Bad sectors that spare ones have replaced."""
        return self.bad_sectors(t) - self.pending(t)

    def crc_errors(self, t: Floats) -> Floats:
        """Broken transfers, as a bad cable brings them."""
        found = np.zeros(len(t))
        for one in self.spells.of("cable"):
            found = found + np.floor(
                np.clip(np.minimum(t, one.end) - one.start, 0.0, None) * one.level / 3600
            )
        return found

    def passed(self, t: Floats) -> Floats:
        """1 while the disk calls itself healthy; it admits failure after 200 bad sectors."""
        return np.where(self.bad_sectors(t) >= 200, 0.0, 1.0)

    def present(self, t: Floats) -> Floats:
        """1 while it answers at all."""
        return np.where(self.spells.inside(t, "dead"), 0.0, 1.0)

    def wear(self, t: Floats) -> Floats:
        """Percent of an SSD's life used."""
        return np.floor(np.clip(self.spec.age_years * 4.2 + self.spells.level(t, "worn"), 0, 255)) + 0 * t


@dataclass(slots=True)
class Pool:
    """A ZFS pool."""

    name: str
    spec: PoolSpec
    host: Host
    drives: tuple[Drive, ...]
    filesystems: dict[str, Filesystem]
    """The datasets that are mounted, by mount point."""
    spells: Spells

    @property
    def entity(self) -> str:
        """Its identity in the world."""
        return f"pool/{self.name}"

    def allocated(self, t: Floats) -> Floats:
        """Bytes in use."""
        used = self.spec.other + sum(one.used(t) for one in self.filesystems.values())
        return np.minimum(used, self.spec.size)

    def state(self, t: float) -> PoolState:
        """Its health at a moment."""
        return POOL_STATES[int(self.health(np.array([t]))[0])]

    def health(self, t: Floats) -> Floats:
        """The place of its state in `POOL_STATES`."""
        bad = np.where(self.spells.inside(t, "degraded"), 1.0, 0.0)
        return np.where(self.spells.inside(t, "suspended"), 6.0, bad)

    def errors(self, drive: Drive, t: float) -> tuple[int, int, int]:
        """Read, write and checksum errors of one of its disks."""
        at = np.array([t])
        bad = int(drive.bad_sectors(at)[0])
        sums = sum(
            int(max(min(t, one.end) - one.start, 0.0) * one.level / 3600)
            for one in self.spells.of("errors")
            if one.part in {"", drive.entity}
        )
        return bad // 3, bad // 9, sums


@dataclass(slots=True)
class Datastore:
    """A datastore of the Proxmox Backup Server."""

    name: str
    spec: DatastoreSpec
    filesystem: Filesystem
    spells: Spells

    @property
    def entity(self) -> str:
        """Its identity in the world."""
        return f"datastore/{self.name}"

    def used(self, t: Floats) -> Floats:
        """Bytes in use."""
        return self.filesystem.used(t)
