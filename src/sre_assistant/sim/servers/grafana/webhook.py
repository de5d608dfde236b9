"""What Grafana tells its contact points: the webhook payload of version 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_plus

import msgspec

from sre_assistant.sim.alerting.notification import Notification, Route, Style
from sre_assistant.sim.alerting.notified import Heard, Inbox, sent_before
from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.rules import Alert, Firing, Rules
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.alerting.webhooks import NO_END, label_text
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.grafana.managed import RuleSpec, spec_of
from sre_assistant.sim.promql.text import general
from sre_assistant.sim.promql.vectors import without_name
from sre_assistant.sim.servers.answers import escaped, nanoseconds

ROUTE: Final = Route(receiver="sre", group_by=("grafana_folder", "alertname"))


@dataclass(frozen=True, slots=True)
class Reading:
    """One alert of Grafana's at a moment, with what its webhook adds."""

    heard: Heard
    alert: Alert
    spec: RuleSpec

    @property
    def labels(self) -> dict[str, str]:
        """The labels that are not Grafana's own."""
        return {n: v for n, v in sorted(self.heard.labels.items()) if not n.startswith("__")}

    @property
    def values(self) -> dict[str, float | int | None]:
        """The values of the rule's queries; none when there was no data."""
        if self.heard.labels.get("alertname") == "DatasourceNoData":
            return {}
        return {"A": _number(self.alert.value), "C": 1}

    @property
    def value_text(self) -> str:
        """The same in words, with the labels of the query's row."""
        source = self.heard.source
        row = without_name(source.row) if isinstance(source, Firing) else ()
        labels = ", ".join(f"{name}={value}" for name, value in row)
        found = {"A": self.alert.value, "C": 1.0} if self.values else {}
        return ", ".join(
            f"[ var='{name}' labels={{{labels}}} value={general(value)} ]" for name, value in found.items()
        )

    @property
    def private(self) -> dict[str, str]:
        """The annotations that only Grafana's own interface shows."""
        found = {"__orgId__": "1", "__value_string__": self.value_text}
        found["__values__"] = msgspec.json.encode(self.values).decode()
        if self.spec.dashboard:
            found |= {"__dashboardUid__": self.spec.dashboard, "__panelId__": str(self.spec.panel_id)}
        return found


class ManagedAlerts:
    """The alerts of Grafana's own rules, as its Alertmanager hears of them."""

    def __init__(self, rules: Rules, silences: Silences, base: str) -> None:
        self.silences = silences
        self._inbox = Inbox(rules, silences, "")
        self._base = base

    def arrivals(self, after: int, until: int) -> Sequence[Heard]:
        """What has arrived in a window, in order; also alerts that arrived before it and ended in it."""
        return [self._linked(one) for one in self._inbox.arrivals(after, until)]

    def standing(self, moment: int) -> Sequence[Heard]:
        """The unresolved alerts of a moment, as if they arrived then."""
        return [self._linked(one) for one in self._inbox.standing(moment)]

    def _linked(self, one: Heard) -> Heard:
        uid = spec_of(one.source.rule).uid if isinstance(one.source, Firing) else ""
        return replace(one, generator=f"{self._base}/alerting/grafana/{uid}/view?orgId=1")


def reading(one: Heard, moment: int) -> Reading:
    """What was last measured for an alert up to a moment."""
    if not isinstance(one.source, Firing):
        raise TypeError("Grafana's own rules alone bring alerts here")
    alert = one.source.alert(sent_before(one.source, moment))
    return Reading(one, alert, spec_of(one.source.rule))


def grafana_notifier(
    alerts: ManagedAlerts, clock: SimClock, base: str, version: str, targets: Sequence[Target] = ()
) -> Notifier:
    """What tells contact points of the alerts of Grafana's own rules."""

    def body(told: Notification) -> bytes:
        return escaped(msgspec.json.encode(payload(told, base, version)))

    style = Style(body, {"User-Agent": "Grafana", "Content-Type": "application/json"})
    return Notifier(alerts, clock, style, targets, ROUTE)


