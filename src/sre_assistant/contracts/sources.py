"""The contracts a system can offer for reading.

Each method raises a SourceError when nothing usable came back. An empty answer is a Reading whose
completeness is ``empty``; an answer cut short by a bound is ``partial``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.inventory import (
    Backup,
    BackupJob,
    BackupStore,
    Change,
    LogFilter,
    LogLine,
    Receipt,
    Resource,
    ResourceKind,
)
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


@runtime_checkable
class LogSource(Protocol):
    """A system that keeps log lines."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def lines(self, wanted: LogFilter, window: Window, limit: int) -> Reading[tuple[LogLine, ...]]:
        """The newest ``limit`` lines of a window that pass the filter, oldest first.

        More than ``limit``: ``partial``. A filter that the source cannot apply makes it ``unsupported``,
        never a wider answer.
        """
        ...


@runtime_checkable
class InventorySource(Protocol):
    """A system that knows what there is."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        """Everything the system lets us see; ``denied`` when it is empty because it does not."""
        ...


@runtime_checkable
class ChangeSource(Protocol):
    """A system that remembers what was done."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """What began, ended or ran within a window, oldest first."""
        ...


@runtime_checkable
class BackupSource(Protocol):
    """A system that keeps or makes backups."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    async def backups(self) -> Reading[tuple[Backup, ...]]:
        """What is saved, one entry per thing and place."""
        ...

    async def backup_jobs(self) -> Reading[tuple[BackupJob, ...]]:
        """What saves, checks, thins out and copies, with its last outcome."""
        ...

    async def backup_stores(self) -> Reading[tuple[BackupStore, ...]]:
        """The places, with their room."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One kind of change that a system can be asked for."""

    name: str
    """As it is called, e.g. ``restart``."""
    kind: ResourceKind
    """What it is done to."""
    says: str
    """One sentence for whoever approves it."""
    undo: str = ""
    """The action that takes it back, where there is one."""


@runtime_checkable
class Actuator(Protocol):
    """A system that can be asked to change something. It exists only where the operator enabled it."""

    @property
    def name(self) -> str:
        """The configured name of the system."""
        ...

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that can be asked for; nothing else can."""
        ...

    async def act(self, action: str, target: str) -> Reading[Receipt]:
        """Asks once, without trying again.

        Args:
            action: the name of one of ``actions``.
            target: a ``Resource.id`` of that action's kind.

        Raises:
            CallError: there is no such action, or no such target.
            SourceError: it was refused, or it is unknown whether it was done.
        """
        ...
