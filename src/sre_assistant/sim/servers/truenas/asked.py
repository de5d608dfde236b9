"""A call to the middleware, whichever way it came, and what the middleware keeps in mind beside the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sre_assistant.sim.servers.truenas.errors import ValidationErrors
from sre_assistant.sim.servers.truenas.keys import USERS, Role
from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View

if TYPE_CHECKING:
    from sre_assistant.sim.live import Live


@dataclass(slots=True)
class Memory:
    """What was said to this server."""

    dismissed: set[str] = field(default_factory=set)
    """Alerts, by their id."""
    revoked: float | None = None
    """When the keys were revoked because one was used over a plain connection."""
    rest_calls: list[float] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    """Jobs that somebody ordered."""
    audited: list[Row] = field(default_factory=list)
    """Calls that changed something, or tried to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the homelab, the NAS as it is, and the arguments."""

    live: Live
    view: View
    memory: Memory
    arguments: list[Any]
    role: Role | None = None
    """Of whoever asks."""

    @property
    def user(self) -> str:
        """Whoever asks."""
        return USERS[self.role][0] if self.role else ""

    def text(self, place: int, name: str, otherwise: str | None = None) -> str:
        """An argument that must be text.

        Raises:
            ValidationErrors: it is not, or it is missing.
        """
        if place >= len(self.arguments):
            if otherwise is not None:
                return otherwise
            raise ValidationErrors(name, "Field required")
        value = self.arguments[place]
        if not isinstance(value, str):
            raise ValidationErrors(name, "Input should be a valid string")
        return value

    def names(self, place: int, name: str) -> list[str]:
        """An argument that is a list of texts; none is an empty one.

        Raises:
            ValidationErrors: it is something else.
        """
        value = self.arguments[place] if place < len(self.arguments) else []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValidationErrors(name, "Input should be a valid list")
        return value
