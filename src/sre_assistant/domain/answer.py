"""An answer to a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.domain.entities import Entity
from sre_assistant.domain.evidence import Evidence, Lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Words with their evidence. The JSON form is this class, field by field."""

    schema: int = 1
    question: str
    intent: str
    """How the question was understood: ``state``, ``why``, ``alerts``, ``normal``, ``targets``, ``house``,
    ``ambiguous`` or ``outside``."""
    response: str
    """Plain text; every number is followed by its evidence id in brackets."""
    verdict: Verdict | None = None
    """Only where the question asks for one."""
    subject: Entity | None = None
    """What it was about; a follow-up that names nothing means this."""
    session_id: str = ""
    at: datetime
    """The moment the answer speaks of, on the metrics server's clock."""
    evidence: tuple[Evidence, ...] = ()
    coverage: tuple[Lookup, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Questions that would be answered, when this one was not."""
