"""Paths of the API, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sre_assistant.sim.servers.kubernetes.resources import BY_PLACE, Resource

_VERBS: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_LISTS: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path points: a resource, perhaps one object of it, perhaps a part of that."""

    resource: Resource
    known: bool
    """Whether there is such a resource."""
    namespace: str = ""
    name: str = ""
    part: str = ""

    def verb(self, method: str) -> str | None:
        """What a method means here; None if it means nothing."""
        if self.part in {"eviction", "exec"}:
            return {"POST": "create", "GET": "get" if self.part == "exec" else None}.get(method)
        if self.part == "log":
            return {"GET": "get"}.get(method)
        if not self.name:
            if method == "POST" and self.resource.namespaced and not self.namespace:
                return None
            return _ON_LISTS.get(method)
        return _VERBS.get(method) if method != "POST" else None


def segments(raw_path: str) -> list[str]:
    """The parts of a path as it came over the wire; an escaped slash parts nothing."""
    return [unquote(part) for part in raw_path.split("/") if part]


def place(parts: list[str]) -> Place | None:
    """Where a path points, if it is one of a resource."""
    if parts[:1] == ["api"] and len(parts) > 2:
        group, of_version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, of_version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        return None
    name, part = (rest[1] if len(rest) > 1 else ""), (rest[2] if len(rest) > 2 else "")
    found = BY_PLACE.get((group, of_version, rest[0]))
    fits = found is not None and (not namespace or found.namespaced)
    fits = fits and (not name or bool(namespace) or (found is not None and not found.namespaced))
    fits = fits and (not part or (found is not None and any(part == known for known, _ in found.parts)))
    shown = found or Resource(group, of_version, rest[0], rest[0], rest[0])
    return Place(shown, fits, namespace, name, part)
