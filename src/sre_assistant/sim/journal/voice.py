"""Lines at moments of their own: regular chatter, and words that follow from what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.signals import lattice

Level = str
"""``debug``, ``info``, ``warn`` or ``error``."""


class Line(NamedTuple):
    """Something written, at seconds since the world's epoch."""

    at: float
    level: Level
    text: str


Phrase = tuple[Level, str]
"""A level and a text with places to fill: ``{n}`` a small number, ``{ms}`` milliseconds, ``{ip}`` an address,
``{id}`` eight hexadecimal digits, ``{who}`` a user, ``{what}`` a thing."""

_WHO: Final = ("anna", "ben", "clara", "david", "guest")
_WHAT: Final = ("holiday", "invoice", "recipes", "garden", "concert", "manual", "backup", "photos")


@dataclass(frozen=True, slots=True)
class Chatter:
    """Phrases in turn, one every so many seconds, each a little early or late."""

    seed: int
    every: float
    phrases: Sequence[Phrase]
    start: float = -1e12
    end: float = 1e12

    def lines(self, start: float, end: float, alive: Callable[[Floats], Floats] | None = None) -> list[Line]:
        """What is said in a window, where ``alive`` is 1."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return []
        slots = np.arange(np.floor(start / self.every) - 1, np.ceil(end / self.every) + 1).astype(np.int64)
        times = (slots + 0.5 + 0.8 * lattice(self.seed, slots)) * self.every
        kept = (times >= start) & (times < end)
        if alive is not None:
            kept &= alive(times) > 0
        draws = ((lattice(self.seed + 1, slots[kept]) + 0.5) * 2**40).astype(np.int64)
        return [
            Line(at, *_said(self.phrases[draw % len(self.phrases)], draw // 64))
            for at, draw in zip(times[kept].tolist(), draws.tolist(), strict=True)
        ]


def say(at: float, start: float, end: float, *phrases: Phrase, apart: float = 0.05) -> Iterator[Line]:
    """Phrases one after the other from a moment on, as far as they fall into the window."""
    for number, phrase in enumerate(phrases):
        moment = at + number * apart
        if start <= moment < end:
            yield Line(moment, *_said(phrase, int(at * 1000) + number))


def filled(text: str, draw: int) -> str:
    """A text with its places filled."""
    if "{" not in text:
        return text
    draw = (draw * 2654435761 + 12345) & 0xFFFFFFFFFF
    return (
        text.replace("{n}", str(draw % 97 + 1))
        .replace("{ms}", str(draw % 480 + 3))
        .replace("{ip}", f"192.0.2.{draw % 150 + 100}")
        .replace("{id}", f"{draw & 0xFFFFFFFF:08x}")
        .replace("{who}", _WHO[draw % len(_WHO)])
        .replace("{what}", _WHAT[draw // 7 % len(_WHAT)])
    )


def _said(phrase: Phrase, draw: int) -> Phrase:
    return phrase[0], filled(phrase[1], draw)
