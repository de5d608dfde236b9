"""A machine of the world: what is going on in it, as signals that exporters show and faults change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.house import DiskSpec, FilesystemSpec, HostSpec
from sre_assistant.sim.signals import (
    DAY,
    NOTHING,
    WEEK,
    Constant,
    During,
    Scaled,
    Signal,
    Sum,
    Wander,
    Weekly,
    seeded,
    uneven,
)

_FULL: Final = 0.965  # a CPU is never busier, so that each of a machine's CPUs keeps some idle time


@dataclass(slots=True)
class Disk:
    """A disk's traffic in bytes per second, and how busy it is (0 to 1) and how long its queue."""

    reads: Signal
    writes: Signal
    speed: float
    saturated: list[tuple[float, float]] = field(default_factory=list)

    @property
    def busy(self) -> Signal:
        """The share of time with work: by traffic, or nearly all while saturated."""
        usual: Signal = Sum(
            (Constant(0.004), Scaled(self.reads, 1 / self.speed), Scaled(self.writes, 1 / self.speed))
        )
        for start, end in self.saturated:
            usual = During(usual, start, end, uneven(Constant(0.975), 7, 0.02))
        return usual

    @property
    def queue(self) -> Signal:
        """Requests waiting: few by day, dozens while saturated."""
        usual: Signal = Scaled(self.busy, 1.3)
        for start, end in self.saturated:
            usual = During(usual, start, end, uneven(Constant(26.0), 8, 10.0))
        return usual