def payload(told: Notification, base: str, version: str) -> dict[str, object]:
    """The content, in the order in which Grafana writes it."""
    readings = [reading(one, told.moment) for one in told.alerts]
    alerts = [_alert(one, told.moment, base) for one in readings]
    common = {n: v for n, v in sorted(told.common_labels.items()) if not n.startswith("__")}
    return {
        "receiver": ROUTE.receiver,
        "status": told.status,
        "alerts": alerts,
        "groupLabels": dict(told.group),
        "commonLabels": common,
        "commonAnnotations": dict(sorted(told.common_annotations.items())),
        "externalURL": f"{base}/",
        "appVersion": version,
        "version": "1",
        "groupKey": f"{{}}:{label_text(told.group)}",
        "truncatedAlerts": told.truncated,
        "orgId": 1,
        "title": _title(told, common),
        "state": "alerting" if told.status == "firing" else "ok",
        "message": _message(alerts),
    }


def _alert(one: Reading, moment: int, base: str) -> dict[str, object]:
    over, heard = one.heard.resolved(moment), one.heard
    matchers = "".join(f"&matcher={quote_plus(f'{name}={value}')}" for name, value in one.labels.items())
    board = f"{base}/d/{one.spec.dashboard}?orgId=1" if one.spec.dashboard else ""
    return {
        "status": "resolved" if over else "firing",
        "labels": one.labels,
        "annotations": dict(sorted(one.alert.annotations.items())),
        "startsAt": nanoseconds(heard.starts_at),
        "endsAt": nanoseconds(heard.ends_at) if over and heard.ends_at is not None else NO_END,
        "generatorURL": heard.generator,
        "fingerprint": heard.fingerprint,
        "silenceURL": f"{base}/alerting/silence/new?alertmanager=grafana{matchers}&orgId=1",
        "dashboardURL": board,
        "panelURL": f"{board}&viewPanel={one.spec.panel_id}" if board else "",
        "ruleUID": one.spec.uid,
        "values": one.values,
        "valueString": one.value_text,
        "orgId": 1,
    }


def _title(told: Notification, common: Mapping[str, str]) -> str:
    """E.g. ``[FIRING:1] DiskFull Homelab (nas.lan:9100 critical)``."""
    firing = sum(not one.resolved(told.moment) for one in told.alerts)
    resolved = len(told.alerts) - firing
    counts = f"FIRING:{firing}" + (f", RESOLVED:{resolved}" if resolved else "") if firing else "RESOLVED"
    group = " ".join(value for _, value in told.group)
    rest = " ".join(value for name, value in common.items() if name not in dict(told.group))
    return f"[{counts}] {group} " + (f"({rest})" if rest else "")


def _message(alerts: Sequence[Mapping[str, object]]) -> str:
    parts = []
    for status, title in (("firing", "**Firing**"), ("resolved", "**Resolved**")):
        some = [_described(one) for one in alerts if one["status"] == status]
        if some:
            parts.append(f"{title}\n{''.join(some)}")
    return "\n\n".join(parts)


def _described(alert: Mapping[str, object]) -> str:
    values = alert["values"] if isinstance(alert["values"], dict) else {}
    told = ", ".join(f"{name}={_text(value)}" for name, value in values.items()) or "[no value]"
    lines = ["", f"Value: {told}", "Labels:", *_pairs(alert["labels"]), "Annotations:"]
    lines += _pairs(alert["annotations"])
    for title, name in (
        ("Source", "generatorURL"),
        ("Silence", "silenceURL"),
        ("Dashboard", "dashboardURL"),
        ("Panel", "panelURL"),
    ):
        if alert[name]:
            lines.append(f"{title}: {alert[name]}")
    return "\n".join(lines) + "\n"


def _pairs(found: object) -> list[str]:
    return [f" - {name} = {value}" for name, value in found.items()] if isinstance(found, dict) else []


def _text(value: object) -> str:
    return general(float(value)) if isinstance(value, int | float) else "NaN"


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value
