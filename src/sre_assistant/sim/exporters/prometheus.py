"""What Prometheus tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import around, counted, fixed, many, one, process, started, steady
from sre_assistant.sim.targets import SCRAPE_INTERVAL_MS, Family, Level, Point

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
        one("prometheus_ready", "gauge", "Whether it is ready.", fixed(1.0)),
        one(
            "prometheus_config_last_reload_successful",
            "gauge",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        one(
            "prometheus_config_last_reload_success_timestamp_seconds",
            "gauge",
            "When it was, unix time.",
            started(begin, epoch, 3),
        ),
    ]


def _alerting(begin: Floats) -> list[Family]:
    manager = {"alertmanager": "http://mon.lan:9093/api/v2/alerts"}
    group = {"rule_group": "/etc/prometheus/rules/homelab.yml;homelab"}
    return [
        one(
            "prometheus_notifications_alertmanagers_discovered",
            "gauge",
            "Alertmanagers found and active.",
            fixed(1.0),
        ),
        one("prometheus_notifications_dropped_total", "counter", "Alerts dropped on their way.", fixed(0.0)),
        many(
            "prometheus_notifications_errors_total",
            "counter",
            "Errors when sending alerts.",
            [(manager, fixed(0.0))],
        ),
        one("prometheus_notifications_queue_capacity", "gauge", "Room in the queue.", fixed(10000.0)),
        one("prometheus_notifications_queue_length", "gauge", "Alerts in the queue.", fixed(0.0)),
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
        one(
            "prometheus_tsdb_head_series",
            "gauge",
            "Series in the head.",
            around(host.seed + 61, series, 20, whole=True),
        ),
        one(
            "prometheus_tsdb_head_chunks",
            "gauge",
            "Chunks in the head.",
            around(host.seed + 62, series * 4, 200, whole=True),
        ),
        one(
            "prometheus_tsdb_head_samples_appended_total",
            "counter",
            "Samples appended.",
            counted(appended, begin),
        ),
        one(
            "prometheus_tsdb_compactions_total",
            "counter",
            "Compactions run.",
            counted(steady(1 / 7200, "prom", "compact"), begin),
        ),
        one(
            "prometheus_tsdb_storage_blocks_bytes",
            "gauge",
            "Bytes of all blocks.",
            around(host.seed + 63, 9.4e9, 2e8, whole=True),
        ),
        *(one(name, "counter", "Failures of the storage.", fixed(0.0)) for name in never),
    ]


def _http(begin: Floats) -> list[Family]:
    requests = {path: counted(steady(rate, "prom", path), begin) for path, rate in _HANDLERS.items()}
    buckets = tuple(
        Point({"handler": path, "le": le}, _part(rate, share, path, begin))
        for path, rate in _HANDLERS.items()
        for le, share in _BOUNDS.items()
    )
    about = "Latency of requests in seconds."
    return [
        many(
            "prometheus_http_requests_total",
            "counter",
            "Requests answered.",
            [({"handler": path, "code": "200"}, level) for path, level in requests.items()],
        ),
        Family("prometheus_http_request_duration_seconds_bucket", "histogram", about, buckets),
        many(
            "prometheus_http_request_duration_seconds_count",
            "histogram",
            about,
            [({"handler": path}, level) for path, level in requests.items()],
        ),
        many(
            "prometheus_engine_query_duration_seconds",
            "summary",
            "Duration of queries by part.",
            [
                ({"quantile": str(q), "slice": part}, around(71, 0.002 * (1 + q), 0.0005))
                for q in (0.5, 0.9, 0.99)
                for part in ("inner_eval", "prepare_time", "queue_time", "result_sort")
            ],
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
        one(
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            "counter",
            "Scrapes with too many samples.",
            fixed(0.0),
        ),
        one(
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            "counter",
            "Scrapes with duplicates.",
            fixed(0.0),
        ),
        one(
            "prometheus_target_scrapes_sample_out_of_order_total",
            "counter",
            "Scrapes out of order.",
            fixed(0.0),
        ),
        one(
            "prometheus_target_metadata_cache_entries",
            "gauge",
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


def _part(rate: float, share: float, path: str, begin: Floats) -> Level:
    """The requests faster than a bound: the same stream of requests, thinned."""
    all_ = counted(steady(rate, "prom", path), begin)
    return lambda t: (all_(t) * share).round() if share < 1 else all_(t)
