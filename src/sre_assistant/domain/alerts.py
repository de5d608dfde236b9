"""An alert as some alerting system told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert instance: a rule that is true for one set of labels."""

    name: str
    """The ``alertname`` label."""
    labels: Mapping[str, str]
    """All labels, ``alertname`` included."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Free text from the rule; untrusted, shown only as a quotation."""
    starts_at: datetime
    """When it began to fire, UTC."""
    ends_at: datetime | None = None
    """When it ended; None while it fires."""
    fingerprint: str = ""
    """The alerting system's id of this label set."""
    status: str = "firing"
    """``firing`` or ``resolved``."""
    silenced: bool = False
    """Silenced or inhibited: true, but nobody is told."""
    generator_url: str = ""
    """Link to the rule's expression."""
    source: str = ""
    """The configured system that told us."""

    @property
    def severity(self) -> str:
        """The ``severity`` label, or an empty text."""
        return self.labels.get("severity", "")
