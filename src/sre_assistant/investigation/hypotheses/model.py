"""What a hypothesis is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A bound on one signal of the subject, or of the machine the subject is on."""

    signal: str
    above: float | None = None
    below: float | None = None
    weight: float = 0.8
    """How much it moves the score when it speaks for or against; unused where it is required."""

    def holds(self, value: float) -> bool:
        """Whether the value is beyond the bound; what is no finite number never is."""
        if not math.isfinite(value):
            return False
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


def above(signal: str, bound: float, weight: float = 0.8) -> Check:
    """The signal is above a bound."""
    return Check(signal=signal, above=bound, weight=weight)


def below(signal: str, bound: float, weight: float = 0.8) -> Check:
    """The signal is below a bound."""
    return Check(signal=signal, below=bound, weight=weight)


def seen(signal: str) -> Check:
    """The signal has a value, whatever it is."""
    return Check(signal=signal, above=float("-inf"))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person can do or look at."""

    text: str
    command: str = ""
    """A line to copy; its fields are the subject's labels, quoted for a shell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A cause that can be told from signals."""

    id: str
    title: str
    """One sentence over the subject's labels and ``{value}`` of the key signal."""
    key: str
    """The signal that shows it best; its kind is the subject's."""
    explains: tuple[str, ...]
    """Signals whose alerts it accounts for."""
    requires: tuple[tuple[Check, ...], ...]
    """Of each group at least one must hold."""
    supports: tuple[Check, ...] = ()
    refutes: tuple[Check, ...] = ()
    shows: tuple[str, ...] = ()
    """Signals worth showing beside, which weigh nothing."""
    owner: Literal["any", "level", "trend", "none"] = "none"
    """Which alerts of the owner's own making may stand in for the usual bounds: any, only one about where
    a value stands, or only one about where it is heading."""
    owner_requires: tuple[tuple[Check, ...], ...] = ()
    """What must be seen even then."""
    alone: bool = True
    """Whether it is a fault although no alert complains; a busy machine is not."""
    leads_to: tuple[str, ...] = ()
    """Hypotheses that must follow from this one on the same machine, not merely may."""
    history: str = ""
    """The signal whose past is drawn and dated; the key signal unless another shows it better."""
    onset: Literal["level", "slope"] = "level"
    """Whether it begins with a step of that signal or with a bend."""
    harms: str = ""
    """Who suffers, over the subject's labels."""
    remedies: tuple[Step, ...] = ()
    """Least disruptive first."""
    next_checks: tuple[str, ...] = ()
    """What to look at when it is not certain."""
    words: tuple[str, ...] = ()
    """What people call it beside the words of its signals."""

    def signals(self) -> tuple[str, ...]:
        """All signals it looks at, the required ones first."""
        required = [c.signal for group in (*self.requires, *self.owner_requires) for c in group]
        others = [c.signal for c in (*self.supports, *self.refutes)]
        return tuple(dict.fromkeys([self.key, *required, *others, *self.shows, self.drawn]))

    @property
    def drawn(self) -> str:
        """The signal whose past is drawn."""
        return self.history or self.key

    def required_signals(self) -> tuple[str, ...]:
        """The signals without which nothing can be said of it."""
        groups = (*self.requires, *self.owner_requires)
        return tuple(dict.fromkeys([self.key, *(c.signal for group in groups for c in group)]))
