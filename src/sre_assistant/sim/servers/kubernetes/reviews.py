"""Answers to the question what one may do."""

from __future__ import annotations

import msgspec

from sre_assistant.sim.servers.kubernetes.resources import Resource, resource
from sre_assistant.sim.servers.kubernetes.rights import Asked, Rights
from sre_assistant.sim.servers.kubernetes.status import Object, bad_request


def review(held: Rights, of: Resource, body: bytes) -> Object:
    """A review, filled in.

    Raises:
        Refused: it cannot be read.
    """
    try:
        posted = msgspec.json.decode(body or b"{}", type=dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    spec = posted.get("spec")
    if not isinstance(spec, dict):
        spec = {}
    made: Object = {
        "kind": of.kind,
        "apiVersion": of.api,
        "metadata": {"creationTimestamp": None},
        "spec": spec,
    }
    if of.name == "selfsubjectrulesreviews":
        namespace = str(spec.get("namespace") or "")
        if not namespace:
            raise bad_request("no namespace on request")
        return made | {"spec": {}, "status": held.rules(namespace)}
    asked = spec.get("resourceAttributes")
    if not isinstance(asked, dict):
        return made | {"status": {"allowed": isinstance(spec.get("nonResourceAttributes"), dict)}}
    given = {
        key: str(asked.get(key) or "") for key in ("verb", "group", "resource", "subresource", "namespace")
    }
    meant = _resource_of(given["group"], given["resource"])
    allowed = held.allow(Asked(given["verb"], meant, given["subresource"], given["namespace"]))
    return made | {"status": {"allowed": allowed}}


def _resource_of(group: str, name: str) -> Resource:
    try:
        return resource(name, group)
    except StopIteration:
        return Resource(group, "v1", name, name, name, verbs=())
