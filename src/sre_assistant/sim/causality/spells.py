"""When something is not as usual: stretches of time with a mode each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats

FOREVER: Final = 1e12
"""An end that never comes, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From ``start`` until before ``end`` (seconds since the world's epoch) something is in another mode."""

    start: float
    end: float
    mode: str
    why: str = ""
    """The entity whose trouble led to this one; empty where it began here."""
    detail: str = ""
    level: float = 0.0
    """How bad it is, where the mode knows degrees."""
    part: str = ""
    """The part of the thing that it is limited to; empty for all of it."""

    def has(self, t: float) -> bool:
        """Whether it is on at a moment."""
        return self.start <= t < self.end

    def touches(self, start: float, end: float) -> bool:
        """Whether any of it lies in a window."""
        return self.start < end and self.end > start

    @property
    def lasting(self) -> bool:
        """Whether it never ends by itself."""
        return self.end >= FOREVER


@dataclass(slots=True)
class Spells:
    """All that happens to one thing, in the order told."""

    told: list[Spell] = field(default_factory=list)

    def __iter__(self) -> Iterator[Spell]:
        return iter(self.told)

    def __bool__(self) -> bool:
        return bool(self.told)

    def add(self, spell: Spell) -> None:
        """One more; of no length it is left out."""
        if spell.end > spell.start:
            self.told.append(spell)

    def of(self, *modes: str) -> list[Spell]:
        """Those in one of these modes, by start."""
        return sorted((one for one in self.told if one.mode in modes), key=lambda one: one.start)

    def at(self, t: float, *modes: str) -> Spell | None:
        """The first told that is on at a moment, of any mode if none is named."""
        return next((one for one in self.told if one.has(t) and (not modes or one.mode in modes)), None)

    def inside(self, t: Floats, *modes: str) -> Bools:
        """Where a spell of these modes is on."""
        found = np.zeros(len(t), dtype=np.bool_)
        for one in self.told:
            if not modes or one.mode in modes:
                found |= (t >= one.start) & (t < one.end)
        return found

    def level(self, t: Floats, mode: str) -> Floats:
        """The highest level of a mode at each time, 0 where there is none."""
        found = np.zeros(len(t))
        for one in self.told:
            if one.mode == mode:
                found = np.where((t >= one.start) & (t < one.end), np.maximum(found, one.level), found)
        return found


def joined(spells: list[Spell]) -> list[tuple[float, float]]:
    """The stretches in which at least one spell is on, without overlap, by start."""
    found: list[tuple[float, float]] = []
    for one in sorted(spells, key=lambda spell: spell.start):
        if found and one.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], one.end))
        else:
            found.append((one.start, one.end))
    return found
