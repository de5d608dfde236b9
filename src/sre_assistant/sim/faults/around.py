"""Faults of storage, network, power and backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sre_assistant.sim.faults.model import About, Fault, OnHost
from sre_assistant.sim.quantities import Rate, Share
from sre_assistant.sim.signals import Constant, During, Scaled, Sum

if TYPE_CHECKING:
    from sre_assistant.sim.house import House
    from sre_assistant.sim.world import World


class FailDisk(OnHost, frozen=True, kw_only=True, tag="fail-disk"):
    """A disk finds ever more bad sectors."""

    cause: ClassVar[str | None] = "disk-failing"

    device: str
    sectors_per_hour: float = 40.0

    def begin(self, world: World, t: float) -> None:
        """SMART counts them; a pool on it sees checksum errors."""
        world.tell(self._entity, "failing", t, self.until(t), level=self.sectors_per_hour)

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The disk."""
        return self._entity

    def entities(self) -> dict[str, str]:
        """The disk."""
        return {"device": self._entity}

    @property
    def _entity(self) -> str:
        return f"disk/{self.host}:{self.device}"


class LoseDisk(FailDisk, frozen=True, kw_only=True, tag="lose-disk"):
    """A disk no longer answers; a pool with redundancy is degraded, one without is suspended."""

    cause: ClassVar[str | None] = "zfs-degraded"

    def begin(self, world: World, t: float) -> None:
        """It is gone."""
        world.tell(self._entity, "dead", t, self.until(t))

    def subject(self, house: House) -> str:
        """The pool that it belongs to, or the disk."""
        for name, pool in house.pools.items():
            if pool.host == self.host and self.device in pool.disks:
                return f"pool/{name}"
        return self._entity


class BadCable(FailDisk, frozen=True, kw_only=True, tag="bad-cable"):
    """Transfers to a disk break: its cable is loose."""

    cause: ClassVar[str | None] = "disk-cable"

    def begin(self, world: World, t: float) -> None:
        """CRC errors are counted; sectors are fine."""
        world.tell(self._entity, "cable", t, self.until(t), level=self.sectors_per_hour)


class PoolErrors(About, frozen=True, kw_only=True, tag="pool-errors"):
    """A pool finds checksum errors although its disks call themselves well."""

    cause: ClassVar[str | None] = "zfs-errors"
    about: ClassVar[tuple[str, str]] = ("pool", "pool")

    pool: str
    per_hour: float = 12.0

    def begin(self, world: World, t: float) -> None:
        """Errors are counted on its first disk."""
        spec = world.house.pools[self.pool]
        disk = f"disk/{spec.host}:{spec.disks[0]}"
        world.tell(self.entity, "errors", t, self.until(t), level=self.per_hour, part=disk)


class StopShare(About, frozen=True, kw_only=True, tag="stop-share"):
    """The service that offers a share stops; the machine is well."""

    cause: ClassVar[str | None] = "nfs-server-gone"
    about: ClassVar[tuple[str, str]] = ("share", "share")

    share: str

    def begin(self, world: World, t: float) -> None:
        """Every mount of it hangs, and what uses it."""
        kind = world.house.shares[self.share].kind
        for name, share in world.house.shares.items():
            if share.host == world.house.shares[self.share].host and share.kind == kind:
                world.tell(f"share/{name}", "gone", t, self.until(t), detail=f"{kind} service stopped")


