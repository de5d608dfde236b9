"""What the basic roles of Grafana may do, as its access control lists it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sre_assistant.sim.servers.grafana.asked import Role

_UNSCOPED: Final = ("",)
_SOURCES: Final = ("datasources:*",)
_FOLDERS: Final = ("folders:*",)
_ADMIN: Final = {
    "alert.provisioning:read": _UNSCOPED,
    "alert.provisioning:write": _UNSCOPED,
    "alert.rules:write": _FOLDERS,
    "alert.silences:create": _FOLDERS,
    "annotations:create": ("annotations:*",),
    "dashboards:create": _FOLDERS,
    "dashboards:write": _FOLDERS,
    "datasources:read": _SOURCES,
    "datasources:write": _SOURCES,
    "org.users:write": ("users:*",),
    "serviceaccounts:write": ("serviceaccounts:*",),
}


def permissions(role: Role, folders: Sequence[str]) -> dict[str, list[str]]:
    """Scopes by action. A viewer sees the folders that are shared with viewers, and the general one."""
    shared = tuple(f"folders:uid:{uid}" for uid in ("general", *folders))
    viewer = {
        "alert.instances.external:read": _SOURCES,
        "alert.instances:read": _UNSCOPED,
        "alert.notifications:read": _UNSCOPED,
        "alert.rules.external:read": _SOURCES,
        "alert.rules:read": _FOLDERS,
        "alert.silences:read": _FOLDERS,
        "annotations:create": ("annotations:type:dashboard",),
        "annotations:delete": ("annotations:type:dashboard",),
        "annotations:read": ("annotations:*",),
        "annotations:write": ("annotations:type:dashboard",),
        "dashboards:read": shared,
        "datasources.id:read": _SOURCES,
        "datasources:query": _SOURCES,
        "folders:read": shared,
        "library.panels:read": shared,
        "orgs:read": _UNSCOPED,
        "plugins.app:access": ("plugins:*",),
    }
    everything = {"dashboards:read": ("dashboards:*", *_FOLDERS), "folders:read": _FOLDERS}
    found = {**viewer, **_ADMIN, **everything} if role == "admin" else viewer
    return {action: list(found[action]) for action in sorted(found)}
