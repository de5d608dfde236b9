"""What every fault has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.quantities import Span

if TYPE_CHECKING:
    from sre_assistant.sim.house import House


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"):
    """Something that begins at ``at`` (a time of day or ``+30m`` after the scenario's start) and may end.

    Each kind writes itself into the world with ``begin``, from a start in seconds since the epoch, and names
    with ``subject`` the entity that it is about. ``cured_by`` lists what ends it at once when somebody does
    it, e.g. ``restart container/media:jellyfin``.
    """

    cause: ClassVar[str | None] = None
    """The hypothesis that names it; none for what is not a fault."""

    at: str
    lasts: Span | None = None
    cured_by: tuple[str, ...] = ()

    def until(self, t: float) -> float:
        """Its end in seconds since the epoch."""
        return FOREVER if self.lasts is None else t + self.lasts

    def entities(self) -> dict[str, str]:
        """The entities that its fields name, by field, to be looked up."""
        return {}


class About(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something with the one thing that a field names."""

    about: ClassVar[tuple[str, str]]
    """The field, and the kind of entity that it names."""

    @property
    def entity(self) -> str:
        """The thing."""
        field, kind = self.about
        return f"{kind}/{getattr(self, field)}"

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The thing."""
        return self.entity

    def entities(self) -> dict[str, str]:
        """The thing."""
        return {self.about[0]: self.entity}


class OnHost(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something on one machine."""

    host: str

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The machine."""
        return f"host/{self.host}"

    def entities(self) -> dict[str, str]:
        """The machine."""
        return {"host": f"host/{self.host}"}
