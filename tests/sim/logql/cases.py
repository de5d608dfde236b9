"""What one row of the tables of expressions says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Logs:
    """A log query over the first 70 seconds; lines are told by their second.

    ``texts`` are expected where a stage rewrites lines, ``fields`` (all labels beside the stream's, by
    second) where it extracts.
    """

    query: str
    seconds: tuple[int, ...]
    texts: tuple[str, ...] | None = None
    fields: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vector:
    """A metric query at a second: values by their labels, written ``a=1 b=2``."""

    query: str
    values: dict[str, float]
    at: int = 60


@dataclass(frozen=True, slots=True)
class Matrix:
    """A metric query at each ``step`` seconds: values by second, by labels."""

    query: str
    start: int
    end: int
    step: int
    values: dict[str, dict[int, float]]
