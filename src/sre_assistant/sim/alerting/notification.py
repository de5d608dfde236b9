"""What is told of alerts, to whom it goes, and where alerts come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from sre_assistant.sim.alerting.notified import Heard
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.metrics.series import Labels, labels_of
from sre_assistant.sim.quantities import Span

ALL_LABELS: Final = "..."


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How alerts are put together and how often they are told, with Alertmanager's defaults."""

    receiver: str = "ops"
    group_by: tuple[str, ...] = ("alertname",)
    """Labels that the alerts of a group share; ``...`` for all of them."""
    group_wait: Span = Span(30)
    group_interval: Span = Span(300)
    repeat_interval: Span = Span(4 * 3600)
    send_resolved: bool = True
    max_alerts: int = 0
    """At most so many alerts in one notification; 0 for any number."""

    def key(self, labels: Mapping[str, str]) -> Labels:
        """The labels of the group that an alert belongs to."""
        if ALL_LABELS in self.group_by:
            return labels_of(labels)
        return tuple(sorted((name, labels[name]) for name in self.group_by if name in labels))


@dataclass(frozen=True, slots=True)
class Notification:
    """What one receiver is told at one moment (unix milliseconds): a group's alerts, those over included."""

    group: Labels
    alerts: tuple[Heard, ...]
    truncated: int
    moment: int

    @property
    def status(self) -> str:
        """Whether any alert fires."""
        return "resolved" if all(one.resolved(self.moment) for one in self.alerts) else "firing"

    @property
    def common_labels(self) -> dict[str, str]:
        """The labels that all alerts share."""
        return _common([one.labels for one in self.alerts])

    @property
    def common_annotations(self) -> dict[str, str]:
        """The annotations that all alerts share."""
        return _common([one.annotations(self.moment) for one in self.alerts])


class Feed(Protocol):
    """Where alerts come from."""

    @property
    def silences(self) -> Silences:
        """What holds them back."""
        ...

    def arrivals(self, after: int, until: int) -> Sequence[Heard]:
        """What has arrived in a window, in order; also alerts that arrived before it and ended in it.

        Those posted at the very moment ``after`` are among them, since a clock may stand still.
        """
        ...

    def standing(self, moment: int) -> Sequence[Heard]:
        """The unresolved alerts of a moment, as if they arrived then."""
        ...


@dataclass(frozen=True, slots=True)
class Style:
    """How a product words its notifications: the body, and the headers beside it."""

    body: Callable[[Notification], bytes]
    headers: Mapping[str, str]


def _common(several: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first = several[0] if several else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in several)}
