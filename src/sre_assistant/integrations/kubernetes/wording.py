"""Words of the cluster made fit to be kept and shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sre_assistant.kit.redaction import bounded, redact

_LONGEST: Final = 300


def said(parts: Iterable[str]) -> str:
    """Everything that was said, on one bounded line and without what looks like a credential."""
    text = "; ".join(part for part in parts if part)
    return bounded(redact(text), _LONGEST) if text else ""
