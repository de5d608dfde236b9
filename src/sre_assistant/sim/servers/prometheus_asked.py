"""The parameters of a request to Prometheus."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams

from sre_assistant.sim.promql import BadData
from sre_assistant.sim.promql.engine import TIMEOUT_SECONDS
from sre_assistant.sim.promql.text import duration_ms, quoted

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one request, and the simulated moment it came at (unix milliseconds)."""

    params: QueryParams
    path: Mapping[str, str]
    now: int

    def first(self, name: str) -> str:
        """A parameter's first value, or nothing."""
        values = self.params.getlist(name)
        return values[0] if values else ""

    @property
    def query(self) -> str:
        """The expression."""
        return self.first("query")

    def time(self, name: str, default: int | None = None, hint: str = "") -> int:
        """A moment in unix milliseconds."""
        text = self.first(name)
        if not text and default is not None:
            return default
        try:
            return _moment(text)
        except ValueError as error:
            raise BadData(f'invalid parameter "{name}": {hint}{error}') from error

    def step(self) -> int:
        """The distance of steps in milliseconds."""
        try:
            step = _span(self.first("step"))
        except ValueError as error:
            raise BadData(f'invalid parameter "step": {error}') from error
        if step <= 0:
            raise BadData(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        return max(1, round(step * 1000))

    def timeout(self) -> float:
        """Seconds that the query may take."""
        text = self.first("timeout")
        if not text:
            return TIMEOUT_SECONDS
        try:
            return min(_span(text), TIMEOUT_SECONDS)
        except ValueError as error:
            raise BadData(f'invalid parameter "timeout": {error}') from error


def form(body: bytes) -> list[tuple[str, str]]:
    """The parameters in a body."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _moment(text: str) -> int:
    """Unix milliseconds of unix seconds or RFC 3339."""
    try:
        seconds = float(text)
        if math.isfinite(seconds):
            return round(seconds * 1000)
    except ValueError:
        if _RFC3339.fullmatch(text):
            return round(datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp() * 1000)
    raise ValueError(f"cannot parse {quoted(text)} to a valid timestamp")


def _span(text: str) -> float:
    """Seconds of a number or a duration."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            return duration_ms(text) / 1000
        except ValueError:
            raise ValueError(f"cannot parse {quoted(text)} to a valid duration") from None
    if not abs(seconds) < 2**63 / 1e9:
        raise ValueError(f"cannot parse {quoted(text)} to a valid duration. It overflows int64")
    return seconds
