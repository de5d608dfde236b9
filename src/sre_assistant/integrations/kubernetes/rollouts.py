"""Revisions of workloads: which images they ran, from when, and what changed between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.pods import controller
from sre_assistant.integrations.kubernetes.quantities import moment
from sre_assistant.kit.redaction import bounded, redact

_LONGEST_CAUSE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state that a workload was rolled out in."""

    workload: str
    """As ``deployment/web/wiki``."""
    number: int
    at: datetime | None
    """When it was first rolled out."""
    images: tuple[tuple[str, str], ...]
    """Name and image of each container."""
    restarted: str = ""
    """When somebody asked for a restart, as the template notes it."""
    cause: str = ""
    """What the operator noted as the reason."""
    pods: int | None = None
    """How many pods of it are wanted now, where that is known."""


def of_replica_set(item: shapes.Workload) -> Revision | None:
    """The revision that a replica set is; None for one that no deployment made."""
    owner = controller(item.metadata)
    notes = item.metadata.annotations or shapes.Notes()
    number = notes.revision or ""
    if owner is None or owner.kind != "Deployment" or not (number.isascii() and number.isdigit()):
        return None
    spec = item.spec or shapes.WorkloadSpec()
    return Revision(
        workload=f"deployment/{item.metadata.namespace or ''}/{owner.name}",
        number=int(number[:18]),
        at=moment(item.metadata.creation_timestamp),
        images=_images(spec.template),
        restarted=_restarted(spec.template),
        cause=bounded(redact(notes.cause or ""), _LONGEST_CAUSE),
        pods=spec.replicas,
    )


def of_controller_revision(item: shapes.Revision) -> Revision | None:
    """The revision of a stateful or daemon set; None for one that something else made."""
    owner = controller(item.metadata)
    if owner is None or owner.kind not in {"StatefulSet", "DaemonSet"}:
        return None
    template = item.data.spec.template if item.data and item.data.spec else None
    notes = item.metadata.annotations or shapes.Notes()
    return Revision(
        workload=f"{owner.kind.lower()}/{item.metadata.namespace or ''}/{owner.name}",
        number=item.revision,
        at=moment(item.metadata.creation_timestamp),
        images=_images(template),
        restarted=_restarted(template),
        cause=bounded(redact(notes.cause or ""), _LONGEST_CAUSE),
    )


def by_workload(revisions: Iterable[Revision | None]) -> dict[str, list[Revision]]:
    """Revisions of each workload, oldest number first."""
    found: defaultdict[str, list[Revision]] = defaultdict(list)
    for each in sorted(filter(None, revisions), key=attrgetter("number")):
        found[each.workload].append(each)
    return dict(found)


def went_back(history: Sequence[Revision]) -> bool:
    """Whether the newest number is an older state taken up again, made before one that came between."""
    newest = history[-1]
    return any(newest.at and each.at and newest.at < each.at for each in history[:-1])


def difference(before: Revision | None, after: Revision) -> str:
    """What a revision changed, e.g. ``app: web:1 -> web:2``; never a value of its environment."""
    if before is None:
        return "first known: " + _named(after.images)
    told = list(_changed(dict(before.images), dict(after.images)))
    if not told and after.restarted != before.restarted and after.restarted:
        return f"restarted on request, same images ({_named(after.images)})"
    return "; ".join(told) or f"its template changed, same images ({_named(after.images)})"


def _changed(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for name, image in after.items():
        if name not in before:
            yield f"new container {name}: {image}"
        elif before[name] != image:
            yield f"{name}: {before[name]} -> {image}"
    yield from (f"container {name} is gone" for name in before if name not in after)


def _named(images: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(image for _, image in images) or "no images said"


def _images(template: shapes.Template | None) -> tuple[tuple[str, str], ...]:
    containers = (template.spec.containers if template and template.spec else None) or ()
    return tuple((one.name, one.image or "") for one in containers)


def _restarted(template: shapes.Template | None) -> str:
    notes = template.metadata.annotations if template and template.metadata else None
    return (notes.restarted if notes else "") or ""
