"""What Alertmanager tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.exporters.shapes import counted, fixed, many, one, process, started, steady
from sre_assistant.sim.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Host

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
    sent = steady(0.0002, "alertmanager", "sent")
    latency = {
        le: counted(steady(0.0002 * share, "alertmanager", "sent"), begin) for le, share in _LATENCIES.items()
    }
    return [
        many("alertmanager_build_info", "gauge", "Version of Alertmanager.", [(VERSION, fixed(1.0))]),
        one(
            "alertmanager_config_last_reload_successful",
            "gauge",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        one(
            "alertmanager_config_last_reload_success_timestamp_seconds",
            "gauge",
            "When it was, unix time.",
            started(begin, epoch, 3),
        ),
        many(
            "alertmanager_alerts_received_total",
            "counter",
            "Alerts received.",
            [
                (
                    {"status": "firing", "version": "v2"},
                    counted(steady(0.002, "alertmanager", "firing"), begin),
                ),
                (
                    {"status": "resolved", "version": "v2"},
                    counted(steady(0.0002, "alertmanager", "resolved"), begin),
                ),
            ],
        ),
        one("alertmanager_alerts_invalid_total", "counter", "Alerts that were invalid.", fixed(0.0)),
        many(
            "alertmanager_notifications_total",
            "counter",
            "Notifications attempted.",
            [
                ({"integration": name}, counted(sent, begin) if name == "webhook" else fixed(0.0))
                for name in _INTEGRATIONS
            ],
        ),
        many(
            "alertmanager_notifications_failed_total",
            "counter",
            "Notifications that failed.",
            [
                ({"integration": name, "reason": reason}, fixed(0.0))
                for name in _INTEGRATIONS
                for reason in ("clientError", "other", "serverError")
            ],
        ),
        Family(
            "alertmanager_notification_latency_seconds_bucket",
            "histogram",
            "Latency of notifications in seconds.",
            many(
                "", "", "", [({"integration": "webhook", "le": le}, level) for le, level in latency.items()]
            ).points,
        ),
        one(
            "alertmanager_notification_latency_seconds_count",
            "histogram",
            "Latency of notifications in seconds.",
            counted(sent, begin),
        ),
        one(
            "alertmanager_silences_gc_duration_seconds_count",
            "summary",
            "Duration of clean-ups.",
            counted(steady(1 / 900, "am", "gc"), begin),
        ),
        *process(host.seed + 400, begin, epoch, 38e6),
    ]
