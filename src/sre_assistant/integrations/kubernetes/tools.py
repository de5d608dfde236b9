"""What a person or a model may call on a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.inventory import LogLine, Receipt, Resource
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes import texts
from sre_assistant.integrations.kubernetes.actions import DELETE, RESTART, Actions
from sre_assistant.integrations.kubernetes.changes import Changes
from sre_assistant.integrations.kubernetes.inventory import Inventory
from sre_assistant.integrations.kubernetes.logs import Extent, Logs, Spot
from sre_assistant.integrations.kubernetes.named import Named
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import counted, fitting
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.timeexpr import parse_time

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary a result stays near 1,500 tokens."""
_MOST_TAIL = 2_000
_LONGEST_NAME = 512
_PodStatus: TypeAlias = Literal["any", "problem", "running", "pending", "failed", "succeeded"]
_EventType: TypeAlias = Literal["any", "warning", "normal"]
_Namespace: TypeAlias = Annotated[str, "Only this one."]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the tools stand on."""

    inventory: Inventory
    logs: Logs
    changes: Changes
    named: Named
    clock: Clock


def tools(parts: Parts, actions: Actions | None) -> tuple[Tool, ...]:
    """All tools of one cluster; those that change only with ``actions``."""
    reads = (*_of_pods(parts), *_of_the_rest(parts), *_of_the_past(parts))
    changes = _changing(parts.named, actions) if actions else ()
    return (
        *(Tool(call=call, effect=Effect.READ) for call in reads),
        *(Tool(call=call, effect=Effect.CHANGE) for call in changes),
    )


def _of_pods(parts: Parts) -> tuple[_Call, ...]:
    async def kubernetes_list_pods(
        namespace: _Namespace = "",
        node: Annotated[str, "Only on this node."] = "",
        status: Annotated[_PodStatus, "problem: not well."] = "any",
    ) -> ToolResult:
        """Pods: state, node, restarts, workload, image, what is wrong; worst first."""
        check_choice("status", status, _PodStatus)
        reading = await parts.inventory.pods(_word(namespace), _word(node))
        kept = texts.by_need(each for each in reading.value if _matches(each, status))
        lines = _fitting(texts.pod(each, parts.clock.now()) for each in kept)
        return _listed(reading, "pod", kept, lines, "try status any, or no namespace and node")

    async def kubernetes_pod_logs(
        pod: Annotated[str, "Its name."],
        namespace: Annotated[str, "If two pods share the name."] = "",
        container: Annotated[str, "If it has several."] = "",
        tail: Annotated[int, "At most 2000 lines."] = 100,
        previous: Annotated[bool, "The run before a crash."] = False,
        since: Annotated[str, "E.g. 30m."] = "",
    ) -> ToolResult:
        """Last lines of a pod's container; previous shows why it crashed."""
        check_range("tail", tail, 1, _MOST_TAIL)
        now = parts.clock.now()
        found = await parts.named.pod(_word(pod), _word(namespace))
        spot = _spot(parts.logs.spots(found), container, previous=previous)
        start = parse_time(since, now) if since else None
        return _log(await parts.logs.of(spot, Extent(since=start, tail=tail)), spot)

    return (kubernetes_list_pods, kubernetes_pod_logs)


def _of_the_rest(parts: Parts) -> tuple[_Call, ...]:
    async def kubernetes_list_nodes() -> ToolResult:
        """Nodes: condition, pressure, capacity, kubelet version, addresses; worst first."""
        reading = await parts.inventory.nodes()
        kept = texts.by_need(reading.value)
        lines = _fitting(texts.node(each, parts.clock.now()) for each in kept)
        return _listed(reading, "node", kept, lines, "a cluster has one: see sre doctor")

    async def kubernetes_list_workloads(
        namespace: _Namespace = "",
        unhealthy: Annotated[bool, "Only those that are not well."] = False,
    ) -> ToolResult:
        """Deployments, stateful and daemon sets, jobs: ready of desired, rollout, image; worst first."""
        reading = await parts.inventory.workloads(_word(namespace))
        kept = texts.by_need(
            each for each in reading.value if not unhealthy or each.health in {"failed", "warning"}
        )
        lines = _fitting(texts.workload(each, parts.clock.now()) for each in kept)
        well = unhealthy and bool(reading.value)
        hint = "all that were read are well" if well else "try no namespace, or kubernetes_list_pods"
        return _listed(reading, "workload", kept, lines, hint)

    async def kubernetes_list_volumes(namespace: _Namespace = "") -> ToolResult:
        """Volume claims: phase, size, class, where they are; volumes without a claim."""
        reading = await parts.inventory.volumes(_word(namespace))
        kept = texts.by_need(reading.value)
        lines = _fitting(texts.volume(each) for each in kept)
        return _listed(reading, "volume", kept, lines, "pods may still mount directories of their node")

    return (kubernetes_list_nodes, kubernetes_list_workloads, kubernetes_list_volumes)


