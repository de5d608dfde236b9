"""What a handler of the backup server's API is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.pbs.access import Caller
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.calls import Refused, Value
from sre_assistant.sim.things.storage import Datastore


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: who asks, what for, and how the server is at that moment."""

    live: Live
    view: StoreView
    caller: Caller
    values: Mapping[str, Value]

    def text(self, name: str, default: str = "") -> str:
        """A parameter that is a text."""
        return str(self.values.get(name, default))

    def number(self, name: str, default: int) -> int:
        """A parameter that is a number or a flag."""
        return int(self.values.get(name, default))

    def flag(self, name: str) -> bool:
        """Whether a flag was set."""
        return bool(self.values.get(name))

    def sees(self, store: str) -> bool:
        """Whether the caller may see a datastore."""
        return self.caller.has(f"/datastore/{store}", "Datastore.Audit")

    def store(self, *privileges: str) -> Datastore:
        """The datastore that the path names, if the caller has one of the privileges on it.

        Raises:
            Refused: no privilege, no such datastore, or one that cannot be used.
        """
        name = self.text("store")
        self.caller.check(f"/datastore/{name}", *privileges)
        return self.view.usable(name)

    def namespace(self) -> None:
        """Refuses any namespace but the root: there is no other.

        Raises:
            Refused: another was asked for.
        """
        if name := self.text("ns"):
            raise Refused(400, f"namespace '{name}' does not exist")
