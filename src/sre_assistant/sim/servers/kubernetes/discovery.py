"""What the API says that it serves: groups, versions, resources, in both forms; and its own version."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.servers.kubernetes.resources import RESOURCES, Resource, groups
from sre_assistant.sim.servers.kubernetes.status import Object

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
OPENAPI_V3: Final[Object] = {"paths": {}}
PATHS: Final = ("/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version")
_PART_VERBS: Final = {"log": ("get",), "eviction": ("create",), "exec": ("create", "get")}
_PART_GROUPS: Final = {"scale": ("autoscaling", "v1"), "eviction": ("policy", "v1")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer depends on beside the path."""

    git: str
    """The server's version."""
    address: str
    """As the client calls the server."""
    whole: bool
    """Whether the client takes all groups in one answer."""
    stale: tuple[str, ...]
    """The groups that do not answer."""


def discovered(parts: list[str], asked: Asked) -> Object | None:
    """What stands at a path that is no resource."""
    if parts[:1] == ["apis"] and len(parts) in {2, 3}:
        return group(parts[1]) if len(parts) == 2 else resource_list(parts[1], parts[2])
    if asked.whole and parts in (["api"], ["apis"]):
        return aggregated(core=parts == ["api"], stale=asked.stale)
    known: dict[tuple[str, ...], Callable[[], Object | None]] = {
        (): paths,
        ("version",): lambda: version(asked.git),
        ("api",): lambda: core_versions(asked.address),
        ("apis",): group_list,
        ("api", "v1"): lambda: resource_list("", "v1"),
        ("openapi", "v2"): lambda: openapi_v2(asked.git),
        ("openapi", "v3"): lambda: OPENAPI_V3,
    }
    found = known.get(tuple(parts))
    return found() if found else None


def version(git: str) -> Object:
    """The server's version, e.g. of ``v1.31.2+k3s1``."""
    major, minor = git.removeprefix("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git,
        "gitCommit": hashlib.sha256(git.encode()).hexdigest()[:40],
        "gitTreeState": "clean",
        "buildDate": "2026-10-24T21:15:03Z",
        "goVersion": "go1.22.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def paths() -> Object:
    """What stands at the root."""
    found = {"/api", "/api/v1", "/apis", "/apis/", *PATHS}
    for group, of_group in groups().items():
        found |= {f"/apis/{group}", f"/apis/{group}/{of_group}"}
    return {"paths": sorted(found)}


def core_versions(address: str) -> Object:
    """The versions of the group without a name."""
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def group_list() -> Object:
    """The named groups."""
    found = [_group(name, of_group) for name, of_group in groups().items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def group(name: str) -> Object | None:
    """One named group."""
    known = groups()
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, known[name])} if name in known else None


def resource_list(group_name: str, of_group: str) -> Object | None:
    """What a version of a group serves."""
    found = [one for one in RESOURCES if (one.group, one.version) == (group_name, of_group)]
    if not found:
        return None
    listed = [entry for one in found for entry in _listed(one)]
    place = f"{group_name}/{of_group}" if group_name else of_group
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": place, "resources": listed}


def aggregated(*, core: bool, stale: tuple[str, ...] = ()) -> Object:
    """All groups with all resources in one answer; ``stale`` names those that do not answer."""
    items = []
    for name, of_group in {"": "v1"}.items() if core else groups().items():
        found = [] if name in stale else [one for one in RESOURCES if one.group == name]
        freshness = "Stale" if name in stale else "Current"
        served = {
            "version": of_group,
            "resources": [_discovered(one) for one in found],
            "freshness": freshness,
        }
        head: Object = {"metadata": {"name": name, "creationTimestamp": None} if name else {}}
        items.append(head | {"versions": [served]})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def openapi_v2(git: str) -> Object:
    """A specification without types, which is enough for a client that wants to know whether there is one."""
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": git}, "paths": {}, "definitions": {}}


def _group(name: str, of_group: str) -> Object:
    served = {"groupVersion": f"{name}/{of_group}", "version": of_group}
    return {"name": name, "versions": [served], "preferredVersion": served}


def _listed(one: Resource) -> list[Object]:
    head: Object = {
        "name": one.name,
        "singularName": one.singular,
        "namespaced": one.namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    if one.short:
        head["shortNames"] = list(one.short)
    if one.categories:
        head["categories"] = list(one.categories)
    if "watch" in one.verbs:
        digest = hashlib.sha256(one.full.encode()).digest()[:8]
        head["storageVersionHash"] = base64.b64encode(digest).decode()
    parts = []
    for part, kind in one.parts:
        made: Object = {"name": f"{one.name}/{part}", "singularName": "", "namespaced": one.namespaced}
        if part in _PART_GROUPS:
            made["group"], made["version"] = _PART_GROUPS[part]
        verbs = list(_PART_VERBS.get(part, ("get", "patch", "update")))
        parts.append(made | {"kind": kind, "verbs": verbs})
    return [head, *parts]


def _discovered(one: Resource) -> Object:
    made: Object = {
        "resource": one.name,
        "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
        "scope": "Namespaced" if one.namespaced else "Cluster",
        "singularResource": one.singular,
        "verbs": list(one.verbs),
    }
    if one.short:
        made["shortNames"] = list(one.short)
    if one.categories:
        made["categories"] = list(one.categories)
    if one.parts:
        made["subresources"] = [
            {
                "subresource": part,
                "responseKind": _kind(one, part, kind),
                "verbs": list(_PART_VERBS.get(part, ("get", "patch", "update"))),
            }
            for part, kind in one.parts
        ]
    return made


def _kind(one: Resource, part: str, kind: str) -> Object:
    of_group, of_version = _PART_GROUPS.get(part, (one.group, one.version))
    return {"group": of_group, "version": of_version, "kind": kind}
