"""What was changed in the house: by people, by schedules, and by what restarted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

Kind = Literal["update", "config", "restart", "reboot", "job"]

_SPELLS: Final[dict[str, tuple[Kind, str]]] = {
    "updated": ("update", "image is now {detail}"),
    "reconfigured": ("config", "configuration was edited"),
    "rollout": ("restart", "restarted by request"),
}


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One change at a time of the world."""

    at: float
    entity: str
    kind: Kind
    text: str


def changes(world: World, start: float, end: float) -> list[Change]:
    """The changes of a window, by time."""
    return sorted(one for one in _all(world, start, end) if start <= one.at < end)


def _all(world: World, start: float, end: float) -> Iterator[Change]:
    for entity, spells in world.spells.items():
        for spell in spells:
            if spell.mode in _SPELLS:
                kind, text = _SPELLS[spell.mode]
                yield Change(spell.start, entity, kind, text.replace("{detail}", spell.detail))
    for name, host in world.hosts.items():
        for boot in host.boots.tolist():
            yield Change(boot, f"host/{name}", "reboot", "machine started")
    for run in world.runs(start, end, "update", "backup", "scrub", "replication"):
        if run.kind != "replication" or run.error:
            yield Change(run.start, run.subject, "job", f"{run.job} began")
