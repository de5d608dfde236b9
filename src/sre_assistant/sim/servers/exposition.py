"""Metrics as text: a target's own page, and what Prometheus hands to another one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sre_assistant.sim.arrays import is_stale
from sre_assistant.sim.promql.selection import LOOKBACK_MS
from sre_assistant.sim.promql.text import exposed, shortest
from sre_assistant.sim.series import NAME, Series, labels_of
from sre_assistant.sim.targets import SCRAPE_INTERVAL_MS, Target

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(target: Target, now: int) -> str:
    """A target's metrics as text, at a moment."""
    times = target.scrapes(now - SCRAPE_INTERVAL_MS, now)[-1:]
    lines = []
    for family in target.families:
        kind = "untyped" if family.kind == "unknown" else family.kind
        lines += [f"# HELP {family.parent} {family.help}", f"# TYPE {family.parent} {kind}"]
        for point in family.points:
            if point.exists is not None and not point.exists(target.seconds(times))[0]:
                continue
            value = float(point.level(target.seconds(times))[0])
            lines.append(f"{exposed(labels_of({NAME: family.name, **point.labels}))} {shortest(value)}")
    return "\n".join(lines) + "\n"


def federated(series: Iterable[Series], now: int) -> str:
    """The newest sample of each series with its time, by metric name."""
    lines, last = [], ""
    for one in sorted(series, key=lambda found: (dict(found.labels).get(NAME, ""), found.labels)):
        times, values = one.samples(now - LOOKBACK_MS, now)
        name = dict(one.labels).get(NAME, "")
        if not len(times) or bool(is_stale(np.asarray(values[-1:]))[0]) or not name:
            continue
        if name != last:
            lines.append(f"# TYPE {name} untyped")
            last = name
        lines.append(f"{exposed(one.labels)} {shortest(float(values[-1]))} {int(times[-1])}")
    return "\n".join(lines) + "\n" * bool(lines)
