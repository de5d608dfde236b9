"""The versions of a workload's pod template over time, from what people and faults did to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sre_assistant.sim.causality.spells import FOREVER, Spell, Spells
from sre_assistant.sim.things.pods import Revision, Workload, letters

_SAME: Final = 0.01  # seconds within which two changes are one
_LARGE: Final = 96 * 2**30
"""What a pod asks for that fits on no node."""


@dataclass(frozen=True, slots=True)
class _Step:
    """At a time the template changes: an image is set, the pods are to be replaced, or more is asked for."""

    at: float
    image: str = ""
    restart: bool = False
    asks: float | None = None
    back_from: str = ""
    """The image that is given up for the one before."""


def revisions(workload: Workload) -> list[Revision]:
    """All versions of a workload's template, by time; the first is from the day it was made."""
    spec, spells = workload.spec, workload.spells
    first = 1 + workload.seed % 3
    made = Revision(first, workload.begun, spec.image, "", memory_request=float(spec.memory_request))
    found = [replace(made, hash=_hash(workload, made))]
    images = [spec.image]
    for group in _grouped(_steps(spells)):
        latest = _changed(found[-1], group, images, float(spec.memory_request))
        if latest != found[-1]:
            number = replace(latest, number=found[-1].number + 1, since=group[0].at)
            found.append(_troubled(replace(number, hash=_hash(workload, number)), spells))
    return found


def claim_lost(spells: Spells) -> list[Spell]:
    """When a workload's pods have to wait for a volume, by start."""
    return [one for one in spells.of("pending") if one.why.startswith("claim/")]


def halves(spells: Spells) -> list[Spell]:
    """Restarts that were only begun, by start."""
    return [one for one in spells.of("stopped") if one.detail.endswith("by request")]


def _steps(spells: Spells) -> list[_Step]:
    found = [
        _Step(one.start, one.detail, back_from="") for one in spells.of("updated", "pull-failed", "update")
    ]
    found += [
        _Step(one.end, back_from=one.detail) for one in spells.of("updated", "pull-failed") if not one.lasting
    ]
    found += [_Step(one.start, restart=True) for one in spells.of("rollout")]
    found += [_Step(one.start, restart=True) for one in spells.of("stopped") if one.detail == "restarted"]
    for one in spells.of("pending"):
        if not one.why.startswith("claim/"):
            found += [_Step(one.start, asks=float(_LARGE)), _Step(one.end, asks=0.0)]
    return sorted((one for one in found if one.at < FOREVER), key=lambda one: one.at)


def _grouped(steps: list[_Step]) -> list[list[_Step]]:
    found: list[list[_Step]] = []
    for step in steps:
        if found and step.at - found[-1][0].at < _SAME:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _changed(latest: Revision, group: list[_Step], images: list[str], usual: float) -> Revision:
    """The template after some changes of one moment; ``images`` is the history of images, and grows."""
    for step in group:
        if step.back_from and latest.image == step.back_from and len(images) > 1:
            images.pop()
            latest = replace(latest, image=images[-1])
        elif step.image:
            images.append(step.image)
            latest = replace(latest, image=step.image)
        if step.restart:
            latest = replace(latest, restarted=step.at)
        if step.asks is not None:
            latest = replace(latest, memory_request=step.asks or usual)
    return latest


def _troubled(made: Revision, spells: Spells) -> Revision:
    """A version whose pods cannot get ready, if something is the matter with it."""
    t = made.since
    clean = replace(made, trouble="", message="", until=FOREVER, code=0)
    for mode, trouble in (("pull-failed", "ImagePullBackOff"), ("bad-update", "CrashLoopBackOff")):
        for one in spells.of(mode):
            if one.detail == made.image and one.start <= t + 2.0 and t < one.end:
                return replace(clean, trouble=trouble, until=one.end, code=int(one.level), message=one.detail)
    for one in spells.of("pending"):
        if one.has(t) and made.memory_request >= _LARGE:
            return replace(clean, trouble="Unschedulable", until=one.end, message=one.detail)
    for one in halves(spells):
        if one.has(t) and made.restarted == t:
            return replace(clean, trouble="ContainerCreating", until=one.end)
    return clean


def _hash(workload: Workload, made: Revision) -> str:
    parts = (made.image, repr(made.restarted), repr(made.memory_request))
    return letters(10, workload.namespace, workload.name, *parts)
