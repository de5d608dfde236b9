"""The API's own metrics, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily

from sre_assistant import __version__
from sre_assistant.domain.checkup import Checkup
from sre_assistant.domain.events import Event, LookupDone

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from sre_assistant.kit.breaker import BreakerState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60)
_PHASES = ("closed", "half-open", "open")
_PREFIX = "sre_assistant"


class Meters:
    """What is counted, and the text a scrape gets."""

    def __init__(self, breakers: Callable[[], Mapping[str, BreakerState]]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # each has a second series nobody graphs
        self._registry = CollectorRegistry(auto_describe=False)
        self.seconds = Histogram(
            f"{_PREFIX}_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.requests = Counter(
            f"{_PREFIX}_requests",
            "Requests answered, by HTTP status.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self.in_progress = Gauge(
            f"{_PREFIX}_requests_in_progress",
            "Requests being worked on.",
            ("endpoint",),
            registry=self._registry,
        )
        self._lookups = Counter(
            f"{_PREFIX}_lookups",
            "Look-ups in connected systems, by how complete the answer was.",
            ("source", "completeness"),
            registry=self._registry,
        )
        self._healthy = Gauge(
            f"{_PREFIX}_component_healthy",
            "Whether the last check-up found a system readable without any error.",
            ("component",),
            registry=self._registry,
        )
        self._checked = Gauge(
            f"{_PREFIX}_component_checked_timestamp_seconds",
            "When a system was last checked.",
            ("component",),
            registry=self._registry,
        )
        info = Info(_PREFIX, "The program.", registry=self._registry)
        info.info({"version": __version__, "model": "none"})
        self._registry.register(_Breakers(breakers))

    def heard(self, event: Event) -> None:
        """Counts what happens in an investigation."""
        if isinstance(event, LookupDone):
            self._lookups.labels(event.source, str(event.completeness)).inc()

    def checked(self, systems: Iterable[Checkup], at: float) -> None:
        """Notes what a check-up found; ``at`` is Unix seconds."""
        for one in systems:
            self._healthy.labels(one.system).set(one.status == "ok")
            self._checked.labels(one.system).set(at)

    def text(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self._registry)


class _Breakers:
    """The state of each circuit breaker at the moment of the scrape."""

    def __init__(self, breakers: Callable[[], Mapping[str, BreakerState]]) -> None:
        self._breakers = breakers

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            f"{_PREFIX}_circuit_breaker_state",
            "1 for the phase that a system's circuit breaker is in.",
            labels=("system", "phase"),
        )
        for name, state in self._breakers().items():
            for phase in _PHASES:
                family.add_metric((name, phase), float(state.phase == phase))
        yield family
