"""What a token may do where, what that hides, and the lines that give or take it.

Proxmox VE leaves out of its lists what the caller may not see, without a word; only the rights tell.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from sre_assistant.kit.redaction import bounded

_AUDITOR: Final = "PVEAuditor"
_ROLES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Datastore.AllocateSpace": ("SREBackups", ("Datastore.AllocateSpace", "VM.Backup")),
    "VM.Backup": ("SREBackups", ("Datastore.AllocateSpace", "VM.Backup")),
    "Sys.Syslog": ("SRELog", ("Sys.Syslog",)),
    "VM.PowerMgmt": ("SREPower", ("VM.PowerMgmt",)),
}
"""Roles of our own, for what no built-in role gives without much else."""
_READING: Final = frozenset({"Datastore.AllocateSpace", "Sys.Syslog", "VM.Backup"})
_MOST_PLACES: Final = 4


class Need(NamedTuple):
    """A privilege on a path and on all below it."""

    privilege: str
    path: str
    hides: str
    """What is not seen without it."""


GUESTS: Final = Need("VM.Audit", "/vms", "guests")
NODES: Final = Need("Sys.Audit", "/nodes", "nodes, their disks and other users' tasks")
CLUSTER: Final = Need("Sys.Audit", "/", "quorum, HA and backup jobs")
STORAGES: Final = Need("Datastore.Audit", "/storage", "storages")
SPACE: Final = Need("Datastore.AllocateSpace", "/storage", "backups")
SAVES: Final = Need("VM.Backup", "/vms", "backups")
LOG: Final = Need("Sys.Syslog", "/", "who changed which configuration")
POWER: Final = Need("VM.PowerMgmt", "/vms", "starting and stopping guests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The effective privileges of a token, or of a user.

    A path that is not listed has those of the nearest one above it that pass on.
    """

    who: str
    """``sre@pve!read``, or a user; empty when nobody says."""
    paths: Mapping[str, Mapping[str, bool]]
    """By path and privilege: whether it holds below the path too."""

    def has(self, path: str, privilege: str) -> bool:
        """Whether the privilege holds on the path."""
        for place in _upwards(path):
            if place in self.paths:
                passed_on = self.paths[place].get(privilege)
                return passed_on is not None and (passed_on or place == path)
        return False

    def full(self, need: Need) -> bool:
        """Whether it holds on the path and everywhere below."""
        if need.path == "/":
            return self.has("/", need.privilege)
        return self._passes_on(need) and not self._holes(need)

    def lack(self, need: Need) -> str:
        """What is hidden, why, and the line that shows it; empty when nothing is."""
        if self.full(need):
            return ""
        if self._passes_on(need):
            holes = self._holes(need)
            return (
                f"{need.hides} are not seen at {_named(holes)}: {need.privilege} is missing there; "
                f"grant it with: {self.grant(need.privilege, holes[0])}"
            )
        seen = self.places(need)
        why = f"{need.privilege} is missing on {need.path}"
        how = f"grant it with: {self.grant(need.privilege, need.path)}"
        if seen:
            return f"only {_named(seen)} can be seen of the {need.hides}: {why}; {how}"
        return f"{need.hides} cannot be seen: {why}; {how}"

    def lack_backups(self) -> tuple[str, ...]:
        """What hides the backups on storages; who may use all of a storage needs nothing on the guests."""
        if self.has("/storage", "Datastore.Allocate"):
            return ()
        missing = [need for need in (SPACE, SAVES) if not self.full(need)]
        if len(missing) == 2 and not any(self.places(need) for need in missing):
            why = f"{SPACE.privilege} is missing on {SPACE.path} and {SAVES.privilege} on {SAVES.path}"
            return (
                f"{SPACE.hides} cannot be seen: {why}; grant it with: {self.grant(SPACE.privilege, '/')}",
            )
        return tuple(self.lack(need) for need in missing)

    def places(self, need: Need) -> tuple[str, ...]:
        """Where the privilege holds though not everywhere; pools pass theirs on to their members."""
        roots = {"/": (), "/vms": ("/vms", "/pool"), "/storage": ("/storage", "/pool")}
        trees = roots.get(need.path, (need.path,))
        below = (path for path in self.paths if any(_below(path, tree) for tree in trees))
        return tuple(sorted(path for path in below if self.has(path, need.privilege)))

    def grant(self, privilege: str, path: str) -> str:
        """The line that gives a privilege; a token with privilege separation needs it beside its user."""
        role, privileges = _ROLES.get(privilege, (_AUDITOR, ()))
        made = f"pveum role add {role} --privs {shlex.quote(' '.join(privileges))}; " if privileges else ""
        return f"{made}pveum acl modify {shlex.quote(path)} {self._whom()} --roles {role}"

    def broader(self, *, power: bool) -> tuple[str, ...]:
        """Privileges beyond reading, by name.

        Args:
            power: whether starting and stopping guests is wanted.
        """
        wanted = _READING | ({"VM.PowerMgmt"} if power else set())
        held = {name for some in self.paths.values() for name in some}
        return tuple(sorted(name for name in held - wanted if not name.endswith(".Audit")))

    def told(self) -> tuple[str, ...]:
        """The privileges of each path, those that repeat the path above left out."""
        found = []
        for path, some in sorted(self.paths.items()):
            above = next((self.paths[p] for p in _upwards(path) if p in self.paths and p != path), {})
            if dict(some) != dict(above):
                found.append(f"{bounded(path, 60)}: {bounded(', '.join(sorted(some)), 400)}")
        return tuple(found)

    def _passes_on(self, need: Need) -> bool:
        for place in _upwards(need.path):
            if place in self.paths:
                return bool(self.paths[place].get(need.privilege))
        return False

    def _holes(self, need: Need) -> tuple[str, ...]:
        """Where below the path it does not hold; a need of the root is about the root alone."""
        below = (path for path in self.paths if need.path != "/" and _below(path, need.path))
        return tuple(sorted(path for path in below if not self.has(path, need.privilege)))

    def _whom(self) -> str:
        if not self.who:
            return "--users USER@REALM --tokens 'USER@REALM!TOKENID'"
        user, _, token = self.who.partition("!")
        return f"--users {shlex.quote(user)}" + (f" --tokens {shlex.quote(self.who)}" if token else "")


def _upwards(path: str) -> Iterator[str]:
    """The path and all above it, the nearest first."""
    while path != "/":
        yield path
        path = path.rpartition("/")[0] or "/"
    yield "/"


def _below(path: str, root: str) -> bool:
    return path != root and path.startswith("/" if root == "/" else f"{root}/")


def _named(paths: tuple[str, ...]) -> str:
    shown = ", ".join(bounded(path, 60) for path in paths[:_MOST_PLACES])
    return f"{shown} and {len(paths) - _MOST_PLACES} more" if len(paths) > _MOST_PLACES else shown