@dataclass(slots=True)
class Filesystem:
    """A mounted file system: how its space and inodes are used."""

    spec: FilesystemSpec
    start: float
    """When the scenario starts; ``spec.used`` holds then."""
    seed: int
    writers: list[Signal] = field(default_factory=list)
    """Bytes per second that somebody adds."""
    creators: list[Signal] = field(default_factory=list)
    """Inodes per second that somebody adds."""

    @property
    def inodes(self) -> float:
        """All inodes there are."""
        return float(self.spec.inodes or int(self.spec.size) // 16384)

    def used(self, t: Floats) -> Floats:
        """Bytes in use, in whole blocks, never more than there are."""
        base = self.spec.used + self.spec.growth * (t - self.start)
        drift = Wander(self.seed, DAY / 2, min(self.spec.used * 0.002, 64.0 * 2**20)).value(t)
        used = base + drift + sum(writer.total(t) for writer in self.writers)
        held: Floats = np.clip(np.floor(used / 4096) * 4096, 0.0, self.spec.size)
        return held

    def inodes_used(self, t: Floats) -> Floats:
        """Inodes in use."""
        base = self.spec.inodes_used * self.inodes + 0.002 * (t - self.start)
        used = base + sum(creator.total(t) for creator in self.creators)
        return np.clip(np.floor(used), 0.0, self.inodes)


@dataclass(frozen=True, slots=True)
class Leak:
    """Memory that a process takes from ``start`` on, up to ``most`` bytes, where it stays or is killed."""

    start: float
    end: float
    pace: float
    most: float
    killed: bool

    def taken(self, t: Floats) -> Floats:
        """Bytes taken."""
        since = np.clip(t - self.start, 0.0, None) * (t < self.end)
        grown = self.pace * since
        return np.mod(grown, self.most) if self.killed else np.minimum(grown, self.most)

    def kills(self, t: Floats) -> Floats:
        """How often it has been killed so far."""
        if not self.killed:
            return np.zeros_like(t)
        return np.floor(self.pace * np.clip(np.minimum(t, self.end) - self.start, 0.0, None) / self.most)

    def tight(self) -> tuple[float, float]:
        """When memory is short because of it."""
        return self.start + 0.85 * self.most / self.pace, self.end


@dataclass(slots=True)
class Memory:
    """Where a machine's memory goes."""

    size: float
    usual: float
    swap: float
    seed: int
    leaks: list[Leak] = field(default_factory=list)

    def apps(self, t: Floats) -> Floats:
        """Bytes that programs hold and cannot give back."""
        drift = Wander(self.seed, 7200.0, self.size * 0.02).value(t)
        taken = self.usual + drift + sum(leak.taken(t) for leak in self.leaks)
        return np.minimum(taken, self.size * 0.972)

    def swapped(self, t: Floats) -> Floats:
        """Bytes in swap: little, but nearly all after memory has been short for a while."""
        used = self.swap * 0.03 + Wander(self.seed + 5, 9000.0, self.swap * 0.01).value(t)
        for leak in self.leaks:
            start, end = leak.tight()
            used = used + np.clip((t - start) / 900.0, 0.0, 1.0) * (t < end) * self.swap * 0.9
        return np.clip(used, 0.0, self.swap * 0.985)

    def kills(self, t: Floats) -> Floats:
        """How often the kernel has killed a process for want of memory."""
        return np.zeros_like(t) + sum(leak.kills(t) for leak in self.leaks)


@dataclass(slots=True)
class Host:
    """A machine; times are seconds since the world's epoch."""

    name: str
    instance: str
    spec: HostSpec
    start: float
    seed: int
    boots: Floats
    """When it started, the first time before the epoch."""
    cpu: Signal
    """Share of CPU time spent working, 0 to 1."""
    waiting: Signal
    """Share of CPU time idle while I/O is under way."""
    crowd: Signal
    """Tasks that want to run beyond those that do."""
    receive: Signal
    transmit: Signal
    steal: Signal
    """Share of CPU time that the hypervisor gave to others."""
    disks: dict[str, Disk]
    filesystems: dict[str, Filesystem]
    memory: Memory
    gone: list[tuple[float, float]] = field(default_factory=list)
    stalls: dict[str, Signal] = field(default_factory=dict)
    """Share of time in which some task waited for cpu, io or memory."""
    clock_offset: list[tuple[float, float, float]] = field(default_factory=list)
    """Drifts of the clock: from, to, and seconds per second."""

    def work(self, start: float, end: float, level: Signal, most: float) -> None:
        """Its CPUs are busy at ``level``, never above ``most``; hardly any time is left for I/O wait."""
        self.cpu = During(self.cpu, start, end, level)
        self.waiting = During(self.waiting, start, end, Constant(min(0.004, max(_FULL - most, 0.0))))

    def wait_for_disks(self, start: float, end: float, share: float, seed: int) -> None:
        """Its CPUs idle in I/O wait, in at most the time that they do not work."""
        moments = np.linspace(start, min(end, start + WEEK), 2000)
        room = max(_FULL - 0.06 - float(self.cpu.value(moments).max()), 0.0)
        level = min(share, room)
        self.waiting = During(self.waiting, start, end, uneven(Constant(level), seed, level * 0.1))

    def is_gone(self, t: Floats) -> Floats:
        """1 where the machine is off the network."""
        gone = np.zeros(len(t))
        for start, end in self.gone:
            gone = np.where((t >= start) & (t < end), 1.0, gone)
        return gone

    def offset(self, t: Floats) -> Floats:
        """Seconds by which its clock is ahead of the right time."""
        ahead = Wander(self.seed + 31, 1800.0, 0.0002).value(t)
        for start, end, pace in self.clock_offset:
            ahead = ahead + pace * (np.clip(t, start, end) - start) * (t < end)
        return ahead

    def synchronised(self, t: Floats) -> Floats:
        """1 while the clock follows a time server."""
        free = np.zeros(len(t), dtype=np.bool_)
        for start, end, _ in self.clock_offset:
            free |= (t >= start + 60) & (t < end)
        return np.where(free, 0.0, 1.0)


def settled_host(name: str, instance: str, spec: HostSpec, start: float, seed: int) -> Host:
    """A machine with its usual weekly load and nothing wrong."""
    own = seeded(seed, "host", name)
    cpu = uneven(Weekly(usual_week(own) * spec.load), own + 1, spec.load * 0.2)
    return Host(
        name=name,
        instance=instance,
        spec=spec,
        start=start,
        seed=own,
        boots=_boots(start, own),
        cpu=cpu,
        waiting=uneven(Constant(0.004), own + 3, 0.003),
        crowd=NOTHING,
        steal=NOTHING,
        receive=_traffic(spec.network.receive, own, "receive"),
        transmit=_traffic(spec.network.transmit, own, "transmit"),
        disks={device: _disk(disk, seeded(own, device)) for device, disk in spec.disks.items()},
        filesystems={
            mount: Filesystem(one, start, seeded(own, mount)) for mount, one in spec.filesystems.items()
        },
        memory=Memory(spec.memory, spec.memory * spec.memory_used, spec.swap, seeded(own, "memory")),
        stalls={
            "cpu": Scaled(cpu, 0.02),
            "io": uneven(Constant(0.003), own + 9, 0.002),
            "memory": NOTHING,
        },
    )


def _boots(start: float, seed: int) -> Floats:
    """A start some weeks ago, and one every month or two before that."""
    boots = [start - DAY * (17 + seed % 41) - seed % 86400]
    while boots[0] > 0:
        boots.insert(0, boots[0] - DAY * (31 + seeded(seed, "boot", str(len(boots))) % 30) - seed % 7200)
    return np.array(boots)


def usual_week(seed: int) -> Floats:
    """How busy a household is through the week, about 1 at its peaks: quiet nights, lively evenings."""
    hours = np.arange(0, WEEK, 300) / 3600
    of_day, day = hours % 24, np.floor(hours / 24)
    morning = np.exp(-(((of_day - 8.5) / 2.2) ** 2))
    evening = np.exp(-(((of_day - 20.0) / 2.8) ** 2))
    noon = np.exp(-(((of_day - 13.5) / 3.5) ** 2))
    weekend = np.where(day >= 5, 1.15, 1.0)
    backups = np.where((of_day >= 3.0) & (of_day < 3.5), 0.35, 0.0)
    lean = 0.9 + 0.2 * (seed % 101) / 100
    return (0.35 + 0.35 * morning + 0.45 * noon * weekend + 0.6 * evening * lean) * weekend / 1.2 + backups


def _traffic(size: float, seed: int, way: str) -> Signal:
    own = seeded(seed, way)
    return uneven(Weekly(usual_week(own) * size), own, size * 0.4)


def _disk(spec: DiskSpec, seed: int) -> Disk:
    return Disk(_traffic(spec.reads, seed, "reads"), _traffic(spec.writes, seed, "writes"), spec.speed)