class StaleMount(OnHost, frozen=True, kw_only=True, tag="stale-mount"):
    """One client's mount of a share hangs; the server and the other clients are well."""

    cause: ClassVar[str | None] = "stale-mount"

    share: str

    def begin(self, world: World, t: float) -> None:
        """What touches it hangs."""
        world.tell(f"mount/{self.host}:{self.share}", "stale", t, self.until(t))

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The mount."""
        return f"mount/{self.host}:{self.share}"

    def entities(self) -> dict[str, str]:
        """The mount."""
        return {"share": f"mount/{self.host}:{self.share}"}


class LoseDevice(About, frozen=True, kw_only=True, tag="lose-device"):
    """A device of the network stops: the switch, the router, the uplink, the DNS server."""

    about: ClassVar[tuple[str, str]] = ("device", "net")

    device: str

    def begin(self, world: World, t: float) -> None:
        """What is behind it cannot be reached."""
        world.tell(self.entity, "gone", t, self.until(t))


class LossyNic(OnHost, frozen=True, kw_only=True, tag="lossy-nic"):
    """A network card receives broken packets: a cable, a port, a duplex mismatch."""

    cause: ClassVar[str | None] = "nic-errors"

    share: Share = Share(0.04)

    def begin(self, world: World, t: float) -> None:
        """Errors are counted, and what comes through is less."""
        host = world.hosts[self.host]
        world.tell(self._entity, "lossy", t, self.until(t), level=float(self.share))
        slowed = Scaled(host.receive, 1 - 4 * self.share)
        host.receive = During(host.receive, t, self.until(t), slowed)

    def subject(self, house: House) -> str:
        """The card."""
        return f"nic/{self.host}:{house.hosts[self.host].network.device}"

    @property
    def _entity(self) -> str:
        return f"host/{self.host}"


class PowerCut(About, frozen=True, kw_only=True, tag="power-cut"):
    """No mains power: the battery feeds the house until it is empty."""

    cause: ClassVar[str | None] = "ups-on-battery"
    about: ClassVar[tuple[str, str]] = ("ups", "ups")

    ups: str

    def begin(self, world: World, t: float) -> None:
        """The battery drains; when it is empty everything on it goes off."""
        end, runtime = self.until(t), world.house.ups[self.ups].runtime
        world.tell(self.entity, "battery", t, end)
        if end > t + runtime:
            world.tell(self.entity, "empty", t + runtime, end)


class FailBackup(Fault, frozen=True, kw_only=True, tag="fail-backup"):
    """A job's runs end with an error, for one guest or for all."""

    cause: ClassVar[str | None] = "backup-failed"

    job: str
    guest: str = ""
    error: str = "command 'qm snapshot' failed: got timeout"

    def begin(self, world: World, t: float) -> None:
        """The tasks fail."""
        part = f"guest/{self.guest}" if self.guest else ""
        world.tell(f"job/{self.job}", "failing", t, self.until(t), detail=self.error, part=part, level=9.0)

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The guest whose backup fails, or the job."""
        return f"guest/{self.guest}" if self.guest else f"job/{self.job}"

    def entities(self) -> dict[str, str]:
        """The job, and the guest if there is one."""
        named = {"job": f"job/{self.job}"}
        return {**named, "guest": f"guest/{self.guest}"} if self.guest else named


class DisableJob(About, frozen=True, kw_only=True, tag="disable-job"):
    """A job does not run any more: disabled, or forgotten."""

    cause: ClassVar[str | None] = "backup-stale"
    about: ClassVar[tuple[str, str]] = ("job", "job")

    job: str

    def begin(self, world: World, t: float) -> None:
        """No runs, no errors."""
        world.tell(self.entity, "disabled", t, self.until(t))


class FillDatastore(About, frozen=True, kw_only=True, tag="fill-datastore"):
    """Backups arrive faster than old ones go, until the datastore is full."""

    cause: ClassVar[str | None] = "datastore-full"
    about: ClassVar[tuple[str, str]] = ("datastore", "datastore")

    datastore: str
    rate: Rate

    def begin(self, world: World, t: float) -> None:
        """Space goes; when it is gone, backups fail."""
        spec = world.house.datastores[self.datastore]
        host = world.hosts[spec.host]
        filesystem = host.filesystems[spec.mountpoint]
        left = filesystem.spec.size - filesystem.spec.used
        full = min(t + left / self.rate, self.until(t))
        writing = During(Constant(0.0), t, full, Constant(float(self.rate)))
        filesystem.writers.append(writing)
        for device in filesystem.spec.disks:
            disk = host.disks[device]
            disk.writes = Sum((disk.writes, writing))
        if full < self.until(t):
            world.tell(f"filesystem/{spec.host}:{spec.mountpoint}", "full", full, self.until(t))


class LoseQuorum(Fault, frozen=True, kw_only=True, tag="lose-quorum"):
    """Nodes of the hypervisor cluster no longer hear each other; nothing can be changed on them."""

    cause: ClassVar[str | None] = "quorum-lost"

    nodes: tuple[str, ...]

    def begin(self, world: World, t: float) -> None:
        """The nodes are apart from the others."""
        for node in self.nodes:
            world.tell(f"host/{node}", "apart", t, self.until(t))

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The first of the nodes."""
        return f"host/{self.nodes[0]}"

    def entities(self) -> dict[str, str]:
        """The first of the nodes."""
        return {"nodes": f"host/{self.nodes[0]}"}
