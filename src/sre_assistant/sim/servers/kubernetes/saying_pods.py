"""What scheduler, kubelet and controllers say about a pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sre_assistant.sim.servers.kubernetes.nodes import image_size
from sre_assistant.sim.servers.kubernetes.pods import pull_error
from sre_assistant.sim.servers.kubernetes.saying import Said, Subject, every
from sre_assistant.sim.servers.kubernetes.templates import PROBE_PATH
from sre_assistant.sim.things.cluster import Cluster
from sre_assistant.sim.things.lives import Life
from sre_assistant.sim.things.pods import NOTICED, READY_AFTER, Pod, Workload

_REMEMBERED: Final = 2 * 86400.0
"""Seconds of a pod's past that are told."""
_SYNC: Final = 12.6
"""Seconds between two looks of the kubelet at a container that waits."""
_PROBE: Final = 10.0
_AHEAD: Final = 10.0
"""Seconds before the start of a container in which something is said about it."""
_SHORT: Final = 2.0  # seconds of waiting of which nothing is said
_SCHEDULER_RETRY: Final = 300.0
_SANDBOX_RETRY: Final = 253.0


def of_pod(cluster: Cluster, work: Workload, pod: Pod, t: float) -> Iterator[Said]:
    """Everything that is said about a pod until a moment."""
    teller = _Teller(cluster, work, pod, t)
    yield from teller.of_scheduler()
    if pod.bound <= t:
        yield from teller.of_image()
        yield from teller.of_runs()
        yield from teller.of_probes()
        yield from teller.of_end()


