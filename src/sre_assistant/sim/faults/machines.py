"""Faults of machines: space, memory, CPU, disks, clocks, exporters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.faults.model import OnHost
from sre_assistant.sim.quantities import Pace, Rate, Share, Size
from sre_assistant.sim.signals import NOTHING, Constant, During, Scaled, Signal, Sum, seeded, uneven
from sre_assistant.sim.things.hosts import Leak

if TYPE_CHECKING:
    from sre_assistant.sim.house import House
    from sre_assistant.sim.things.hosts import Filesystem, Host
    from sre_assistant.sim.world import World

MOST_BUSY: Final = 0.93
"""The highest share of CPU time that programs can take here."""


class OnFilesystem(OnHost, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something with one file system of a machine."""

    mountpoint: str

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The file system."""
        return f"filesystem/{self.host}:{self.mountpoint}"

    def entities(self) -> dict[str, str]:
        """The file system."""
        return {"mountpoint": f"filesystem/{self.host}:{self.mountpoint}"}


class FillDisk(OnFilesystem, frozen=True, kw_only=True, tag="fill-disk"):
    """Something writes to a file system until ``fills`` of it is used, perhaps from another machine."""

    cause: ClassVar[str | None] = "filesystem-filling"

    rate: Rate
    fills: Share = Share(1.0)
    over_network: bool = False

    def begin(self, world: World, t: float) -> None:
        """Space, disk writes and network all show it."""
        host = world.hosts[self.host]
        filesystem = host.filesystems[self.mountpoint]
        rate = uneven(
            Constant(self.rate), seeded(world.seed, "fill", self.host, self.mountpoint), self.rate * 0.3
        )
        end = min(self.until(t), _reached(filesystem, rate, t, self.fills * filesystem.spec.size))
        written: Signal = During(NOTHING, t, end, rate)
        filesystem.writers.append(written)
        for device in filesystem.spec.disks:
            disk = host.disks[device]
            disk.writes = Sum((disk.writes, Scaled(written, 1 / len(filesystem.spec.disks))))
        if self.fills >= 1 and end < self.until(t):
            world.tell(f"filesystem/{self.host}:{self.mountpoint}", "full", end, self.until(t))
        if self.over_network:
            host.receive = Sum((host.receive, Scaled(written, 1.04)))
            host.transmit = Sum((host.transmit, Scaled(written, 0.02)))


class FillInodes(OnFilesystem, frozen=True, kw_only=True, tag="fill-inodes"):
    """Something creates small files until ``fills`` of the inodes are used."""

    cause: ClassVar[str | None] = "inode-exhaustion"

    pace: Pace
    fills: Share = Share(1.0)

    def begin(self, world: World, t: float) -> None:
        """Inodes go, and a little space with them."""
        host = world.hosts[self.host]
        filesystem = host.filesystems[self.mountpoint]
        left = self.fills * filesystem.inodes - float(filesystem.inodes_used(np.array([t]))[0])
        end = min(self.until(t), t + max(left, 0.0) / self.pace)
        created: Signal = During(NOTHING, t, end, Constant(self.pace))
        filesystem.creators.append(created)
        filesystem.writers.append(Scaled(created, 512.0))


class BusyCpu(OnHost, frozen=True, kw_only=True, tag="busy-cpu"):
    """Programs take ``level`` of all CPU time."""

    cause: ClassVar[str | None] = "cpu-saturation"

    level: Share

    def begin(self, world: World, t: float) -> None:
        """CPU, load and CPU stalls rise."""
        host = world.hosts[self.host]
        level = min(self.level, MOST_BUSY)
        seed = seeded(world.seed, "busy", self.host)
        host.work(t, self.until(t), uneven(Constant(level), seed, 0.03), level + 0.015)
        stall = max(level - 0.7, 0.0) * 2
        host.crowd = During(host.crowd, t, self.until(t), Constant(stall * host.spec.cpus))
        host.stalls["cpu"] = During(
            host.stalls["cpu"], t, self.until(t), uneven(Constant(stall), seed + 2, stall * 0.2)
        )


class Scrub(OnHost, frozen=True, kw_only=True, tag="scrub"):
    """A pool checks itself: it reads from the disks of a file system and keeps the CPUs at ``cpu``."""

    mountpoint: str
    cpu: Share
    reads: Rate

    def begin(self, world: World, t: float) -> None:
        """CPU and disk reads rise; nobody waits for it."""
        host = world.hosts[self.host]
        seed = seeded(world.seed, "scrub", self.host)
        level = min(self.cpu, MOST_BUSY)
        host.work(t, self.until(t), uneven(Constant(level), seed, 0.03), level + 0.015)
        devices = host.filesystems[self.mountpoint].spec.disks
        read: Signal = During(
            NOTHING, t, self.until(t), uneven(Constant(self.reads / len(devices)), seed, self.reads * 0.1)
        )
        for device in devices:
            host.disks[device].reads = Sum((host.disks[device].reads, read))
        pool = host.filesystems[self.mountpoint].spec.device.partition("/")[0]
        world.tell(f"pool/{pool}", "scrubbing", t, self.until(t))


class SaturateDisk(OnHost, frozen=True, kw_only=True, tag="saturate-disk"):
    """A disk gets more requests than it can serve."""

    cause: ClassVar[str | None] = "disk-io-saturation"

    device: str

    def begin(self, world: World, t: float) -> None:
        """The disk is always busy, its queue long, and tasks wait for it."""
        host = world.hosts[self.host]
        disk, end = host.disks[self.device], self.until(t)
        seed = seeded(world.seed, "saturate", self.host, self.device)
        share = disk.speed * 0.3
        disk.reads = During(disk.reads, t, end, uneven(Constant(share), seed, share * 0.2))
        disk.writes = During(disk.writes, t, end, uneven(Constant(share), seed + 2, share * 0.2))
        disk.saturated.append((t, end))
        host.wait_for_disks(t, end, 0.42, seed + 4)
        host.stalls["io"] = During(host.stalls["io"], t, end, uneven(Constant(0.68), seed + 6, 0.1))

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The disk."""
        return f"disk/{self.host}:{self.device}"

    def entities(self) -> dict[str, str]:
        """The disk."""
        return {"device": f"disk/{self.host}:{self.device}"}


