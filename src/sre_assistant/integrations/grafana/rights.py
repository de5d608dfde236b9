"""What the credential may do, as Grafana's access control says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.integrations.grafana.loose import fit

NEEDED: Final[Mapping[str, str]] = {
    "alert.instances:read": "alerts",
    "alert.rules:read": "alert rules",
    "annotations:read": "annotations",
    "dashboards:read": "dashboards",
    "folders:read": "folders",
}
"""The actions that are used, and what they open. A Viewer has all of them."""

_MOST_SCOPES: Final = 5
_EVERYWHERE: Final = frozenset({"", "*"})
_KINDS: Final = frozenset(
    {
        "alert.instances",
        "alert.notifications",
        "alert.provisioning",
        "alert.rules",
        "alert.silences",
        "dashboards",
        "datasources",
        "folders",
        "library.panels",
        "org.users",
        "orgs",
        "plugins",
        "serviceaccounts",
        "settings",
        "teams",
        "users",
    }
)
_VERBS: Final = frozenset({"add", "create", "delete", "install", "remove", "write"})
# A Viewer may write annotations of dashboards; that alone makes no token too broad.
_ADMIN: Final = frozenset({"datasources:write", "org.users:write", "serviceaccounts:write", "users:write"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Scopes by action; ``unknown`` says why it could not be asked."""

    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: str = ""

    def denied(self, action: str, path: str) -> str:
        """Why nothing can be seen for want of an action; empty when it is there, or nobody knows."""
        if self.unknown or action in self.actions:
            return ""
        return f"the token lacks {action}, so GET {path} shows it no {NEEDED[action]}"

    def note(self, action: str, what: str = "") -> str:
        """What an answer may lack: outside the scopes of an action nothing is shown."""
        what = what or NEEDED[action]
        if self.unknown:
            return f"whether the token may see all {what} is not known: {self.unknown}"
        scopes = self.actions.get(action, ())
        if not scopes or any(_all(scope) for scope in scopes):
            return ""
        return f"only {what} of {_counted(scopes)} that the token may see"

    @property
    def broader(self) -> tuple[str, ...]:
        """What it may change, which reading does not need; what weighs most first."""
        found = [action for action in self.actions if _changes(action)]
        return tuple(sorted(found, key=lambda action: (action not in _ADMIN, action)))

    @property
    def role(self) -> str:
        """The basic role that has such rights."""
        if not self.broader:
            return "Viewer"
        return "Admin" if _ADMIN & set(self.broader) else "Editor"

    @property
    def told(self) -> tuple[str, ...]:
        """The actions that matter here, each with its scopes."""
        return tuple(_told(a, self.actions[a]) for a in sorted(self.actions) if a in NEEDED or _changes(a))


def _changes(action: str) -> bool:
    kind, _, verb = action.partition(":")
    return kind in _KINDS and verb in _VERBS


def _all(scope: str) -> bool:
    """``*``, ``folders:*`` and ``folders:uid:*`` reach everything of their kind."""
    return scope in _EVERYWHERE or scope.endswith(":*")


def _counted(scopes: tuple[str, ...]) -> str:
    found = [
        f"{count:,} {kind}{'' if count == 1 else 's'}"
        for kind in ("folder", "dashboard")
        if (count := sum(scope.startswith(f"{kind}s:") for scope in scopes))
    ]
    return f"the {' and '.join(found)}" if found else fit(f"the scope {', '.join(scopes[:3])}", 200)


def _told(action: str, scopes: tuple[str, ...]) -> str:
    named = [scope for scope in scopes if scope]
    more = f" and {len(named) - _MOST_SCOPES:,} more" if len(named) > _MOST_SCOPES else ""
    return fit(f"{action} on {', '.join(named[:_MOST_SCOPES])}{more}" if named else action)
