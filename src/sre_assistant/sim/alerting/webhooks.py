"""What Alertmanager 0.25 posts to a webhook: payload version 4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from sre_assistant.sim.alerting.notification import Notification, Route, Style
from sre_assistant.sim.alerting.notified import Heard, Inbox
from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.exporters.alertmanager import VERSION
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.promql.text import quoted
from sre_assistant.sim.servers.answers import escaped, nanoseconds

NO_END: Final = "0001-01-01T00:00:00Z"


def alertmanager_notifier(
    live: Live, inbox: Inbox, targets: Iterable[Target] = (), route: Route | None = None
) -> Notifier:
    """What tells others of Alertmanager's alerts; whoever has it calls its ``push`` ever again."""
    house = live.world.house
    route = route or Route()
    style = alertmanager_style(route.receiver, f"http://{house.full_name(house.monitoring)}:9093")
    return Notifier(inbox, live.clock, style, targets, route)


def alertmanager_style(receiver: str, external_url: str) -> Style:
    """Alertmanager's own words, as the server at ``external_url``."""

    def body(told: Notification) -> bytes:
        return escaped(msgspec.json.encode(payload(told, receiver, external_url))) + b"\n"

    agent = f"Alertmanager/{VERSION['version']}"
    return Style(body, {"User-Agent": agent, "Content-Type": "application/json"})


def payload(told: Notification, receiver: str, external_url: str) -> dict[str, object]:
    """The content, in the order in which Alertmanager writes it."""
    return {
        "receiver": receiver,
        "status": told.status,
        "alerts": [_alert(one, told.moment) for one in told.alerts],
        "groupLabels": dict(told.group),
        "commonLabels": dict(sorted(told.common_labels.items())),
        "commonAnnotations": dict(sorted(told.common_annotations.items())),
        "externalURL": external_url,
        "version": "4",
        "groupKey": f"{{}}:{label_text(told.group)}",
        "truncatedAlerts": told.truncated,
    }


def label_text(labels: Labels) -> str:
    """Labels as a group's key has them."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in labels) + "}"


def _alert(one: Heard, moment: int) -> dict[str, object]:
    over = one.resolved(moment)
    return {
        "status": "resolved" if over else "firing",
        "labels": dict(sorted(one.labels.items())),
        "annotations": dict(sorted(one.annotations(moment).items())),
        "startsAt": nanoseconds(one.starts_at),
        "endsAt": nanoseconds(one.ends_at) if over and one.ends_at is not None else NO_END,
        "generatorURL": one.generator,
        "fingerprint": one.fingerprint,
    }
