"""Who may do what at Proxmox VE: tokens, tickets, roles, and the privileges that a story takes away."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.servers.proxmox.calls import Refused

USER: Final = "sre@pve"
READ: Final = "read"
CHANGE: Final = "change"
AUDITOR: Final = (
    "Datastore.Audit",
    "Mapping.Audit",
    "Pool.Audit",
    "SDN.Audit",
    "Sys.Audit",
    "VM.Audit",
)
OPERATOR: Final = (
    "Datastore.AllocateSpace",
    "Sys.Modify",
    "Sys.Syslog",
    "VM.Backup",
    "VM.Monitor",
    "VM.PowerMgmt",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
)
CHANGER: Final = tuple(sorted({*AUDITOR, *OPERATOR}))
"""What the token for changes may do."""
OWNER: Final = tuple(sorted({*CHANGER, "Datastore.Allocate", "User.Modify", "VM.Config.Disk"}))
"""What the user may do; the tokens are narrower."""
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "NoAccess": (),
    "PVEAuditor": AUDITOR,
    "SREOperator": OPERATOR,
    "SREOwner": OWNER,
    "PVEVMUser": (
        "VM.Audit",
        "VM.Backup",
        "VM.Config.CDROM",
        "VM.Config.Cloudinit",
        "VM.Console",
        "VM.PowerMgmt",
    ),
    "PVEDatastoreUser": ("Datastore.AllocateSpace", "Datastore.Audit"),
}
_PLACES: Final = (
    "/",
    "/access",
    "/access/groups",
    "/mapping",
    "/nodes",
    "/pool",
    "/sdn",
    "/storage",
    "/vms",
)
_TOKEN: Final = re.compile(r"PVEAPIToken=(?P<user>[^\s!=]+@[^\s!=]+)!(?P<name>[^\s=]+)=(?P<secret>\S+)")
_TICKET_SECONDS: Final = 7200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user by a ticket, or one of its tokens; ``denied`` are privileges taken, with paths."""

    name: str
    """As tasks name it: ``sre@pve`` or ``sre@pve!read``."""
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
            raise Refused(403, f"Permission check failed ({path}, {'|'.join(privileges)})")

    def permissions(self) -> dict[str, dict[str, int]]:
        """What it may do where, as ``/access/permissions`` tells."""
        paths = sorted({*_PLACES, *(path for _, path in self.denied if path)})
        found = {path: self.permissions_on(path) for path in paths}
        return {path: some for path, some in found.items() if some}

    def permissions_on(self, path: str) -> dict[str, int]:
        """What it may do on one path; 1 means below it too."""
        return {one: 1 for one in sorted(self.role) if self.has(path, one)}

    def _lacks(self, path: str, privilege: str) -> bool:
        return any(
            one == privilege and (part in {"", "/"} or path == part or path.startswith(f"{part}/"))
            for one, part in self.denied
        )


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of the house's Proxmox VE, made from the one that the homelab tells."""

    secret: str

    @property
    def password(self) -> str:
        """The user's password."""
        return self.secret

    def token(self, name: str) -> str:
        """The secret of a token: the one told for reading, another for changing."""
        digits = self.secret if name == READ else hashlib.sha256(f"{self.secret}!{name}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def header(self, name: str) -> str:
        """``USER@REALM!ID=UUID``, as it follows ``PVEAPIToken=``."""
        return f"{USER}!{name}={self.token(name)}"

    def ticket(self, user: str, unix: int) -> str:
        """A ticket of that moment."""
        head = f"PVE:{user}:{unix:08X}"
        return f"{head}::{self._signed(head)}"

    def csrf(self, user: str, unix: int) -> str:
        """The token that goes with a ticket's write requests."""
        return f"{unix:08X}:{self._signed(f'{unix:08X}:{user}')[:43]}"

    def opened(self, ticket: str, unix: int) -> bool:
        """Whether a ticket is one of ours and not too old."""
        found = re.fullmatch(r"(PVE:([^:]+):([0-9A-F]{8}))::(.+)", ticket)
        if not found or not hmac.compare_digest(found[4].encode(), self._signed(found[1]).encode()):
            return False
        return found[2] == USER and -300 < unix - int(found[3], 16) < _TICKET_SECONDS

    def csrf_holds(self, token: str, unix: int) -> bool:
        """Whether a CSRF token is one of ours and not too old."""
        found = re.fullmatch(r"([0-9A-F]{8}):\S+", token)
        if not found:
            return False
        then = int(found[1], 16)
        return hmac.compare_digest(token, self.csrf(USER, then)) and -300 < unix - then < _TICKET_SECONDS

    def _signed(self, text: str) -> str:
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).digest()
        return base64.b64encode(digest).decode()


def identified(
    keys: Keys,
    headers: Mapping[str, str],
    cookies: Mapping[str, str],
    method: str,
    now: float,
    spells: Spells,
) -> Caller:
    """Who asks.

    Raises:
        Refused: 401, in the words of the real one.
    """
    unix = int(now)
    header = headers.get("authorization", "")
    if header.startswith("PVEAPIToken="):
        return _by_token(keys, header, spells)
    ticket = cookies.get("PVEAuthCookie", "")
    if not ticket:
        raise Refused(401, "No ticket")
    if not keys.opened(ticket, unix):
        raise Refused(401, "permission denied - invalid PVE ticket")
    if method != "GET" and not keys.csrf_holds(headers.get("csrfpreventiontoken", ""), unix):
        raise Refused(401, "Permission denied - invalid csrf token")
    return Caller(USER, OWNER, _denied(spells))


def denied_at(spells: Spells, t: float) -> Spells:
    """The spells of lacking privileges that are on at a moment."""
    return Spells([one for one in spells.of("denied") if one.has(t)])


def _by_token(keys: Keys, header: str, spells: Spells) -> Caller:
    found = _TOKEN.fullmatch(header)
    if not found:
        raise Refused(401, "invalid token value!")
    user, name = found["user"], found["name"]
    if user != USER:
        raise Refused(401, f"no such user ('{user}')")
    if name not in {READ, CHANGE}:
        raise Refused(401, f"no such token '{name}' for user '{user}'")
    if not hmac.compare_digest(found["secret"].encode(), keys.token(name).encode()):
        raise Refused(401, "invalid token value!")
    role = AUDITOR if name == READ else CHANGER
    return Caller(f"{user}!{name}", role, _denied(spells))


def _denied(spells: Spells) -> tuple[tuple[str, str], ...]:
    return tuple((one.detail, one.part.rstrip("/") or "/") for one in spells)
