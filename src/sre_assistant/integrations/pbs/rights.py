"""What a token may do: the server's own list of privileges by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

AUDIT: Final = "Datastore.Audit"
"""Lets everything in a datastore be listed."""
OWN: Final = "Datastore.Backup"
"""Lets one's own backups be listed, and be written."""
DATASTORES: Final = "/datastore"
TASKS: Final = "/system/tasks"
REMOTES: Final = "/remote"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Privileges by path; what is listed for a path replaces what comes from above it."""

    by_path: Mapping[str, Mapping[str, bool]]
    """Each privilege with whether it holds below the path too."""
    problem: str = ""
    """Why they are not known; then nothing is concluded from them."""

    @property
    def known(self) -> bool:
        """Whether the server told them."""
        return not self.problem

    @property
    def note(self) -> str:
        """What is to be said where they are not known."""
        return f"what the token may see could not be asked: {self.problem}" if self.problem else ""

    def holds(self, path: str, *privileges: str) -> bool:
        """Whether one of the privileges is there on a path."""
        place = PurePosixPath(path)
        if path in self.by_path:
            return any(one in self.by_path[path] for one in privileges)
        above = next((str(one) for one in place.parents if str(one) in self.by_path), "")
        return any(self.by_path.get(above, {}).get(one, False) for one in privileges)

    def covers(self, path: str, *privileges: str) -> bool:
        """Whether one of the privileges is there on all that lies below a path, as far as it is listed."""
        return self.holds(f"{path}/?", *privileges)

    def unseen(self, path: str, privilege: str, *instead: str) -> str:
        """What is missing to see everything below a path; empty when nothing is, or when nobody knows.

        Args:
            path: e.g. ``/datastore``.
            privilege: the one that shows it.
            instead: others that show it too.
        """
        if not self.known:
            return ""
        if not self.covers(path, privilege, *instead):
            return f"{privilege} on {path} is missing"
        lacking = [one for one in self._below(path) if not self.holds(one, privilege, *instead)]
        shown = ", ".join(lacking[:_MOST_NAMED]) + (" and more" if len(lacking) > _MOST_NAMED else "")
        return f"{privilege} on {shown} is missing" if lacking else ""

    def beyond_reading(self) -> tuple[str, ...]:
        """The privileges that do more than show, e.g. ``Datastore.Modify on /datastore``."""
        found: dict[str, str] = {}
        for path, privileges in sorted(self.by_path.items()):
            for one in sorted(privileges):
                if not one.endswith(".Audit"):
                    found.setdefault(one, f"{one} on {path}")
        return tuple(found.values())

    def shown(self) -> tuple[str, ...]:
        """Every path with its privileges, without those that only repeat what comes from above."""
        return tuple(
            f"{path}: {', '.join(sorted(privileges))}"
            for path, privileges in sorted(self.by_path.items())
            if privileges and not self._repeated(path, privileges)
        )

    def _below(self, path: str) -> Iterator[str]:
        return (one for one in sorted(self.by_path) if one.startswith(f"{path}/"))

    def _repeated(self, path: str, privileges: Mapping[str, bool]) -> bool:
        above = (str(one) for one in PurePosixPath(path).parents if str(one) != path)
        nearest = next((one for one in above if one in self.by_path), None)
        return nearest is not None and self.by_path[nearest] == privileges and all(privileges.values())
