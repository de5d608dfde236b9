"""What somebody does to the house through one of its systems: write actions, and what they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import msgspec

from sre_assistant.sim.causality.spells import FOREVER, Spell
from sre_assistant.sim.faults.model import Fault
from sre_assistant.sim.quantities import Span

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

F = TypeVar("F", bound=Fault)

Act = Literal[
    "restart",
    "start",
    "stop",
    "kill",
    "reboot",
    "shutdown",
    "suspend",
    "resume",
    "snapshot",
    "delete",
    "scale",
    "update",
    "cordon",
    "uncordon",
    "stop-job",
    "run-job",
]
Mishap = Literal["fail", "slow", "half", "lost"]
"""``fail``: refused with an error; ``slow``: done a minute later; ``half``: what it takes down stays down;
``lost``: done, but the answer never arrives."""

_AWAY: Final[dict[str, dict[str, float]]] = {
    # seconds for which a thing is down when it is started anew
    "container": {"restart": 3.0, "kill": 1.0},
    "guest": {"reboot": 24.0, "restart": 24.0},
    "workload": {"restart": 0.0},
}
_SLOW_SECONDS: Final = 60.0
PAUSED: Final = "paused by request"
"""The detail of a guest's ``gone`` spell while it is suspended."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done at a time of the world, e.g. ``restart`` of ``container/media:jellyfin``."""

    at: float
    act: Act
    entity: str
    detail: str = ""
    half: bool = False
    """Whether only its first half happened: stopped, never started."""

    @property
    def words(self) -> str:
        """As faults name their cure."""
        return f"{self.act} {self.entity}"


def cured(fault: F, t: float, deeds: Sequence[Deed]) -> F:
    """A fault that begins at ``t``, ended by the first deed that cures it."""
    ends = [deed.at for deed in deeds if deed.at >= t and deed.words in fault.cured_by and not deed.half]
    if not ends or min(ends) >= fault.until(t):
        return fault
    return msgspec.structs.replace(fault, lasts=Span(min(ends) - t))


def carry_out(world: World, deeds: Sequence[Deed]) -> None:
    """Writes into the world what was done, in order."""
    for deed in sorted(deeds, key=lambda one: one.at):
        _carry_out(world, deed)


def mishappened(deed: Deed, mishap: Mishap | None) -> Deed:
    """What really happens of a deed."""
    if mishap == "slow":
        return replace(deed, at=deed.at + _SLOW_SECONDS)
    return replace(deed, half=True) if mishap == "half" else deed


def _carry_out(world: World, deed: Deed) -> None:
    spells = world.spells[deed.entity]
    if deed.act in {"stop", "shutdown"}:
        world.tell(deed.entity, "stopped", deed.at, FOREVER, detail=f"{deed.act} by request")
    elif deed.act == "start":
        spells.told = [_until(one, deed.at + 1.0) if one.mode == "stopped" else one for one in spells.told]
        world.tell(deed.entity, "started", deed.at + 1.0, FOREVER)
    elif deed.act == "suspend":
        world.tell(deed.entity, "gone", deed.at, FOREVER, detail=PAUSED)
    elif deed.act == "resume":
        spells.told = [_until(one, deed.at) if one.detail == PAUSED else one for one in spells.told]
    elif deed.act in {"restart", "reboot", "kill"}:
        away = _AWAY.get(deed.entity.partition("/")[0], {}).get(deed.act, 5.0)
        end = FOREVER if deed.half else deed.at + away
        spells.told = [_until(one, deed.at) if one.mode == "stopped" else one for one in spells.told]
        world.tell(deed.entity, "stopped", deed.at, end, detail=f"{deed.act} by request")
        world.tell(deed.entity, "rollout", deed.at, FOREVER, detail=deed.detail)
    else:
        world.tell(deed.entity, deed.act, deed.at, FOREVER, detail=deed.detail)


def _until(spell: Spell, t: float) -> Spell:
    return replace(spell, end=min(spell.end, t)) if spell.has(t) else spell
