"""Who may call what: roles of the keys, and what a story takes from them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.servers.truenas.errors import NOT_AUTHENTICATED, CallError
from sre_assistant.sim.servers.truenas.keys import Keys, Role
from sre_assistant.sim.servers.truenas.methods import ANYBODY, OPEN, Method

if TYPE_CHECKING:
    from sre_assistant.sim.live import Live

_KEY: Final = "API_KEY"
"""The privilege without which there is no login at all: the key is revoked."""


def taken(live: Live) -> frozenset[str]:
    """The privileges that the story has taken by now: roles, methods or their namespaces, or ``API_KEY``."""
    return frozenset(
        one.detail
        for one in live.world.spells["system/truenas"]
        if one.mode == "denied" and one.has(live.now)
    )


def role_of(live: Live, key: str) -> Role | None:
    """The role behind a key now."""
    role = Keys(live.credentials["truenas"]).role(key)
    without = taken(live)
    if role is None or _KEY in without:
        return None
    return "READONLY_ADMIN" if "FULL_ADMIN" in without else role


def check(live: Live, role: Role | None, name: str, method: Method) -> None:
    """Refuses a call that is not allowed.

    Raises:
        CallError: nobody is logged in, or whoever is may not.
    """
    if method.role == OPEN:
        return
    if role is None:
        raise CallError(NOT_AUTHENTICATED, "Not authenticated")
    without = taken(live)
    parts = name.split(".")
    named = {".".join(parts[:count]) for count in range(1, len(parts) + 1)} | {method.role}
    reading = method.role in {ANYBODY, "READONLY_ADMIN"} or method.role.endswith("_READ")
    if without & named or (role == "READONLY_ADMIN" and not reading):
        raise CallError(errno.EACCES, "Not authorized")
