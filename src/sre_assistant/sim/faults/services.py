"""Faults of containers, pages and workloads of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sre_assistant.sim.faults.model import About, Fault, OnHost
from sre_assistant.sim.quantities import Rate, Share, Span

if TYPE_CHECKING:
    from sre_assistant.sim.house import House
    from sre_assistant.sim.world import World


class FailPage(About, frozen=True, kw_only=True, tag="fail-page"):
    """A web page answers with another status, or with 0 not at all."""

    cause: ClassVar[str | None] = "probe-failure"
    about: ClassVar[tuple[str, str]] = ("page", "page")

    page: str
    status: int = 503

    def begin(self, world: World, t: float) -> None:
        """The probe fails; the machine is well."""
        mode = "status" if self.status else "silent"
        world.tell(self.entity, mode, t, self.until(t), level=float(self.status))


class Certificate(FailPage, frozen=True, kw_only=True, tag="certificate"):
    """A page's certificate is valid for ``left`` more, as if nobody had renewed it."""

    cause: ClassVar[str | None] = "certificate-expiring"

    left: Span

    def begin(self, world: World, t: float) -> None:
        """The probe sees the date."""
        world.tell(f"page/{self.page}", "certificate", t, self.until(t), level=float(self.left))


class OnService(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something with a container (``media:jellyfin``) or a workload of the cluster (``web:wiki``)."""

    container: str = ""
    workload: str = ""

    @property
    def _entity(self) -> str:
        return f"container/{self.container}" if self.container else f"workload/{self.workload}"

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The container or workload."""
        return self._entity

    def entities(self) -> dict[str, str]:
        """The container or workload."""
        return {"container" if self.container else "workload": self._entity}

    def _down(self, world: World, t: float, mode: str, **more: object) -> None:
        """Hits it; a workload of which every pod is hit is down for all that need it."""
        world.tell(self._entity, mode, t, self.until(t), **more)
        if self.workload:
            world.tell(self._entity, "down", t, self.until(t))

    def _halted(self, world: World, t: float) -> None:
        """A new pod that does not come up leaves a stateful workload with none; others keep the old ones."""
        space, _, name = self.workload.partition(":")
        cluster = world.house.kubernetes
        if cluster and self.workload and cluster.namespaces[space][name].kind == "statefulset":
            world.tell(self._entity, "down", t, self.until(t))

    def _says(self, world: World, t: float, texts: tuple[str, ...], every: float = 15.0) -> None:
        for text in texts:
            world.tell(self._entity, "says", t, self.until(t), detail=text, level=every)


class CrashLoop(OnService, frozen=True, kw_only=True, tag="crash-loop"):
    """It ends some seconds after each start, with ``code`` and some last words."""

    cause: ClassVar[str | None] = "crash-loop"

    code: int = 1
    says: tuple[str, ...] = ("FATAL: cannot read configuration: unexpected token at line 12",)

    def begin(self, world: World, t: float) -> None:
        """It restarts again and again."""
        self._down(world, t, "crashing", level=float(self.code))
        world.tell(self._entity, "last-words", t, self.until(t), detail="\n".join(self.says))


class BadUpdate(OnService, frozen=True, kw_only=True, tag="bad-update"):
    """A new image is put in place, and what runs from it ends at once."""

    cause: ClassVar[str | None] = "bad-update"

    image: str
    code: int = 1
    says: tuple[str, ...] = ("FATAL: database schema version 14 is not supported by this release",)

    def begin(self, world: World, t: float) -> None:
        """A container is replaced at once; a rollout stops at its first new pod."""
        world.tell(self._entity, "updated", t, self.until(t), detail=self.image)
        mode = "crashing" if self.container else "bad-update"
        detail = "" if self.container else self.image
        world.tell(self._entity, mode, t + 1.0, self.until(t), level=float(self.code), detail=detail)
        world.tell(self._entity, "last-words", t, self.until(t), detail="\n".join(self.says))
        self._halted(world, t)


class Update(OnService, frozen=True, kw_only=True, tag="update"):
    """A new image is put in place and works: a change, not a fault."""

    image: str

    def begin(self, world: World, t: float) -> None:
        """It restarts once."""
        world.tell(self._entity, "updated", t, self.until(t), detail=self.image)
        if self.container:
            world.tell(self._entity, "stopped", t, t + 6.0, detail="recreated")


class PullFailed(OnService, frozen=True, kw_only=True, tag="pull-failed"):
    """A new image cannot be pulled: the name is wrong, or the registry cannot be reached."""

    cause: ClassVar[str | None] = "image-pull-failed"

    image: str

    def begin(self, world: World, t: float) -> None:
        """A container was removed for it and stays away; a rollout stops at its first new pod."""
        mode = "stopped" if self.container else "pull-failed"
        world.tell(self._entity, mode, t, self.until(t), detail=self.image)
        if self.container:
            world.tell(self._entity, "pull-failed", t, self.until(t), detail=self.image)
        self._halted(world, t)


class StopContainer(OnService, frozen=True, kw_only=True, tag="stop-container"):
    """Somebody or something stops it, and nothing starts it again."""

    cause: ClassVar[str | None] = "container-stopped"

    code: int = 0

    def begin(self, world: World, t: float) -> None:
        """It is not there."""
        self._down(world, t, "stopped", level=float(self.code), detail="stopped by hand")


class ContainerOom(OnService, frozen=True, kw_only=True, tag="container-oom"):
    """It leaks up to its memory limit, is killed, starts again, every ``period``."""

    cause: ClassVar[str | None] = "container-oom"

    period: Span = Span(600.0)

    def begin(self, world: World, t: float) -> None:
        """Memory rises and falls; kills are counted."""
        world.tell(self._entity, "oom", t, self.until(t), level=float(self.period))


class LeakInContainer(OnService, frozen=True, kw_only=True, tag="container-leak"):
    """It holds ever more memory, below its limit or without one."""

    cause: ClassVar[str | None] = "container-memory-leak"

    pace: Rate

    def begin(self, world: World, t: float) -> None:
        """Its memory grows."""
        world.tell(self._entity, "leaking", t, self.until(t), level=float(self.pace))


class Unhealthy(OnService, frozen=True, kw_only=True, tag="unhealthy"):
    """It runs, but its health check fails and its page answers 503."""

    cause: ClassVar[str | None] = "health-check-failing"

    says: tuple[str, ...] = ("ERROR worker pool exhausted, request queue full",)

    def begin(self, world: World, t: float) -> None:
        """The health check fails."""
        self._down(world, t, "unhealthy")
        self._says(world, t, self.says)


class Throttle(OnService, frozen=True, kw_only=True, tag="throttle-cpu"):
    """It wants more CPU than its quota: in so many of its periods it must stop."""

    cause: ClassVar[str | None] = "cpu-throttling"

    share: Share = Share(0.7)

    def begin(self, world: World, t: float) -> None:
        """Throttled periods are counted."""
        world.tell(self._entity, "throttled", t, self.until(t), level=float(self.share))


class BusyContainer(OnService, frozen=True, kw_only=True, tag="busy-container"):
    """It keeps ``cores`` busy: a transcode, an index; loud, and not by itself a fault."""

    cores: float

    def begin(self, world: World, t: float) -> None:
        """Its own CPU use rises."""
        world.tell(self._entity, "busy", t, self.until(t), level=self.cores)


class ChangeConfig(OnService, frozen=True, kw_only=True, tag="change-config"):
    """Its configuration was edited and it was restarted; with ``breaks`` it fails from then on."""

    cause: ClassVar[str | None] = "config-change"

    breaks: bool = True
    says: tuple[str, ...] = ("error parsing config: unknown key 'upstreem', ignoring section",)

    def begin(self, world: World, t: float) -> None:
        """One restart, then errors."""
        world.tell(self._entity, "stopped", t, t + 4.0, detail="restarted")
        world.tell(self._entity, "reconfigured", t, self.until(t))
        if self.breaks:
            world.tell(self._entity, "failing", t + 4.0, self.until(t))
            self._says(world, t, self.says)


class Say(OnService, frozen=True, kw_only=True, tag="say"):
    """It writes lines into its log; nothing else happens."""

    texts: tuple[str, ...]
    every: Span = Span(60.0)

    def begin(self, world: World, t: float) -> None:
        """The lines appear."""
        self._says(world, t, self.texts, self.every)


class PendingPod(OnService, frozen=True, kw_only=True, tag="pending-pod"):
    """A new pod of a workload fits on no node."""

    cause: ClassVar[str | None] = "pod-pending"

    why: str = "0/3 nodes are available: 3 Insufficient memory."

    def begin(self, world: World, t: float) -> None:
        """It waits."""
        world.tell(self._entity, "pending", t, self.until(t), detail=self.why)
        self._halted(world, t)


class StuckClaim(OnService, frozen=True, kw_only=True, tag="stuck-claim"):
    """A workload's volume claim cannot be bound, so its pod waits."""

    cause: ClassVar[str | None] = "pvc-pending"

    why: str = 'storageclass.storage.k8s.io "fast" not found'

    def begin(self, world: World, t: float) -> None:
        """The claim is pending, the pod too."""
        end = self.until(t)
        world.tell(f"claim/{self.workload}", "pending", t, end, detail=self.why)
        message = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
        world.tell(self._entity, "pending", t, end, detail=message, why=f"claim/{self.workload}")
        world.tell(self._entity, "down", t, end, why=f"claim/{self.workload}")

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The claim."""
        return f"claim/{self.workload}"


class FullClaim(StuckClaim, frozen=True, kw_only=True, tag="full-claim"):
    """A workload's volume is full: it runs and fails."""

    cause: ClassVar[str | None] = "pvc-full"

    why: str = "No space left on device"

    def begin(self, world: World, t: float) -> None:
        """Every write fails."""
        world.tell(f"claim/{self.workload}", "full", t, self.until(t))
        world.tell(self._entity, "failing", t, self.until(t), why=f"claim/{self.workload}")
        self._says(world, t, (f"ERROR write failed: {self.why}",))


class NodePressure(OnHost, frozen=True, kw_only=True, tag="node-pressure"):
    """A node of the cluster runs short of disk or memory and evicts its pods."""

    cause: ClassVar[str | None] = "node-pressure"

    resource: str = "disk"

    def begin(self, world: World, t: float) -> None:
        """The condition is set, pods go."""
        world.tell(f"host/{self.host}", f"{self.resource}-pressure", t, self.until(t))


class KubeletDown(OnHost, frozen=True, kw_only=True, tag="kubelet-down"):
    """The kubelet of a node stops; the machine and its containers go on."""

    cause: ClassVar[str | None] = "node-not-ready"

    def begin(self, world: World, t: float) -> None:
        """The control plane calls the node not ready."""
        world.tell(f"host/{self.host}", "kubelet", t, self.until(t))
