"""Who may do what at the backup server: two tokens of one user, and the privileges that a story takes."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.servers.proxmox.calls import Refused

USER: Final = "sre@pbs"
READ: Final = "read"
CHANGE: Final = "change"
AUDIT: Final = ("Datastore.Audit", "Remote.Audit", "Sys.Audit", "Tape.Audit")
KEEPER: Final = ("Datastore.Modify", "Datastore.Prune", "Datastore.Read", "Datastore.Verify")
_PLACES: Final = (
    "/",
    "/access",
    "/datastore",
    "/remote",
    "/system",
    "/system/disks",
    "/system/status",
    "/system/tasks",
)
_TOKEN: Final = re.compile(r"PBSAPIToken=(?P<user>[^\s!:]+@[^\s!:]+)!(?P<name>[^\s:]+):(?P<secret>\S+)")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; ``denied`` are privileges taken, with paths."""

    name: str
    role: tuple[str, ...]
    denied: tuple[tuple[str, str], ...] = ()

    def has(self, path: str, *privileges: str) -> bool:
        """Whether it has one of the privileges on a path."""
        return any(one in self.role and not self._lacks(path, one) for one in privileges)

    def check(self, path: str, *privileges: str) -> None:
        """Refuses a caller without any of the privileges.

        Raises:
            Refused: 403.
        """
        if not self.has(path, *privileges):
            raise Refused(403, "permission check failed")

    def permissions(self, stores: tuple[str, ...]) -> dict[str, dict[str, bool]]:
        """What it may do where; True means below it too."""
        paths = {*_PLACES, *(f"/datastore/{name}" for name in stores), *(path for _, path in self.denied)}
        found = {path: self.permissions_on(path) for path in sorted(paths)}
        return {path: some for path, some in found.items() if some}

    def permissions_on(self, path: str) -> dict[str, bool]:
        """What it may do on one path."""
        return {one: True for one in sorted(self.role) if self.has(path, one)}

    def _lacks(self, path: str, privilege: str) -> bool:
        return any(
            one == privilege and (part in {"/", path} or path.startswith(f"{part}/"))
            for one, part in self.denied
        )


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of the house's backup server, made from the one that the homelab tells."""

    secret: str

    def token(self, name: str) -> str:
        """The secret of a token: the one told for reading, another for changing."""
        digits = self.secret if name == READ else hashlib.sha256(f"{self.secret}!{name}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def header(self, name: str) -> str:
        """``USER@REALM!ID:SECRET``, as it follows ``PBSAPIToken=``."""
        return f"{USER}!{name}:{self.token(name)}"


def identified(keys: Keys, header: str, denied: Spells) -> Caller:
    """Who asks.

    Raises:
        Refused: 401; the server does not say why.
    """
    found = _TOKEN.fullmatch(header)
    name = found["name"] if found else ""
    if not found or found["user"] != USER or name not in {READ, CHANGE}:
        raise Refused(401, "authentication failed")
    if not hmac.compare_digest(found["secret"].encode(), keys.token(name).encode()):
        raise Refused(401, "authentication failed")
    role = AUDIT if name == READ else tuple(sorted({*AUDIT, *KEEPER}))
    taken = tuple((one.detail, one.part.rstrip("/") or "/") for one in denied)
    return Caller(f"{USER}!{name}", role, taken)
