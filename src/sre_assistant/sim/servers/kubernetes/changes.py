"""What changed objects mean for the world: pods replaced, more or fewer of them, nodes kept free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sre_assistant.sim.causality.deeds import Act
from sre_assistant.sim.live import DeedFailed, Live
from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.status import Object, Refused, conflict, failed, invalid

RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
_MOST: Final = 250
"""Pods that somebody may want of one workload; the house has no room for more."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do to the world."""

    act: Act
    entity: str
    detail: str = ""


def carry_out(live: Live, changes: list[Change]) -> None:
    """Does them in order.

    Raises:
        Refused: the scenario has one of them go wrong.
        AnswerLost: it was done, but nobody is to hear of it.
    """
    for one in changes:
        try:
            live.act(one.act, one.entity, one.detail)
        except DeedFailed as error:
            raise failed(str(error)) from error


def of_object(resource: Resource, before: Object, after: Object) -> list[Change]:
    """What a changed object means.

    Raises:
        Refused: it is not valid, or changes what cannot be changed here.
    """
    name = before["metadata"]["name"]
    for field in ("name", "namespace", "uid"):
        if after.get("metadata", {}).get(field, "") != before["metadata"].get(field, ""):
            problem = f'Invalid value: "{after["metadata"].get(field)}": field is immutable'
            raise invalid(
                resource.group, resource.kind, name, f"metadata.{field}", problem, "FieldValueInvalid"
            )
    given = after["metadata"].get("resourceVersion")
    if given not in {None, "", before["metadata"]["resourceVersion"]}:
        raise conflict(resource, name)
    if not isinstance(after.get("spec"), dict):
        problem = "Required value"
        raise invalid(resource.group, resource.kind, name, "spec", problem, "FieldValueRequired")
    if resource.name == "nodes":
        return list(_of_node(before, after))
    entity = f"workload/{before['metadata']['namespace']}:{name}"
    return list(_of_workload(resource, entity, before, after))


def of_scale(resource: Resource, before: Object, after: Object) -> list[Change]:
    """What a changed scale means.

    Raises:
        Refused: it is not valid.
    """
    name, wanted = before["metadata"]["name"], after.get("spec", {}).get("replicas", 0)
    count = _count("autoscaling", "Scale", name, wanted)
    given = after.get("metadata", {}).get("resourceVersion")
    if given not in {None, "", before["metadata"]["resourceVersion"]}:
        raise conflict(resource, name)
    if count == before["spec"]["replicas"]:
        return []
    return [Change("scale", f"workload/{before['metadata']['namespace']}:{name}", str(count))]


def _of_node(before: Object, after: Object) -> Iterator[Change]:
    was, is_now = (bool(one["spec"].get("unschedulable")) for one in (before, after))
    if was != is_now:
        yield Change("cordon" if is_now else "uncordon", f"host/{before['metadata']['name']}")


def _of_workload(resource: Resource, entity: str, before: Object, after: Object) -> Iterator[Change]:
    name = before["metadata"]["name"]
    if "replicas" in before["spec"]:
        count = _count(resource.group, resource.kind, name, after["spec"].get("replicas", 1))
        if count != before["spec"]["replicas"]:
            yield Change("scale", entity, str(count))
    (old_image, old_stamp, old_rest), (image, stamp, rest) = (
        _template(resource, name, one) for one in (before, after)
    )
    if rest != old_rest:
        raise Refused(
            403,
            'admission webhook "templates.policy.lan" denied the request: of a template only the image and '
            f"the annotation {RESTARTED} may be changed",
            "Forbidden",
        )
    if image != old_image:
        yield Change("update", entity, image)
    elif stamp != old_stamp:
        yield Change("restart", entity)


def _template(resource: Resource, name: str, one: Object) -> tuple[str, str, Object]:
    """The image of a template, when it was restarted, and everything else in it."""
    template: Any = one["spec"].get("template")
    try:
        [container] = template["spec"]["containers"]
        rest = {key: value for key, value in container.items() if key != "image"}
        annotations = template["metadata"].get("annotations") or {}
        image, stamp = str(container["image"]), str(annotations.get(RESTARTED, ""))
        others = {key: value for key, value in template["spec"].items() if key != "containers"}
        labels = template["metadata"].get("labels")
    except (KeyError, TypeError, ValueError, AttributeError):
        problem = "Required value"
        where = "spec.template.spec.containers"
        raise invalid(resource.group, resource.kind, name, where, problem, "FieldValueRequired") from None
    return image, stamp, {"container": rest, "spec": others, "labels": labels}


def _count(group: str, kind: str, name: str, wanted: object) -> int:
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        problem = f"Invalid value: {wanted!r}: must be an integer"
        raise invalid(group, kind, name, "spec.replicas", problem, "FieldValueInvalid")
    if wanted < 0:
        problem = f"Invalid value: {wanted}: must be greater than or equal to 0"
        raise invalid(group, kind, name, "spec.replicas", problem, "FieldValueInvalid")
    if wanted > _MOST:
        message = f"exceeded quota: pods, requested: pods={wanted}, limited: pods={_MOST}"
        raise Refused(403, f'{kind.lower()}s "{name}" is forbidden: {message}', "Forbidden")
    return wanted
