"""What Alertmanager tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import (
    Spread,
    counted,
    counter,
    fixed,
    gauge,
    histogram,
    many,
    process,
    started,
    steady,
)
from sre_assistant.sim.metrics.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host

VERSION: Final = {
    "branch": "debian/sid",
    "goversion": "go1.19.8",
    "revision": "0.25.0-1+b4",
    "version": "0.25.0",
}
_INTEGRATIONS: Final = ("email", "telegram", "webhook")
_LATENCIES: Final = {"1": 0.97, "5": 0.995, "10": 0.999, "15": 1.0, "20": 1.0, "+Inf": 1.0}


def families(host: Host, epoch: float) -> list[Family]:
    """Its metrics."""
    begin = host.boots + 40
    return [*_configuration(begin, epoch), *_alerts(begin), *process(host.seed + 400, begin, epoch, 38e6)]


def _configuration(begin: Floats, epoch: float) -> list[Family]:
    return [
        many("alertmanager_build_info", "gauge", "Version of Alertmanager.", [(VERSION, fixed(1.0))]),
        gauge(
            "alertmanager_config_last_reload_successful",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        gauge(
            "alertmanager_config_last_reload_success_timestamp_seconds",
            "When it was, unix time.",
            started(begin, epoch, 3),
        ),
    ]


def _alerts(begin: Floats) -> list[Family]:
    sent = steady(0.0002, "alertmanager", "sent")
    received = [
        ({"status": status, "version": "v2"}, counted(steady(rate, "alertmanager", status), begin))
        for status, rate in (("firing", 0.002), ("resolved", 0.0002))
    ]
    attempted = [
        ({"integration": name}, counted(sent, begin) if name == "webhook" else fixed(0.0))
        for name in _INTEGRATIONS
    ]
    failed = [
        ({"integration": name, "reason": reason}, fixed(0.0))
        for name in _INTEGRATIONS
        for reason in ("clientError", "other", "serverError")
    ]
    return [
        many("alertmanager_alerts_received_total", "counter", "Alerts received.", received),
        counter("alertmanager_alerts_invalid_total", "Alerts that were invalid.", fixed(0.0)),
        many("alertmanager_notifications_total", "counter", "Notifications attempted.", attempted),
        many("alertmanager_notifications_failed_total", "counter", "Notifications that failed.", failed),
        *histogram(
            "alertmanager_notification_latency_seconds",
            "Latency of notifications in seconds.",
            [({"integration": "webhook"}, sent)],
            Spread(_LATENCIES, 0.21, begin),
        ),
    ]
