"""The jobs that a cron job starts, each with a pod of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sre_assistant.sim.causality.spells import FOREVER, Spell
from sre_assistant.sim.house import KubernetesSpec
from sre_assistant.sim.signals import DAY, Weekly, seeded
from sre_assistant.sim.things.hosts import usual_week
from sre_assistant.sim.things.lives import Lives, kubelet_wait
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import JobRun, Pod, PodContainer, Workload, letters, placed
from sre_assistant.sim.things.revisions import revisions

KEPT: Final = 3
"""Finished jobs that are kept."""
_BEFORE: Final = 2 * DAY
_AFTER: Final = 4 * DAY
_FAILS_AFTER: Final = 7.0
_MOST: Final = 1500
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def scheduled(workload: Workload, spec: KubernetesSpec, nodes: Mapping[str, Node], begin: float) -> None:
    """Gives a cron job its jobs from two days before the scenario's start until four days after.

    Raises:
        ValueError: its schedule is not one of minutes, hours and days of the week.
    """
    workload.revisions = revisions(workload)
    workload.scales = [(workload.begun, 0)]
    begun = [
        _run(workload, spec, nodes, at)
        for at in _times(workload.spec.schedule, begin - _BEFORE, begin + _AFTER)
    ]
    ends = [run for run, _ in begun]
    for place, (run, pod) in enumerate(begun):
        later = ends[place + KEPT] if place + KEPT < len(ends) else None
        dies = later.end + 1.0 if later else FOREVER
        workload.runs.append(JobRun(run.name, run.start, run.end, run.failed, dies, run.pod))
        pod.dies = dies
        workload.pods.append(pod)


def _run(
    workload: Workload, spec: KubernetesSpec, nodes: Mapping[str, Node], at: float
) -> tuple[JobRun, Pod]:
    name = f"{workload.name}-{29_000_000 + int(at // 60)}"
    own = seeded(workload.seed, "job", name)
    template = workload.revision(at)
    crash = workload.spells.at(at, "crashing", "failing")
    starts, takes = at + 1.6, _FAILS_AFTER if crash else 15.0 + own % 50
    ends = starts + takes
    troubles = [Spell(ends, ends + 1e-3, "crashing", level=crash.level or 1.0)] if crash else []
    first = placed(spec, workload.namespace, workload.name, own % len(nodes))
    node = first if nodes[first].takes(at) else next((one for one in nodes if nodes[one].takes(at)), first)
    pod_name = f"{name}-{letters(5, workload.namespace, name)}"
    running = PodContainer(
        entity=f"pod/{workload.namespace}:{pod_name}",
        name=workload.name,
        seed=own,
        image=template.image,
        memory=workload.spec.memory,
        limit=workload.spec.memory_limit,
        cpu=Weekly(usual_week(own) * workload.spec.cpu),
        lives=Lives([(starts, ends + (1e-3 if crash else 0.0))], troubles, _FAILS_AFTER, kubelet_wait),
        spells=workload.spells,
    )
    pod = Pod(
        pod_name, workload.namespace, workload.name, workload.spec, node, template.hash, at, running, template
    )
    pod.bound, pod.ends, pod.silent = at, True, nodes[node].silent
    return JobRun(name, at, ends + 1.0, crash is not None, FOREVER, pod_name), pod


def _times(schedule: str, start: float, end: float) -> Iterator[float]:
    fields = schedule.split()
    if len(fields) != len(_RANGES) or fields[2:4] != ["*", "*"]:
        raise ValueError(f"schedule {schedule!r} must be minute, hour, * * and day of the week")
    minutes, hours, _, _, days = (
        _field(text, low, high) for text, (low, high) in zip(fields, _RANGES, strict=True)
    )
    found = 0
    for minute in range(int(start // 60) + 1, int(end // 60)):
        # The world's epoch is a Monday; cron counts days from Sunday.
        day = (minute // 1440 + 1) % 7
        if minute % 60 in minutes and minute // 60 % 24 in hours and day in days and found < _MOST:
            found += 1
            yield minute * 60.0


def _field(text: str, low: int, high: int) -> frozenset[int]:
    """The numbers that a field of a schedule means: ``*``, ``*/15``, ``1-5``, ``0,30``."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            bounds = (low, high) if span == "*" else (int(first), int(last or (high if step else first)))
            found |= set(range(bounds[0], bounds[1] + 1, int(step or 1)))
        except ValueError:
            raise ValueError(f"{part!r} is no part of a schedule") from None
    return frozenset(found)
