"""A container, or a pod's: when it runs, what it uses, and how it fares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells, joined
from sre_assistant.sim.signals import Signal, Wander
from sre_assistant.sim.things.lives import Life, Lives

_UNWELL: Final = ("unhealthy", "hung", "failing")
HEALTH_EVERY: Final = 30.0
"""Seconds between two health checks."""
HEALTH_RETRIES: Final = 3
"""Failures in a row after which it counts as ill."""


@dataclass(slots=True)
class Running:
    """Something that runs from an image and uses CPU and memory."""

    entity: str
    name: str
    seed: int
    image: str
    memory: float
    """Bytes that it usually holds."""
    limit: float | None
    cpu: Signal
    """Cores that it keeps busy while it runs."""
    lives: Lives
    spells: Spells
    images: list[tuple[float, str]] = field(default_factory=list)
    """Later images, each with the time from which on it is used."""

    @property
    def id(self) -> str:
        """The 64 hexadecimal digits that name it."""
        return hashlib.sha256(f"{self.seed}\x00{self.entity}".encode()).hexdigest()

    def id_of(self, generation: int) -> str:
        """The id of the container that was made so many image updates after the first."""
        if generation == 0:
            return self.id
        return hashlib.sha256(f"{self.id}\x00{generation}".encode()).hexdigest()

    def image_at(self, t: float) -> str:
        """The image that it has at a moment."""
        return next((image for since, image in reversed(self.images) if since <= t), self.image)

    def life(self, t: float) -> Life | None:
        """The run under way."""
        return self.lives.running(t)

    def alive(self, t: Floats) -> Floats:
        """1 while it runs."""
        return self.lives.alive(t)

    def restarts(self, t: Floats) -> Floats:
        """How often it has been started again after a failure."""
        return self.lives.count(t, lambda life: life.again)

    def kills(self, t: Floats) -> Floats:
        """How often it was killed for want of memory."""
        done = self.lives.count(t, lambda life: life.killed)
        lives, places = self.lives.places(t)
        if not lives:
            return done
        doomed = np.array([life.end if life.killed else -np.inf for life in lives])
        under_way = (places >= 0) & (doomed[np.maximum(places, 0)] > t)
        return done - np.where(under_way, 1.0, 0.0)

    def cpu_seconds(self, t: Floats) -> Floats:
        """CPU time used since the last start, which a counter shows."""
        lives, places = self.lives.places(t)
        if not lives:
            return np.zeros(len(t))
        begun, over = (np.array([getattr(life, name) for life in lives]) for name in ("start", "end"))
        place = np.maximum(places, 0)
        before = self.cpu.total(begun)[place]
        return np.maximum(self.cpu.total(np.clip(t, begun[place], over[place])) - before, 0.0)

    def age(self, t: Floats) -> Floats:
        """Seconds since the last start; 0 before the first."""
        begun = self.lives.begun(t)
        return np.where(begun != 0, t - begun, 0.0)

    def received(self, t: Floats) -> Floats:
        """Bytes that it got over the network since the last start."""
        return np.floor(self.age(t) * (300 + self.seed % 9000))

    def transmitted(self, t: Floats) -> Floats:
        """Bytes that it sent over the network since the last start."""
        return np.floor(self.age(t) * (200 + self.seed % 7000))

    def written(self, t: Floats) -> Floats:
        """Bytes that it wrote to its disk since the last start."""
        return np.floor(self.age(t) * (200 + self.seed % 4000))

    def memory_used(self, t: Floats) -> Floats:
        """Bytes held: around the usual, and in a run that ends for want of memory up to the limit."""
        used = self.memory * (1 + Wander(self.seed + 3, 3600.0, 0.06).value(t))
        for one in self.spells.of("leaking"):
            grown = self.memory + one.level * (t - one.start)
            used = np.where((t >= one.start) & (t < one.end), np.maximum(used, grown), used)
        if self.limit is not None:
            used = np.minimum(np.maximum(used, self._filling(t)), self.limit * 0.995)
        return np.floor(used / 4096) * 4096 * self.alive(t)

    def throttled(self, t: Floats) -> Floats:
        """The share of its CPU periods in which it had to stop."""
        return np.maximum(self.spells.level(t, "throttled"), 0.002)

    def healthy(self, t: Floats) -> Floats:
        """1 where a health check every half minute has passed and not failed three times in a row since."""
        begun, age = self.lives.begun(t), self.age(t)
        ill = age < HEALTH_EVERY
        for start, end in joined(self.spells.of(*_UNWELL)):
            first = np.maximum(np.ceil((start - begun) / HEALTH_EVERY), 1.0)
            failed = begun + (first + HEALTH_RETRIES - 1) * HEALTH_EVERY
            passes = begun + np.ceil((end - begun) / HEALTH_EVERY) * HEALTH_EVERY
            ill |= (failed < end) & (t >= failed) & (t < passes)
        return np.where(ill, 0.0, self.alive(t))

    def answers(self, t: float) -> bool:
        """Whether its health check would pass."""
        return self.life(t) is not None and self.spells.at(t, *_UNWELL) is None

    def _filling(self, t: Floats) -> Floats:
        """In a run that the kernel will end, memory grows to the limit."""
        lives, places = self.lives.places(t)
        filled = np.zeros(len(t))
        if self.limit is None or not any(life.killed for life in lives):
            return filled
        begun, ends, killed = (
            np.array([getattr(life, name) for life in lives], dtype=np.float64)[np.maximum(places, 0)]
            for name in ("leaks", "end", "killed")
        )
        share = np.clip((t - begun) / np.maximum(ends - begun, 1.0), 0.0, 1.0)
        return np.where(killed > 0, self.memory + (self.limit - self.memory) * share, 0.0)
