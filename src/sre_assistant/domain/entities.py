"""Things in the house that can be at fault or affected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing, named as the alert and the metrics name it."""

    kind: str
    """``host``, ``filesystem``, ``disk``, ``target``, ``probe``, ``service`` or ``house``."""
    name: str
    """Readable and unique within its kind and site, e.g. ``nas:9100:/tank/media``."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The labels that pick it out in its source, e.g. ``instance`` and ``mountpoint``."""
    site: str = "home"
    """The house it stands in; one installation can serve several."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it this thing and no other."""
        return (self.site, self.kind, self.name)


HOUSE = Entity(kind="house", name="house")
