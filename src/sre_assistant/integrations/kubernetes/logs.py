"""Logs of pods: which containers are read, how far, and what each line is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.errors import Denied, Missing, Rejected, SourceError
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes import kinds, shapes
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.pages import Listed
from sre_assistant.integrations.kubernetes.parts import reading
from sre_assistant.integrations.kubernetes.pods import all_statuses, owner_of, restarts
from sre_assistant.integrations.kubernetes.quantities import moment
from sre_assistant.kit import levels
from sre_assistant.kit.redaction import bounded

MOST_CONTAINERS: Final = 24
"""Logs that one question reads."""
_MOST_LINES: Final = 5_000
_MOST_BYTES: Final = 2 * 1024 * 1024
"""Of one log; the kubelet cuts at the end, so a log that reaches this lacks its newest lines."""
_LARGE: Final = 100_000
"""Characters from which on parsing leaves the event loop."""
_LATE: Final = timedelta(seconds=5)
_LONGEST_DETAIL = 390


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One log that can be read: that of a container, or of its run before."""

    namespace: str
    pod: str
    container: str
    node: str
    workload: str
    previous: bool = False
    restarts: int = 0

    @property
    def text(self) -> str:
        """As people name it."""
        before = " (the run before)" if self.previous else ""
        return f"{self.namespace}/{self.pod}/{self.container}{before}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much of a log is read."""

    since: datetime | None = None
    tail: int | None = None
    """Lines from its end; all there is when None."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What came of one log."""

    lines: tuple[LogLine, ...] = ()
    cut: str = ""
    note: str = ""


