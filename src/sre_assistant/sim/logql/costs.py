"""What a query has cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Costs:
    """Lines and bytes that were read for one query, and lines that passed."""

    lines: int = 0
    bytes: int = 0
    metadata_bytes: int = 0
    kept: int = 0
    streams: int = 0
