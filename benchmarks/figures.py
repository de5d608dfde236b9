"""A measured figure beside its peer, and how both are taken."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    bound: float | None = None
    """What it should stay below, where a bound is promised."""
    peer: str
    """The same work by other means, or the least it could cost."""
    peer_value: float
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as texts: what, figure, bound, peer, peer's figure, note."""
        bound = "" if self.bound is None else f"< {self._text(self.bound)}"
        return (self.what, self._text(self.value), bound, self.peer, self._text(self.peer_value), self.note)

    def _text(self, value: float) -> str:
        digits = 0 if value >= 20 or value == int(value) else 1
        return f"{value:.{digits}f} {self.unit}".rstrip()


def side_by_side(
    first: Callable[[], float], second: Callable[[], float], rounds: int = 11
) -> tuple[float, float]:
    """Medians of two measurements taken in turns, so that whatever else runs here disturbs both alike."""
    first()
    second()
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def run_seconds(command: Sequence[str]) -> float:
    """Wall time of a program from start to end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def python(code: str) -> list[str]:
    """A fresh interpreter that runs ``code``."""
    return [sys.executable, "-c", code]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
