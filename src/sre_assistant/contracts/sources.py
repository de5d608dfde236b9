"""The contracts a system can offer for reading.

Each method raises a SourceError when nothing usable came back. An empty answer is a Reading whose
completeness is ``empty``; an answer cut short by a bound is ``partial``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Reading, Rule, Sample, Series, Target
from sre_assistant.domain.window import Window


@runtime_checkable
class MetricSource(Protocol):
    """A server that answers PromQL."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def clock(self) -> Reading[datetime]:
        """What time the server thinks it is."""
        ...

    async def instant(self, query: str, at: datetime) -> Reading[tuple[Sample, ...]]:
        """The value of each series at one moment."""
        ...

    async def range(self, query: str, window: Window, step: timedelta) -> Reading[tuple[Series, ...]]:
        """The values of each series over a window, on an even grid."""
        ...

    def link(self, query: str, at: datetime) -> str:
        """A page where a person sees what the query answers; no credentials in it."""
        ...

    async def label_values(self, label: str, matchers: tuple[str, ...]) -> Reading[tuple[str, ...]]:
        """The values a label has, over the series that match any of the selectors."""
        ...


@runtime_checkable
class TargetSource(Protocol):
    """A server that knows what it scrapes."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def targets(self) -> Reading[tuple[Target, ...]]:
        """All active targets."""
        ...


@runtime_checkable
class RuleSource(Protocol):
    """A server that evaluates rules."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def rules(self) -> Reading[tuple[Rule, ...]]:
        """All alerting and recording rules."""
        ...


@runtime_checkable
class AlertSource(Protocol):
    """A server that knows which alerts are active."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """Active alerts, silenced and inhibited ones included and marked; pending ones not."""
        ...