class LeakMemory(OnHost, frozen=True, kw_only=True, tag="leak-memory"):
    """A program takes ever more memory."""

    cause: ClassVar[str | None] = "memory-pressure"

    pace: Rate

    def begin(self, world: World, t: float) -> None:
        """Memory goes, swap fills, tasks wait."""
        _leak(world.hosts[self.host], t, self.until(t), self.pace, killed=False)


class KillForMemory(OnHost, frozen=True, kw_only=True, tag="oom-kills"):
    """A program takes ever more memory, is killed by the kernel, starts again, and so on."""

    cause: ClassVar[str | None] = "oom-kill"

    pace: Rate

    def begin(self, world: World, t: float) -> None:
        """Memory rises and falls, kills are counted."""
        _leak(world.hosts[self.host], t, self.until(t), self.pace, killed=True)


class DriftClock(OnHost, frozen=True, kw_only=True, tag="drift-clock"):
    """A machine's clock loses its time server and gains ``seconds_per_hour``."""

    cause: ClassVar[str | None] = "clock-drift"

    seconds_per_hour: float

    def begin(self, world: World, t: float) -> None:
        """The offset grows and the kernel calls the clock unsynchronised."""
        world.hosts[self.host].clock_offset.append((t, self.until(t), self.seconds_per_hour / 3600))
        world.tell(f"clock/{self.host}", "drifting", t, self.until(t))


class HeatUp(OnHost, frozen=True, kw_only=True, tag="heat-up"):
    """A fan has stopped: everything in the machine is so many ``degrees`` warmer, and the CPU slows down."""

    cause: ClassVar[str | None] = "temperature-high"

    degrees: float = 28.0

    def begin(self, world: World, t: float) -> None:
        """Sensors and disks show it."""
        world.tell(f"host/{self.host}", "hot", t, self.until(t), level=self.degrees)
        for device in world.house.hosts[self.host].disks:
            world.tell(f"disk/{self.host}:{device}", "hot", t, self.until(t), level=self.degrees * 0.6)


class Free(OnHost, frozen=True, kw_only=True, tag="free-space"):
    """Somebody deletes: so much less is used from then on."""

    mountpoint: str
    size: Size

    def begin(self, world: World, t: float) -> None:
        """The space is back within ten seconds."""
        filesystem = world.hosts[self.host].filesystems[self.mountpoint]
        filesystem.writers.append(During(NOTHING, t, t + 10.0, Constant(-self.size / 10.0)))

    def entities(self) -> dict[str, str]:
        """The file system."""
        return {"mountpoint": f"filesystem/{self.host}:{self.mountpoint}"}


def _reached(filesystem: Filesystem, rate: Signal, t: float, goal: float) -> float:
    """When a writer that begins at ``t`` has filled the file system up to ``goal`` bytes."""
    begin = np.array([t])

    def used(moment: float) -> float:
        at = np.array([moment])
        return float((filesystem.used(at) + rate.total(at) - rate.total(begin))[0])

    low, high = t, t + 60.0
    if used(t) >= goal:
        return t
    while used(high) < goal:
        low, high = high, t + (high - t) * 2
        if high - t > 1e9:
            return FOREVER
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if used(middle) < goal else (low, middle)
    return high


def _leak(host: Host, t: float, end: float, pace: float, *, killed: bool) -> None:
    memory = host.memory
    leak = Leak(t, end, pace, max(memory.size * 0.972 - memory.usual, memory.size * 0.05), killed)
    memory.leaks.append(leak)
    tight, _ = leak.tight()
    seed = host.seed + 600
    if tight < end:
        host.stalls["memory"] = During(host.stalls["memory"], tight, end, uneven(Constant(0.34), seed, 0.1))
        host.wait_for_disks(tight, end, 0.08, seed + 2)
