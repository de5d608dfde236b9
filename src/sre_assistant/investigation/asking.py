"""Asking through the ledger, in one line."""

from __future__ import annotations

from datetime import datetime

from sre_assistant.contracts.ledger import Ledger
from sre_assistant.contracts.sources import MetricSource
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Reading, Sample


async def instant(
    ledger: Ledger, source: MetricSource, operation: str, query: str, at: datetime
) -> Reading[tuple[Sample, ...]]:
    """An instant query; a failing server gives no samples and says why."""
    return await ledger.read(
        lambda: source.instant(query, at), (), source=source.name, operation=operation, query=query, at=at
    )


def line(operation: str, reading: Reading[object]) -> Lookup:
    """The ledger's line for a reading."""
    return Lookup(
        source=reading.provenance.source,
        operation=operation,
        query=reading.provenance.query,
        completeness=reading.completeness,
        detail=reading.detail,
    )