def _of_the_past(parts: Parts) -> tuple[_Call, ...]:
    async def kubernetes_list_events(
        namespace: _Namespace = "",
        type: Annotated[_EventType, "Only these."] = "any",  # noqa: A002  as the API calls it
        since: Annotated[str, "From when, e.g. 30m."] = "1h",
    ) -> ToolResult:
        """Events: what was killed, refused, scheduled, pulled, why; warnings first."""
        check_choice("type", type, _EventType)
        now = parts.clock.now()
        start = parse_time(since, now)
        if start > now:
            raise CallError(f"since is {since!r}, which is still to come: give a time that has been.")
        wanted = None if type == "any" else type == "warning"
        reading = await parts.changes.events(_word(namespace), wanted, Window(start, now))
        lines = _fitting(texts.event(each) for each in texts.by_weight(reading.value))
        text = counted("event", len(reading.value), len(reading.value), lines)
        hint = "" if reading.value else "Nothing happened in that time; look at states: kubernetes_list_pods."
        return told(reading, text, notes=(hint,), data=_hidden(reading.value, lines))

    async def kubernetes_rollout_history(
        workload: Annotated[str, "Name, or deployment/web/wiki."],
        namespace: _Namespace = "",
    ) -> ToolResult:
        """Revisions of a workload: when rolled out, which images changed; newest first."""
        found = await parts.named.workload(_word(workload), _word(namespace))
        reading = await parts.changes.history(found.split("/")[1])  # no name holds a slash
        history = reading.value.get(found, ())
        newest = len(history) - 1
        told_of = [
            texts.revision(history[at - 1] if at else None, each, current=at == newest)
            for at, each in enumerate(history)
        ]
        lines = _fitting(reversed(told_of))
        head = f"{found}: {len(history)} revision{'' if len(history) == 1 else 's'} known"
        return told(reading, "\n".join((head, *lines)), data=tuple(history))

    return (kubernetes_list_events, kubernetes_rollout_history)


def _changing(named: Named, actions: Actions) -> tuple[_Call, ...]:
    async def kubernetes_rollout_restart(
        workload: Annotated[str, "Name, or deployment/web/wiki."], namespace: _Namespace = ""
    ) -> ToolResult:
        """Replace the pods of a deployment, stateful or daemon set, a few at a time."""
        target = await named.workload(_word(workload), _word(namespace))
        return _done(await actions.act(RESTART.name, target), "kubernetes_list_workloads")

    async def kubernetes_delete_pod(
        pod: Annotated[str, "Its name."], namespace: _Namespace = ""
    ) -> ToolResult:
        """Delete one pod; its workload makes a new one."""
        meta = (await named.pod(_word(pod), _word(namespace))).metadata
        done = await actions.act(DELETE.name, f"{meta.namespace or ''}/{meta.name}")
        return _done(done, "kubernetes_list_pods")

    return (kubernetes_rollout_restart, kubernetes_delete_pod)


def _matches(pod: Resource, status: str) -> bool:
    if status == "any":
        return True
    if status == "problem":
        return pod.health in {"failed", "warning"}
    return pod.labels.get("phase", "").lower() == status


def _spot(spots: Sequence[Spot], container: str, *, previous: bool) -> Spot:
    """The one log that is meant; of a container that waits to run again, that of its last run."""
    names = list(dict.fromkeys(each.container for each in spots))
    known = bounded(", ".join(names), 200)
    if container and container not in names:
        raise CallError(f"it has no container {bounded(container, 60)!r} that has run: it has {known}.")
    if not container and len(names) > 1:
        raise CallError(f"it has several containers: give one of {known}.")
    kept = sorted(
        (s for s in spots if s.container == (container or names[0])), key=lambda spot: spot.previous
    )
    return replace(kept[-1], previous=True) if previous else kept[0]


def _log(reading: Reading[tuple[LogLine, ...]], spot: Spot) -> ToolResult:
    """The newest lines that fit, in the order they were written."""
    lines = tuple(reversed(fitting(map(texts.log_line, reversed(reading.value)), most=_MOST_TAIL, room=ROOM)))
    total, where = len(reading.value), bounded(f"{spot.text} on {spot.node or 'no node'}", 400)
    if not total:
        hint = "Nothing was written there; try previous, or a longer time."
        return told(reading, f"{where}: no lines.", notes=(hint,))
    shown = f" (last {len(lines):,} shown)" if len(lines) < total else ""
    head = f"{where}: {total:,} line{'' if total == 1 else 's'}{shown}, UTC"
    return told(reading, "\n".join((head, *lines)), data=_hidden(reading.value, lines))


def _listed(
    reading: Reading[tuple[Resource, ...]],
    what: str,
    kept: Sequence[Resource],
    lines: Sequence[str],
    hint: str,
) -> ToolResult:
    """A list under its counts; what to try next where it is empty and may be read."""
    text = counted(what, len(reading.value), len(kept), lines)
    if not kept:
        hints = () if reading.completeness is Completeness.DENIED else (f"Nothing to show: {hint}.",)
        return told(reading, text, notes=hints)
    head, _, rest = text.partition("\n")
    return told(reading, f"{head}: {texts.states(kept)}\n{rest}", data=tuple(kept))


def _done(reading: Reading[Receipt], look: str) -> ToolResult:
    receipt = reading.value
    text = f"{receipt.action} of {receipt.target} asked for: {receipt.said}. Whether it helped: {look}."
    return told(reading, text, data=receipt)


def _hidden(all_of_it: tuple[object, ...], lines: Sequence[str]) -> object:
    """Everything, where the lines show a part of it."""
    return all_of_it if len(lines) < len(all_of_it) else None


def _fitting(lines: Iterable[str]) -> tuple[str, ...]:
    return fitting(lines, most=MOST_SHOWN, room=ROOM)


def _word(text: str) -> str:
    """A name from a caller, without white space around it.

    Raises:
        CallError: it is longer than any name.
    """
    if len(text) > _LONGEST_NAME:
        raise CallError(f"{bounded(text, 60)!r} is longer than any name.")
    return text.strip()
