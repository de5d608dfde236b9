"""What a look at a house would have brought, written as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sre_assistant.domain.reading import Target
from sre_assistant.domain.window import Window
from sre_assistant.investigation import reachability
from sre_assistant.investigation.observed import Observation, Observed
from sre_assistant.investigation.signals import Spans, known_signals

AT = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)

NAS = {"instance": "nas.lan:9100", "job": "node"}
MEDIA = {**NAS, "mountpoint": "/tank/media", "device": "tank/media", "fstype": "zfs"}

Row = tuple[Mapping[str, str], float]


def sighting(rows: Mapping[str, Sequence[Row]], targets: Sequence[Target] = ()) -> Observed:
    """The observations of a table: signal id to label sets and values."""
    signals = known_signals()
    observations: dict[str, tuple[Observation, ...]] = {
        name: tuple(
            Observation(
                signal=signals[name],
                entity=signals.entity(signals[name], labels),
                value=value,
                labels=labels,
                source="prometheus",
                at=AT,
                spans=Spans.fitting(15),
            )
            for labels, value in of_signal
        )
        for name, of_signal in rows.items()
    }
    ups = observations.get("target.up", ())
    observations |= reachability.observed(targets, ups, signals, "prometheus")
    return Observed(
        at=AT,
        window=Window.before(AT, timedelta(hours=2)),
        spans=Spans.fitting(15),
        signals=signals,
        observations={
            name: tuple(sorted(found, key=lambda o: o.worse_than)) for name, found in observations.items()
        },
        present={"node_exporter": (NAS,)},
    )


def target(job: str, instance: str, error: str = "", scrape_url: str = "") -> Target:
    """A scrape target, down when it has an error."""
    return Target(
        labels={"job": job, "instance": instance},
        health="down" if error else "up",
        last_error=error,
        scrape_url=scrape_url or f"http://{instance}/metrics",
        scrape_interval=15.0,
    )