class Logs:
    """The logs that the nodes of a cluster still have."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def lines(self, wanted: LogFilter, window: Window, limit: int) -> Reading[tuple[LogLine, ...]]:
        """The newest lines of a window, oldest first; of many containers those in trouble are read first.

        A pod's log has no levels of its own: a line's level is what its text states or tells of.
        """
        pods = await self._pods(wanted)
        spots = sorted(self._spots(pods.items, wanted, window), key=lambda spot: -spot.restarts)
        chosen = spots[:MOST_CONTAINERS]
        # A log is cut at its end, so lines from its end can be counted only where the window ends now.
        now = self._client.clock.now()
        plain = not (wanted.containing or wanted.levels) and window.end >= now - _LATE
        extent = Extent(since=window.start, tail=min(limit + 1, _MOST_LINES) if plain else _MOST_LINES)
        came = await self._of_all(chosen, extent)
        found = [line for each in came for line in each.lines if window.start <= line.at <= window.end]
        found = sorted((line for line in found if _holds(line, wanted)), key=lambda line: line.at)
        cut = [each.cut for each in came if each.cut]
        if len(spots) > len(chosen):
            cut.append(
                f"{len(chosen)} of {len(spots):,} logs were read, those with most restarts first; "
                "narrow it by namespace, workload or pod"
            )
        if len(found) > limit:
            cut.append(f"the newest {limit:,} of {len(found):,} lines that were read are shown")
        note = "; ".join(dict.fromkeys(each.note for each in came if each.note))
        return reading(self._client, tuple(found[-limit:]), (pods,), window=window, cut=cut, note=note)

    def spots(self, pod: shapes.Pod) -> tuple[Spot, ...]:
        """The logs that a pod has.

        Raises:
            Missing: none of its containers has run.
        """
        found = tuple(spots_of(pod))
        if not found:
            path = kinds.PODS.path(pod.metadata.namespace or "", pod.metadata.name, "log")
            raise Missing(self.name, f"GET {path}", "none of its containers has run: see its events")
        return found

    async def of(self, spot: Spot, extent: Extent) -> Reading[tuple[LogLine, ...]]:
        """One log, as far as it is asked for.

        Raises:
            SourceError: it cannot be had.
        """
        came = await self._read(spot, extent)
        query = f"GET {kinds.PODS.path(spot.namespace, spot.pod, 'log')}"
        return self._client.api.reading(
            came.lines, query, cut=(came.cut,) if came.cut else (), note=came.note
        )

    async def _read(self, spot: Spot, extent: Extent) -> Lines:
        """One log, as far as it is asked for.

        Raises:
            SourceError: it cannot be had.
        """
        params = [("container", spot.container), ("timestamps", "true"), ("limitBytes", str(_MOST_BYTES))]
        if extent.tail is not None:
            params.append(("tailLines", str(extent.tail)))
        if spot.previous:
            params.append(("previous", "true"))
        if extent.since and not spot.previous:
            params.append(("sinceTime", extent.since.strftime("%Y-%m-%dT%H:%M:%SZ")))
        text = await self._client.log(spot.namespace, spot.pod, *params)
        large = len(text) > _LARGE
        found, odd = await asyncio.to_thread(_parsed, text, spot) if large else _parsed(text, spot)
        note = f"{spot.text}: {odd:,} lines without a time were left out" if odd else ""
        if len(text.encode()) >= _MOST_BYTES:
            return Lines(
                found, f"{spot.text}: the log is longer than 2 MiB, its newest lines are missing", note
            )
        if extent.tail == _MOST_LINES <= len(found):
            return Lines(found, f"{spot.text}: only its last {_MOST_LINES:,} lines were read", note)
        return Lines(found, note=note)

    async def _of_all(self, spots: Sequence[Spot], extent: Extent) -> list[Lines]:
        """Several logs. One of each node first: a kubelet that does not answer is asked no more.

        Raises:
            SourceError: no log could be had, and the pods have some.
        """
        by_node: defaultdict[str, list[Spot]] = defaultdict(list)
        for spot in spots:
            by_node[spot.node].append(spot)
        first = await asyncio.gather(*(self._attempt(group[0], extent) for group in by_node.values()))
        came: list[Lines | SourceError] = [*first]
        rest: list[Spot] = []
        for group, outcome in zip(by_node.values(), first, strict=True):
            if not isinstance(outcome, SourceError):
                rest += group[1:]
            elif len(group) > 1:
                node = group[0].node or "no node"
                came.append(
                    Lines(
                        cut=f"{len(group) - 1} more logs on {node} were not asked for, since one did not come"
                    )
                )
        came += await asyncio.gather(*(self._attempt(spot, extent) for spot in rest))
        failed = [each for each in came if isinstance(each, SourceError)]
        if failed and not any(isinstance(each, Lines) and (each.lines or not each.cut) for each in came):
            raise failed[0]
        broken = [Lines(cut=f"{each.operation}: {each.detail}") for each in failed]
        return [*(each for each in came if isinstance(each, Lines)), *broken]

    async def _attempt(self, spot: Spot, extent: Extent) -> Lines | SourceError:
        try:
            return await self._read(spot, extent)
        except Rejected as error:  # it waits to start, or has had no run before: there is no log
            return Lines(note=f"{spot.text}: {error.detail}")
        except Missing as error:
            return Lines(note=f"{spot.text} is gone: {error.detail}")
        except Denied as error:
            detail = f"the credential may not get pods/log in namespace {spot.namespace}: {error.detail}"
            return Denied(error.system, error.operation, bounded(detail, _LONGEST_DETAIL))
        except SourceError as error:
            return error

    async def _pods(self, wanted: LogFilter) -> Listed[shapes.Pod]:
        fields = f"spec.nodeName={wanted.host}" if wanted.host else ""
        return await self._client.listed(
            kinds.PODS, lambda pod: pod, namespace=wanted.namespace, fields=fields
        )

    def _spots(self, pods: Iterable[shapes.Pod], wanted: LogFilter, window: Window) -> Iterator[Spot]:
        for pod in pods:
            for spot in spots_of(pod):
                workload = {spot.workload, spot.workload.rpartition("/")[2], spot.workload.partition("/")[2]}
                if wanted.host not in {"", spot.node} or wanted.namespace not in {"", spot.namespace}:
                    continue
                if wanted.service and wanted.service not in workload:
                    continue
                if wanted.container not in {"", spot.container, spot.pod, f"{spot.namespace}/{spot.pod}"}:
                    continue
                if not spot.previous or _ended_within(pod, spot.container, window):
                    yield spot


def spots_of(pod: shapes.Pod) -> Iterator[Spot]:
    """The logs of a pod: of each container that has run, and of its run before where there was one."""
    spec, statuses = pod.spec or shapes.PodSpec(), {one.name: one for one in all_statuses(pod)}
    for container in (*(spec.containers or ()), *(spec.init_containers or ())):
        one = statuses.get(container.name, shapes.ContainerStatus())
        spot = Spot(
            namespace=pod.metadata.namespace or "",
            pod=pod.metadata.name,
            container=container.name,
            node=spec.node_name or "",
            workload=owner_of(pod.metadata),
            restarts=restarts(pod),
        )
        if one.state and (one.state.running or one.state.terminated):
            yield spot
        if (
            one.last_state and one.last_state.terminated
        ):  # of one that waits to run again, this is all there is
            yield replace(spot, previous=True)


def _ended_within(pod: shapes.Pod, container: str, window: Window) -> bool:
    """Whether the run before the present one reaches into a window."""
    for one in all_statuses(pod):
        last = one.last_state.terminated if one.name == container and one.last_state else None
        ended = moment(last.finished_at) if last else None
        if ended and ended >= window.start:
            return True
    return False


def _parsed(text: str, spot: Spot) -> tuple[tuple[LogLine, ...], int]:
    """Lines with the kubelet's stamp in front, and how many had none."""
    labels = {"namespace": spot.namespace, "pod": spot.pod, "container": spot.container}
    if spot.previous:
        labels["previous"] = "true"
    service, odd = spot.workload.rpartition("/")[2], 0
    found: list[LogLine] = []
    for line in text.split("\n"):
        when, _, said = line.partition(" ")
        at = moment(when)
        if at is None:
            odd += bool(line.strip())
            continue
        found.append(
            LogLine(
                at=at,
                text=said.rstrip("\r"),
                labels=labels,
                host=spot.node,
                service=service,
                container=spot.container,
                level=levels.of_line(said),
            )
        )
    return tuple(found), odd


def _holds(line: LogLine, wanted: LogFilter) -> bool:
    text, words = line.text.casefold(), wanted.containing
    return (not words or any(word.casefold() in text for word in words)) and (
        not wanted.levels or line.level in wanted.levels
    )
