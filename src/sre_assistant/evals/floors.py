"""Floors: the least that a measure must reach, or the most where low is good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.evals.measures import MEASURES, Share
from sre_assistant.runtime.names import nearest

DEFAULTS: Final[Mapping[str, float]] = MappingProxyType({"answered": 1.0, "evidence": 1.0})
"""What always must hold, whatever is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A bound and whether it was kept."""

    measure: str
    bound: float
    """The least share where high is good, the most where low is good."""
    share: float | None
    """What was reached; null when nothing of the kind was seen, which misses a floor that was asked for."""
    met: bool


def parse_floors(texts: Iterable[str]) -> dict[str, float]:
    """The bounds written like ``top1=0.8`` or ``false_alarm=0%``, over the usual ones.

    Raises:
        CallError: one is not written so, or its measure is not known.
    """
    bounds = dict(DEFAULTS)
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in MEASURES:
            raise CallError(f"no measure is called {name!r}. {nearest(name, tuple(MEASURES))}")
        bounds[name] = _share(text, value if equals else "")
    return bounds


def checked_floors(
    bounds: Mapping[str, float], shares: Iterable[Share], asked: Iterable[str]
) -> tuple[Floor, ...]:
    """Every bound held against what was reached.

    Args:
        bounds: by measure.
        shares: what was reached.
        asked: measures whose bound somebody asked for; the others count only where there was something to
            measure.
    """
    reached = {one.measure: one.share for one in shares}
    wanted = set(asked)
    return tuple(
        Floor(measure=name, bound=bound, share=reached[name], met=_met(name, bound, reached[name]))
        for name, bound in bounds.items()
        if reached[name] is not None or name in wanted
    )


def _met(name: str, bound: float, share: float | None) -> bool:
    if share is None:
        return False
    return share >= bound if MEASURES[name].good == "high" else share <= bound


def _share(text: str, value: str) -> float:
    try:
        share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError as error:
        raise CallError(f"{text!r} is no floor: write one like top1=0.8 or top1=80%.") from error
    if not 0 <= share <= 1:
        raise CallError(f"{text!r} is no floor: a share lies between 0 and 1.")
    return share
