"""What containers and pods write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spell
from sre_assistant.sim.journal.phrases import NEEDS, lasting, quiet, started
from sre_assistant.sim.journal.voice import Chatter, Line, Phrase, say
from sre_assistant.sim.signals import seeded

if TYPE_CHECKING:
    from sre_assistant.sim.things.containers import Running
    from sre_assistant.sim.world import World

_LOUDER = 4.0
"""How much more often a program in trouble speaks."""


@dataclass(frozen=True, slots=True)
class Program:
    """A container or a pod's, as somebody who writes."""

    world: World
    running: Running
    dialect: str
    every: float
    host: str

    def lines(self, start: float, end: float) -> list[Line]:
        """All that it writes in a window, by time."""
        found = Chatter(self.running.seed, self.every, quiet(self.dialect)).lines(start, end, self._speaks)
        for spell in self.running.spells:
            if spell.touches(start, end):
                found += self._troubled(spell, start, end)
        found += self._turns(start, end)
        away = self.world.spells[f"host/{self.host}"].of("gone", "off")
        kept = [one for one in found if not any(spell.has(one.at) for spell in away)] if away else found
        return sorted(kept)

    def _speaks(self, t: Floats) -> Floats:
        """Its usual words stop while it hangs or is away."""
        alive: Floats = self.running.alive(t)
        alive[self.running.spells.inside(t, "hung")] = 0.0
        return alive

    def _troubled(self, spell: Spell, start: float, end: float) -> list[Line]:
        phrases: tuple[Phrase, ...] = ()
        every = self.every / _LOUDER
        if spell.mode == "says":
            phrases, every = lasting(spell.detail.split("\n")), spell.level
        elif spell.mode in {"failing", "complaining", "hung"}:
            phrases = self._needs(spell)
        elif spell.mode == "unhealthy":
            phrases = (("warn", "health check failed: timeout after 5000 ms ({n} in a row)"),)
        if not phrases:
            return []
        seed = seeded(self.running.seed, spell.mode, spell.why, spell.detail)
        voice = Chatter(seed, every, phrases, max(spell.start, start - every), spell.end)
        return voice.lines(start, end, self.running.alive)

    def _needs(self, spell: Spell) -> tuple[Phrase, ...]:
        kind, _, name = spell.why.partition("/")
        if not kind or spell.mode == "hung":
            return ()
        device = self.world.house.devices.get(name)
        key = "net-dns" if kind == "net" and device is not None and device.kind == "dns" else kind
        if key not in NEEDS:
            return ()
        level, text = NEEDS[key]
        return ((level, text.replace("{name}", name.rpartition(":")[2] or name)),)

    def _turns(self, start: float, end: float) -> Iterator[Line]:
        """First and last words of each run."""
        words = self.running.spells.of("last-words")
        for life in self.running.lives.upto(end):
            if life.start < start - 60 and life.end < start - 60:
                continue
            yield from say(
                life.start, start, end, *started(self.running.name, self.running.image_at(life.start))
            )
            if life.end - 1.0 >= end:  # its last words come a second before it ends
                continue
            last = next((one.detail for one in words if one.touches(life.end - 1, life.end + 1)), "")
            if life.mode == "crashing" and last:
                yield from say(life.end - 0.4, start, end, *lasting(last.split("\n")))
            elif life.mode in {"", "stopped"}:
                yield from say(life.end - 1.0, start, end, ("info", "Received SIGTERM, shutting down"))
