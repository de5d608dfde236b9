"""What a handler of Proxmox VE's API is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.proxmox.access import Caller
from sre_assistant.sim.servers.proxmox.calls import Field, Refused, Value
from sre_assistant.sim.servers.proxmox.requested import Requests
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.things.guests import Guest

NODE_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
VMID = Field(kind="integer", needed=True, least=100, most=999_999_999)
NAME = Field(needed=True, pattern=r"[A-Za-z][\w-]{1,39}", noun="configuration ID")
FLAG = Field(kind="boolean")
NATURAL = Field(kind="integer", least=0)
TEXT = Field()
WORD = Field(needed=True)
TIMEFRAME = Field(needed=True, choices=("hour", "day", "week", "month", "year"))
CONSOLIDATION = Field(choices=("AVERAGE", "MAX"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: who asks, what for, and how the cluster looks at that moment."""

    live: Live
    view: ClusterView
    caller: Caller
    requests: Requests
    values: Mapping[str, Value]

    @property
    def node(self) -> str:
        """The node that the path names."""
        name = self.text("node")
        return self.view.local or name if name == "localhost" else name

    def text(self, name: str, default: str = "") -> str:
        """A parameter that is a text."""
        return str(self.values.get(name, default))

    def number(self, name: str, default: int) -> int:
        """A parameter that is a number or a flag."""
        return int(self.values.get(name, default))

    def flag(self, name: str) -> bool:
        """Whether a flag was set."""
        return bool(self.values.get(name))

    def guest(self, kind: str) -> Guest:
        """The guest that the path names.

        Raises:
            Refused: there is none.
        """
        return self.view.guest(self.node, kind, self.number("vmid", 0))

    def audits(self, guest: Guest) -> bool:
        """Whether the caller may see a guest."""
        return self.caller.has(f"/vms/{guest.spec.vmid}", "VM.Audit")

    def keeps(self, storage: str) -> bool:
        """Whether the caller may see a storage."""
        return self.caller.has(f"/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")

    def writable(self) -> None:
        """Refuses changes while there is no quorum.

        Raises:
            Refused: in the words of the cluster's file system.
        """
        if not self.view.quorate:
            raise Refused(500, "cluster not ready - no quorum?")
