"""What a pod's container has written, as the kubelet gives it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sre_assistant.sim.logstore import Entry
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.servers.kubernetes.objects import Times
from sre_assistant.sim.servers.kubernetes.status import Refused, bad_request, invalid
from sre_assistant.sim.things.lives import Life
from sre_assistant.sim.things.pods import Pod, Workload
from sre_assistant.sim.world import World

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS: Final = 1_000_000_000
_FILE: Final = 2 * 86_400 * _NS
"""Nanoseconds that a file goes back: the kubelet rotates logs and gives out the newest file only."""
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False, "": True}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for of a log."""

    container: str = ""
    previous: bool = False
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since_seconds: int | None = None
    since: int | None = None
    """Unix nanoseconds."""
    limit: int | None = None
    """Bytes."""


def wanted(params: Mapping[str, str], pod: str) -> Wanted:
    """What a request asks for.

    Raises:
        Refused: it makes no sense.
    """
    found = Wanted(
        container=params.get("container", ""),
        previous=_flag(params, "previous"),
        follow=_flag(params, "follow"),
        timestamps=_flag(params, "timestamps"),
        tail=_number(params, "tailLines"),
        since_seconds=_number(params, "sinceSeconds"),
        since=_moment(params),
        limit=_number(params, "limitBytes"),
    )
    for field, value, least in (
        ("tailLines", found.tail, 0),
        ("sinceSeconds", found.since_seconds, 1),
        ("limitBytes", found.limit, 1),
    ):
        if value is not None and value < least:
            than = "greater than or equal to 0" if least == 0 else "greater than 0"
            problem = f"Invalid value: {value}: must be {than}"
            raise invalid("", "PodLogOptions", pod, field, problem, "FieldValueInvalid")
    if found.since is not None and found.since_seconds is not None:
        problem = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        raise invalid("", "PodLogOptions", pod, "[]", problem, "FieldValueForbidden")
    return found


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a pod's container at a moment."""

    world: World
    workload: Workload
    pod: Pod
    t: float

    def life(self, asked: Wanted) -> Life:
        """The run that is asked about.

        Raises:
            Refused: there is no such container or run, or its node does not answer.
        """
        pod, name = self.pod, self.workload.name
        if asked.container not in {"", name}:
            raise bad_request(f"container {asked.container} is not valid for pod {pod.name}")
        whose = f'container "{name}" in pod "{pod.name}"'
        if not pod.node_at(self.t):
            raise bad_request(f"pod {pod.name} does not have a host assigned")
        self._reach()
        if pod.trouble(self.t) == "Evicted":
            raise Refused(500, f"unable to retrieve container logs for {self._newest()}")
        lives = pod.running.lives.upto(self.t)
        if asked.previous:
            ended = [life for life in lives if life.end <= self.t]
            if len(lives) < 2 and not (ended and pod.waiting(self.t) == "CrashLoopBackOff"):
                raise bad_request(f"previous terminated {whose} not found")
            return ended[-1]
        if not lives:
            waits = pod.waiting(self.t)
            why = "trying and failing to pull image" if "Pull" in waits else waits or "ContainerCreating"
            raise bad_request(f"{whose} is waiting to start: {why}")
        return lives[-1]

    def lines(self, asked: Wanted, life: Life, after: int | None = None) -> list[bytes]:
        """The lines of a run, each with its end; ``after`` is where a follower has got to."""
        end = min(self.t, life.end)
        times = Times(self.world)
        first = times.nano(life.start) - _NS // 1000
        if asked.since_seconds is not None:
            first = max(first, times.nano(self.t - asked.since_seconds))
        if asked.since is not None:
            first = max(first, asked.since)
        if after is not None:
            first = max(first, after)
        last = times.nano(end) + 1
        first = max(first, last - _FILE)
        if asked.tail is None or after is not None:
            found = list(entries(self.world, self.pod, first, last))
        else:
            found = self._tail(asked.tail, first, last)
        return _limited([_line(one, stamped=asked.timestamps) for one in found], asked.limit)

    def _tail(self, count: int, first: int, last: int) -> list[Entry]:
        """The last lines of a window, found without reading all of it."""
        reach = _NS * 600
        while True:
            start = max(first, last - reach)
            found = list(entries(self.world, self.pod, start, last))
            if len(found) >= count or start == first:
                return found[len(found) - count :] if count < len(found) else found
            reach *= 4

    def _reach(self) -> None:
        """The API server asks the kubelet, which may be gone."""
        cluster, t = self.world.cluster, self.t
        node = cluster.nodes[self.pod.node] if cluster else None
        if node is None or node.seen(t) == t:
            return
        address = node.host.spec.address
        refused = node.spells.at(t, "kubelet") is not None
        why = "connection refused" if refused else "no route to host"
        path = f"/containerLogs/{self.pod.namespace}/{self.pod.name}/{self.workload.name}"
        message = f'Get "https://{address}:10250{path}": dial tcp {address}:10250: connect: {why}'
        raise Refused(500, message)

    def _newest(self) -> str:
        return f"containerd://{self.pod.running.id}"


def entries(world: World, pod: Pod, start: int, end: int) -> Iterator[Entry]:
    """What a pod wrote in a window of unix nanoseconds, ascending."""
    asked = [Matcher("namespace", "=", pod.namespace), Matcher("pod", "=", pod.name)]
    found = [one for stream in world.logs.streams(asked, start, end) for one in stream.entries(start, end)]
    yield from sorted(found, key=lambda one: one.at)


def _line(entry: Entry, *, stamped: bool) -> bytes:
    text = entry.text.rstrip("\n")
    if not stamped:
        return text.encode("utf-8", "replace") + b"\n"
    moment = _EPOCH + timedelta(seconds=entry.at // _NS)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{entry.at % _NS:09d}Z"
    return b"".join(f"{stamp} {part}\n".encode("utf-8", "replace") for part in text.split("\n"))


def _limited(lines: list[bytes], limit: int | None) -> list[bytes]:
    if limit is None:
        return lines
    return [b"".join(lines)[:limit]]


def _flag(params: Mapping[str, str], name: str) -> bool:
    """A switch; nothing after its name switches it on, and so does any word that is no ``false``."""
    return name in params and _FLAGS.get(params[name].lower(), True)


def _number(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _moment(params: Mapping[str, str]) -> int | None:
    text = params.get("sinceTime", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        layout = "2006-01-02T15:04:05Z07:00"
        raise bad_request(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"')
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
