"""Whatever happens while a case is worked on, as small typed values.

Terminal, page, audit and metrics all read this one stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sre_assistant.domain.reading import Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """Work on a case begins."""

    case: str
    title: str
    type: Literal["case_opened"] = "case_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupBegan:
    """One look-up is on its way."""

    case: str
    source: str
    operation: str
    type: Literal["lookup_began"] = "lookup_began"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupDone:
    """One look-up came back, or failed."""

    case: str
    source: str
    operation: str
    completeness: Completeness
    seconds: float
    """Wall time on the assistant's monotonic clock."""
    type: Literal["lookup_done"] = "lookup_done"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReached:
    """The investigation moved on."""

    case: str
    stage: Literal["plan", "collect", "analyse", "conclude"]
    note: str
    type: Literal["stage_reached"] = "stage_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseConcluded:
    """A diagnosis stands."""

    case: str
    verdict: str
    summary: str
    type: Literal["case_concluded"] = "case_concluded"


Event: TypeAlias = CaseOpened | LookupBegan | LookupDone | StageReached | CaseConcluded
Emit: TypeAlias = Callable[[Event], None]
