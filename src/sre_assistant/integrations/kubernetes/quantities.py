"""Quantities and moments as Kubernetes writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Final

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII)
_SCALE: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{name: Decimal(1000) ** power for power, name in enumerate("kMGTPE", start=1)},
    **{f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGTPE", start=1)},
}
_LONGEST = 40


def quantity(text: object) -> float | None:
    """The number that ``128Mi``, ``100m``, ``1e3`` or ``2`` means; None when it is none.

    JSON numbers are accepted too, since the API server lets them pass in templates.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    matched = _QUANTITY.fullmatch(str(text).strip()) if len(str(text)) <= _LONGEST else None
    if matched is None:
        return None
    number, exponent, unit = matched.groups()
    try:
        found = float(Decimal(f"{number}{exponent or ''}") * _SCALE.get(unit or "", Decimal(1)))
    except (DecimalException, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


def moment(text: str | None) -> datetime | None:
    """The UTC moment of an RFC 3339 text with or without a fraction; None when there is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def stamp(when: datetime | None) -> str:
    """A moment with date and zone, to the second."""
    return when.strftime("%Y-%m-%d %H:%M:%SZ") if when else "(not said)"
