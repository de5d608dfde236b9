"""What Prometheus tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.arrays import Floats
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
from sre_assistant.sim.targets import SCRAPE_INTERVAL_MS, Family

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Host

VERSION: Final = {
    "branch": "debian/sid",
    "goversion": "go1.19.8",
    "revision": "2.42.0+ds-5+deb12u1",
    "version": "2.42.0+ds",
}
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


def families(host: Host, epoch: float, targets: int) -> list[Family]:
    """Its metrics, for a server with this many targets."""
    begin = host.boots + 35
    series = 90.0 * targets
    return [
        *_build(epoch, begin),
        *_alerting(begin),
        *_storage(host, begin, series),
        *_http(begin),
        *_scraping(begin, targets),
        *process(host.seed + 500, begin, epoch, 310e6),
    ]


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


def _alerting(begin: Floats) -> list[Family]:
    manager = {"alertmanager": "http://mon.lan:9093/api/v2/alerts"}
    group = {"rule_group": "/etc/prometheus/rules/homelab.yml;homelab"}
    return [
        gauge(
            "prometheus_notifications_alertmanagers_discovered",
            "Alertmanagers found and active.",
            fixed(1.0),
        ),
        counter("prometheus_notifications_dropped_total", "Alerts dropped on their way.", fixed(0.0)),
        many(
            "prometheus_notifications_errors_total",
            "counter",
            "Errors when sending alerts.",
            [(manager, fixed(0.0))],
        ),
        gauge("prometheus_notifications_queue_capacity", "Room in the queue.", fixed(10000.0)),
        gauge("prometheus_notifications_queue_length", "Alerts in the queue.", fixed(0.0)),
        many(
            "prometheus_notifications_sent_total",
            "counter",
            "Alerts sent.",
            [(manager, counted(steady(0.002, "prom", "sent"), begin))],
        ),
        many(
            "prometheus_rule_evaluations_total",
            "counter",
            "Rules evaluated.",
            [(group, counted(steady(0.7, "prom", "rules"), begin))],
        ),
        many(
            "prometheus_rule_evaluation_failures_total",
            "counter",
            "Rule evaluations that failed.",
            [(group, fixed(0.0))],
        ),
        many(
            "prometheus_rule_group_interval_seconds",
            "gauge",
            "Interval of a rule group.",
            [(group, fixed(30.0))],
        ),
        many(
            "prometheus_rule_group_iterations_missed_total",
            "counter",
            "Evaluations missed for being slow.",
            [(group, fixed(0.0))],
        ),
        many(
            "prometheus_rule_group_last_duration_seconds",
            "gauge",
            "Duration of the last evaluation.",
            [(group, around(11, 0.012, 0.004))],
        ),
    ]


def _storage(host: Host, begin: Floats, series: float) -> list[Family]:
    appended = steady(series * 1000 / SCRAPE_INTERVAL_MS, "prom", "samples")
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
            around(host.seed + 61, series, 20, whole=True),
        ),
        gauge(
            "prometheus_tsdb_head_chunks",
            "Chunks in the head.",
            around(host.seed + 62, series * 4, 200, whole=True),
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
