"""What Prometheus tells of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.alerting.rules import standard_rules
from sre_assistant.sim.alerting.ruletexts import RuleFile
from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.exporters.shapes import (
    Spread,
    around,
    counted,
    counter,
    fixed,
    gauge,
    histogram,
    many,
    one,
    process,
    started,
    steady,
)
from sre_assistant.sim.metrics.swelling import Swelling
from sre_assistant.sim.metrics.targets import SCRAPE_INTERVAL_MS, Family, Target
from sre_assistant.sim.misbehaviour import MODES
from sre_assistant.sim.signals import NOTHING, Constant, During, Signal, Wander

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.world import World

VERSION: Final = {
    "branch": "debian/sid",
    "goversion": "go1.19.8",
    "revision": "2.42.0+ds-5+deb12u1",
    "version": "2.42.0+ds",
}
_REPORTED: Final = 5
"""Series that Prometheus itself adds for each target."""
_OWN: Final = 130
"""Its own series."""
_TRIED: Final = 0.05
"""Notifications per second that fail while Alertmanager does not answer."""
_SERIES_BYTES: Final = 8192.0
"""Memory that a series in the head takes."""
_HANDLERS: Final = {"/-/healthy": 0.05, "/api/v1/query": 0.4, "/api/v1/query_range": 0.2, "/metrics": 0.066}
_BOUNDS: Final = {
    "0.1": 0.94,
    "0.2": 0.97,
    "0.4": 0.985,
    "1": 0.995,
    "3": 1.0,
    "8": 1.0,
    "20": 1.0,
    "60": 1.0,
    "120": 1.0,
    "+Inf": 1.0,
}


def families(world: World, targets: Sequence[Target]) -> list[Family]:
    """Its metrics, for a server with these other targets."""
    host, epoch = world.hosts[world.house.monitoring], world.epoch.timestamp()
    begin = host.boots + 35
    moment = np.array([world.unix_ms(world.begin)])
    usual = sum(float(target.count(moment)[0]) + _REPORTED for target in targets) + _OWN
    head = Head(host, usual, [swelling for target in targets for swelling in target.swellings])
    return [
        *_build(epoch, begin),
        *_alerting(begin, world.spells["system/alertmanager"]),
        *_storage(host, begin, head),
        *_http(begin),
        *_scraping(begin, len(targets)),
        *process(host.seed + 500, begin, epoch, 310e6, lambda t: head.piled(t) * _SERIES_BYTES),
    ]


@dataclass(frozen=True, slots=True)
class Head:
    """What is in the head: the usual series, and those that pile up until it is next cleared up."""

    host: Host
    usual: float
    swellings: Sequence[Swelling]

    def piled(self, t: Floats) -> Floats:
        """Series beyond the usual."""
        found = np.zeros(len(t))
        for swelling in self.swellings:
            found = found + swelling.kept(t)
        return found

    def series(self, t: Floats) -> Floats:
        """All series."""
        wander = Wander(self.host.seed + 61, 1200.0, 20.0).value(t)
        return np.rint(self.usual + wander + self.piled(t))


def _build(epoch: float, begin: Floats) -> list[Family]:
    return [
        many("prometheus_build_info", "gauge", "Version of Prometheus.", [(VERSION, fixed(1.0))]),
        gauge("prometheus_ready", "Whether it is ready.", fixed(1.0)),
        gauge(
            "prometheus_config_last_reload_successful",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        gauge(
            "prometheus_config_last_reload_success_timestamp_seconds",
            "When it was, unix time.",
            started(begin, epoch, 3),
        ),
    ]


def _alerting(begin: Floats, manager: Spells) -> list[Family]:
    return [*_notifications(begin, manager), *_rules(begin)]


def _notifications(begin: Floats, manager: Spells) -> list[Family]:
    """Alerts on their way; while Alertmanager does not answer, each is tried again and again."""
    labels = {"alertmanager": "http://mon.lan:9093/api/v2/alerts"}
    sent: Signal = steady(0.002, "prom", "sent")
    errors: Signal = NOTHING
    for broken in manager.of(*MODES):
        sent = During(sent, broken.start, broken.end, Constant(_TRIED))
        errors = During(errors, broken.start, broken.end, Constant(_TRIED))
    failed, tried = [(labels, counted(errors, begin))], [(labels, counted(sent, begin))]
    return [
        gauge(
            "prometheus_notifications_alertmanagers_discovered",
            "Alertmanagers found and active.",
            fixed(1.0),
        ),
        counter(
            "prometheus_notifications_dropped_total", "Alerts dropped on their way.", counted(errors, begin)
        ),
        many("prometheus_notifications_errors_total", "counter", "Errors when sending alerts.", failed),
        gauge("prometheus_notifications_queue_capacity", "Room in the queue.", fixed(10000.0)),
        gauge("prometheus_notifications_queue_length", "Alerts in the queue.", fixed(0.0)),
        many("prometheus_notifications_sent_total", "counter", "Alerts sent.", tried),
    ]


def _rules(begin: Floats) -> list[Family]:
    """How the groups of rules fare, each by its file and name."""
    counts = {f"/etc/prometheus/rules/homelab.yml;{name}": rules for name, rules in rule_groups().items()}
    groups = [{"rule_group": name} for name in counts]
    evaluated = [
        ({"rule_group": name}, counted(steady(rules / 30.0, "prom", name), begin))
        for name, rules in counts.items()
    ]
    took = [
        ({"rule_group": name}, around(11 + place, 0.0006 * rules, 0.0002 * rules))
        for place, (name, rules) in enumerate(counts.items())
    ]
    never = [(group, fixed(0.0)) for group in groups]
    return [
        many("prometheus_rule_evaluations_total", "counter", "Rules evaluated.", evaluated),
        many("prometheus_rule_evaluation_failures_total", "counter", "Rule evaluations that failed.", never),
        many(
            "prometheus_rule_group_interval_seconds",
            "gauge",
            "Interval of a rule group.",
            [(group, fixed(30.0)) for group in groups],
        ),
        many(
            "prometheus_rule_group_iterations_missed_total",
            "counter",
            "Evaluations missed for being slow.",
            never,
        ),
        many(
            "prometheus_rule_group_last_duration_seconds", "gauge", "Duration of the last evaluation.", took
        ),
    ]


@cache
def rule_groups() -> dict[str, int]:
    """How many rules each group of the rule file has."""
    return {group.name: len(group.rules) for group in standard_rules().typed(RuleFile).groups}


def _storage(host: Host, begin: Floats, head: Head) -> list[Family]:
    appended = steady(head.usual * 1000 / SCRAPE_INTERVAL_MS, "prom", "samples")
    never = (
        "prometheus_tsdb_compactions_failed_total",
        "prometheus_tsdb_reloads_failures_total",
        "prometheus_tsdb_wal_corruptions_total",
        "prometheus_tsdb_wal_truncations_failed_total",
        "prometheus_tsdb_head_truncations_failed_total",
        "prometheus_tsdb_checkpoint_creations_failed_total",
    )
    return [
        gauge(
            "prometheus_tsdb_head_series",
            "Series in the head.",
            head.series,
        ),
        gauge(
            "prometheus_tsdb_head_chunks",
            "Chunks in the head.",
            lambda t: head.series(t) * 4,
        ),
        counter(
            "prometheus_tsdb_head_samples_appended_total",
            "Samples appended.",
            counted(appended, begin),
        ),
        counter(
            "prometheus_tsdb_compactions_total",
            "Compactions run.",
            counted(steady(1 / 7200, "prom", "compact"), begin),
        ),
        gauge(
            "prometheus_tsdb_storage_blocks_bytes",
            "Bytes of all blocks.",
            around(host.seed + 63, 9.4e9, 2e8, whole=True),
        ),
        *(one(name, "counter", "Failures of the storage.", fixed(0.0)) for name in never),
    ]


def _http(begin: Floats) -> list[Family]:
    requests = {path: steady(rate, "prom", path) for path, rate in _HANDLERS.items()}
    quantiles = [
        ({"quantile": str(q), "slice": part}, around(71, 0.002 * (1 + q), 0.0005))
        for q in (0.5, 0.9, 0.99)
        for part in ("inner_eval", "prepare_time", "queue_time", "result_sort")
    ]
    return [
        many(
            "prometheus_http_requests_total",
            "counter",
            "Requests answered.",
            [({"handler": path, "code": "200"}, counted(rate, begin)) for path, rate in requests.items()],
        ),
        *histogram(
            "prometheus_http_request_duration_seconds",
            "Latency of requests in seconds.",
            [({"handler": path}, rate) for path, rate in requests.items()],
            Spread(_BOUNDS, 0.034, begin),
        ),
        many(
            "prometheus_engine_query_duration_seconds", "summary", "Duration of queries by part.", quantiles
        ),
    ]


def _scraping(begin: Floats, targets: int) -> list[Family]:
    interval = SCRAPE_INTERVAL_MS / 1000
    return [
        many(
            "prometheus_target_interval_length_seconds",
            "summary",
            "Time between scrapes.",
            [
                ({"interval": "15s", "quantile": str(q)}, around(81, interval, 0.002))
                for q in (0.01, 0.05, 0.5, 0.9, 0.99)
            ],
        ),
        counter(
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            "Scrapes with too many samples.",
            fixed(0.0),
        ),
        counter(
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            "Scrapes with duplicates.",
            fixed(0.0),
        ),
        counter(
            "prometheus_target_scrapes_sample_out_of_order_total",
            "Scrapes out of order.",
            fixed(0.0),
        ),
        gauge(
            "prometheus_target_metadata_cache_entries",
            "Metrics with known metadata.",
            around(91, 30.0 * targets, 4, whole=True),
        ),
        one(
            "prometheus_target_sync_length_seconds_count",
            "summary",
            "Target synchronisations.",
            counted(steady(0.01, "prom", "sync"), begin),
        ),
    ]
