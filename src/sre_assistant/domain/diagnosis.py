"""A case and what was concluded about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.entities import Entity
from sre_assistant.domain.evidence import Evidence, Lookup
from sre_assistant.domain.window import Window


class Verdict(StrEnum):
    """What the evidence allows to be said."""

    EXPLAINED = "explained"
    HEALTHY = "healthy"
    """Only when everything that would show a fault was asked and answered."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to look into."""

    id: str
    kind: str
    """``alert``, ``question`` or ``house``."""
    title: str
    """What a person would call it: the alert's name, the question, or ``whole house``."""
    alert: Alert | None = None
    question: str = ""
    opened_at: datetime
    """When it was opened, on the assistant's clock."""
    at: datetime
    """The moment it speaks of, on the metrics server's clock."""
    window: Window
    """The past that was looked at, on the metrics server's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One explanation and how well it stands."""

    id: str
    """The hypothesis, e.g. ``filesystem-full``."""
    title: str
    """One sentence that names the subject and the key figure."""
    subject: Entity
    score: float
    """0 to 1; how it is worked out is documented in docs/explanation/scoring.md."""
    since: datetime | None = None
    """When it began, where that could be seen."""
    supports: tuple[str, ...] = ()
    """Evidence ids that speak for it."""
    refutes: tuple[str, ...] = ()
    """Evidence ids that speak against it."""
    missing: tuple[str, ...] = ()
    """What would have helped to tell but could not be seen, and why."""
    reason: str = ""
    """For one that was ruled out: why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """Something abnormal that a cause explains, or that nothing explains yet."""

    statement: str
    subject: Entity
    explained_by: str = ""
    """A cause's id; empty while unexplained."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    what: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Who or what suffers."""

    subject: Entity
    statement: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What a person can do, least disruptive first."""

    cause: str
    """The cause's id it is for."""
    text: str
    command: str = ""
    """A line to copy, where there is one; nothing here is run by the assistant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong, why, and what is not known. The JSON form is this class, field by field."""

    schema: int = 1
    case: Case
    verdict: Verdict
    summary: str
    """One sentence a tired person can act on."""
    causes: tuple[Cause, ...] = ()
    """Most likely first."""
    ruled_out: tuple[Cause, ...] = ()
    """Abnormal or suspected, but not what this is about; ``refutes`` says why."""
    symptoms: tuple[Symptom, ...] = ()
    timeline: tuple[Moment, ...] = ()
    impact: tuple[Impact, ...] = ()
    coverage: tuple[Lookup, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    next_checks: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    """Ids of past cases; empty until there is a memory of them."""
