"""The JSON of the Prometheus HTTP API, as far as it is read. Go writes an empty list as null in places."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Told(msgspec.Struct):
    """What every answer says about itself."""

    status: str
    error: str = ""
    warnings: list[str] | None = None
    infos: list[str] | None = None


class Envelope(Told, Generic[T]):
    """What surrounds every answer."""

    data: T | None = None


class Result(msgspec.Struct, rename="camel"):
    """A query's answer; what ``result`` holds depends on its type."""

    result_type: str
    result: msgspec.Raw


class Instant(msgspec.Struct, gc=False):
    """One series at one moment; a native histogram has no value."""

    metric: dict[str, str]
    value: tuple[float, str] | None = None


class Matrix(msgspec.Struct, gc=False):
    """One series over time; a native histogram has no values."""

    metric: dict[str, str]
    values: list[tuple[float, str]] | None = None


class ActiveTarget(msgspec.Struct, rename="camel"):
    """One scraped target."""

    labels: dict[str, str] | None = None
    scrape_url: str = ""
    scrape_pool: str = ""
    last_error: str = ""
    last_scrape: str = ""
    health: str = "unknown"
    scrape_interval: str = ""


class Targets(msgspec.Struct, rename="camel"):
    """What is scraped."""

    active_targets: list[msgspec.Raw] | None = None
    """Each an ``ActiveTarget``."""


class RuleItem(msgspec.Struct, rename="camel"):
    """One alerting or recording rule."""

    name: str
    query: str = ""
    type: str = ""
    duration: float = 0.0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    health: str = "unknown"
    last_error: str = ""
    state: str = ""


class RuleGroup(msgspec.Struct, rename="camel"):
    """Rules that are evaluated together."""

    name: str
    file: str = ""
    rules: list[RuleItem] | None = None


class RuleGroups(msgspec.Struct):
    """All rules."""

    groups: list[msgspec.Raw] | None = None
    """Each a ``RuleGroup``."""


class AlertItem(msgspec.Struct, rename="camel"):
    """One pending or firing alert."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    state: str = ""
    active_at: str = ""


class Alerts(msgspec.Struct):
    """All pending and firing alerts."""

    alerts: list[msgspec.Raw] | None = None
    """Each an ``AlertItem``."""


class MetadataItem(msgspec.Struct):
    """What an exporter says of one of its metrics."""

    type: str = ""
    help: str = ""
    unit: str = ""


class BuildInfo(msgspec.Struct, rename="camel"):
    """Which build runs."""

    version: str = ""
    revision: str = ""
    go_version: str = ""
    application: str = ""
    """Said by Mimir and its kin."""


class RuntimeInfo(msgspec.Struct, rename="camel"):
    """How it runs."""

    start_time: str = ""
    reload_config_success: bool | None = None
    last_config_time: str = ""
    corruption_count: int = 0
    goroutine_count: int = 0
    storage_retention: str = ""


class HeadStats(msgspec.Struct, rename="camel"):
    """The size of the head block."""

    num_series: int = 0
    num_label_pairs: int = 0
    chunk_count: int = 0
    min_time: int = 0
    max_time: int = 0


class Counted(msgspec.Struct):
    """A name and how often it occurs."""

    name: str
    value: int


class TsdbStatus(msgspec.Struct, rename="camel"):
    """What takes the room in the database."""

    head_stats: HeadStats | None = None
    total_series: int = 0
    """Said by VictoriaMetrics instead of head statistics."""
    series_count_by_metric_name: list[Counted] | None = None
    label_value_count_by_label_name: list[Counted] | None = None
    series_count_by_label_value_pair: list[Counted] | None = None