class _Teller:
    def __init__(self, cluster: Cluster, work: Workload, pod: Pod, t: float) -> None:
        self.cluster = cluster
        self.work = work
        self.pod = pod
        self.t = t
        self.about = Subject("v1", "Pod", pod.name, pod.namespace, pod.uid)
        self.image = pod.template.image
        self.heard = pod.seen(t)
        """What its kubelet says later than this is not known yet."""
        known = pod.running.lives.upto(self.heard + _AHEAD)
        self.lives = [life for life in known if life.end > t - _REMEMBERED]

    def of_scheduler(self) -> Iterator[Said]:
        """Whether it found a node."""
        pod, by = self.pod, "default-scheduler"
        if pod.bound > pod.born:
            end = min(pod.bound, pod.deleted, self.t)
            times = (pod.born + 0.05, *every(pod.born + _SCHEDULER_RETRY, _SCHEDULER_RETRY, end))
            yield Said(self.about, "FailedScheduling", pod.message, "Warning", by, times)
        if pod.bound <= self.t and self.work.spec.kind != "daemonset":
            text = f"Successfully assigned {pod.namespace}/{pod.name} to {pod.node}"
            yield Said(self.about, "Scheduled", text, "Normal", by, (pod.bound,))

    def of_image(self) -> Iterator[Said]:
        """How its image came."""
        pod = self.pod
        if pod.reason == "ContainerCreating":
            late = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
            text = f"Failed to create pod sandbox: {late}"
            times = every(pod.bound + _SANDBOX_RETRY, _SANDBOX_RETRY, min(pod.deleted, pod.until, self.t))
            yield self._warns("FailedCreatePodSandBox", text, *times, part="")
        tries = pod.pulls(self.t)
        if tries:
            yield self._tells("Pulling", f'Pulling image "{self.image}"', *tries)
            fails = [one + 1.6 for one in tries]
            yield self._warns(
                "Failed", f'Failed to pull image "{self.image}": {pull_error(self.image)}', *fails
            )
            yield self._warns("Failed", "Error: ErrImagePull", *fails)
            waits = [
                at
                for one, following in zip(fails, [*tries[1:], self.t], strict=True)
                for at in every(one + 3.0, _SYNC, min(following, pod.deleted))
            ]
            yield self._tells("BackOff", f'Back-off pulling image "{self.image}"', *waits)
            yield self._warns("Failed", "Error: ImagePullBackOff", *waits)
        elif pod.fetched and self.lives and self.lives[0] is pod.running.lives.upto(self.t + _AHEAD)[0]:
            begun = pod.bound + 0.6
            yield self._tells("Pulling", f'Pulling image "{self.image}"', begun)
            took = self.lives[0].start - 0.4 - begun
            text = (
                f'Successfully pulled image "{self.image}" in {took:.3g}s ({took:.3g}s including waiting). '
                f"Image size: {image_size(f'docker.io/{self.image}')} bytes."
            )
            yield self._tells("Pulled", text, begun + took)

    def of_runs(self) -> Iterator[Said]:
        """How its container was started, and how it fared."""
        name, pod = self.work.name, self.pod
        starts = [life.start for life in self.lives]
        again = starts[1:] if pod.fetched else starts
        text = f'Container image "{self.image}" already present on machine'
        yield self._tells("Pulled", text, *(one - 0.3 for one in again))
        yield self._tells("Created", f"Created container {name}", *(one - 0.1 for one in starts))
        yield self._tells("Started", f"Started container {name}", *starts)
        text = f"Back-off restarting failed container {name} in pod {pod.name}_{pod.namespace}({pod.uid})"
        yield self._warns("BackOff", text, *self._waits())

    def of_probes(self) -> Iterator[Said]:
        """How its readiness probe failed."""
        port = self.work.spec.port
        if port is None:
            return
        address = self.cluster.address(self.pod)
        http = self.work.spec.kind == "deployment"
        url = f'Get "http://{address}:{port}{PROBE_PATH}"'
        refused = f"dial tcp {address}:{port}: connect: connection refused"
        early = [life.start + 4.0 for life in self.lives if life.end > life.start + 4.0]
        yield self._unhealthy(f"{url}: {refused}" if http else refused, early)
        for spell in self.pod.running.spells.of("unhealthy", "hung", "failing"):
            slow = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            text = f"{url}: {slow}" if spell.mode == "hung" else "HTTP probe failed with statuscode: 503"
            if not http:
                text = f"dial tcp {address}:{port}: i/o timeout"
            times = [
                at
                for life in self.lives
                for at in every(
                    max(spell.start, life.start + READY_AFTER),
                    _PROBE,
                    min(spell.end, life.end, self.pod.deleted, self.pod.seen(self.t)),
                )
            ]
            yield self._unhealthy(text, times)

    def of_end(self) -> Iterator[Said]:
        """Why and how it went."""
        pod, name = self.pod, self.work.name
        for start, end in pod.silent:
            if pod.born < start + NOTICED < min(end, pod.dies) and start + NOTICED <= self.t:
                times = (start + NOTICED,)
                yield Said(
                    self.about, "NodeNotReady", "Node is not ready", "Warning", "node-controller", times
                )
        lost = pod.deleted <= self.t and pod.lost(pod.deleted)
        if lost:
            text, by = f"Marking for deletion Pod {pod.namespace}/{pod.name}", "taint-eviction-controller"
            yield Said(self.about, "TaintManagerEviction", text, "Normal", by, (pod.deleted,))
        if pod.reason == "Evicted":
            yield self._warns("Evicted", pod.message, pod.since, part="")
            yield self._tells("Killing", f"Stopping container {name}", pod.since + 0.2)
        elif not lost and any(life.start <= pod.deleted < life.end for life in self.lives):
            yield self._tells("Killing", f"Stopping container {name}", pod.deleted)

    def _waits(self) -> list[float]:
        found: list[float] = []
        following: Sequence[Life | None] = [*self.lives[1:], None]
        for life, later in zip(self.lives, following, strict=False):
            end = later.start if later else self.pod.deleted
            if life.mode in {"crashing", "oom"} and end - life.end > _SHORT:
                found += every(life.end + 1.0, _SYNC, min(end, self.heard))
        return found

    def _unhealthy(self, text: str, times: Sequence[float]) -> Said:
        return self._warns("Unhealthy", f"Readiness probe failed: {text}", *times)

    def _tells(self, reason: str, message: str, *times: float) -> Said:
        return self._says("Normal", reason, message, times, f"spec.containers{{{self.work.name}}}")

    def _warns(self, reason: str, message: str, *times: float, part: str | None = None) -> Said:
        place = f"spec.containers{{{self.work.name}}}" if part is None else part
        return self._says("Warning", reason, message, times, place)

    def _says(self, kind: str, reason: str, message: str, times: Sequence[float], place: str) -> Said:
        heard = tuple(at for at in times if at <= self.heard)
        return Said(self.about, reason, message, kind, "kubelet", heard, self.pod.node, place)
