"""Metrics as text: a target's own page, and what Prometheus hands to another one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sre_assistant.sim.arrays import Ints, is_stale
from sre_assistant.sim.metrics.series import NAME, Series, labels_of
from sre_assistant.sim.metrics.targets import SCRAPE_INTERVAL_MS, Family, Point, Target
from sre_assistant.sim.promql.selection import LOOKBACK_MS
from sre_assistant.sim.promql.text import exposed, shortest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(target: Target, now: int) -> str:
    """A target's metrics as text, at a moment."""
    times = target.scrapes(now - SCRAPE_INTERVAL_MS, now)[-1:]
    lines: list[str] = []
    told = ""
    for family in target.families:
        shown = [point for point in family.points if _shown(target, point, times)]
        samples = [_sample(target, family, point, times) for point in shown]
        if samples and family.parent != told:
            kind = "untyped" if family.kind == "unknown" else family.kind
            lines += [f"# HELP {family.parent} {family.help}", f"# TYPE {family.parent} {kind}"]
            told = family.parent
        lines += samples
    return "\n".join(lines) + "\n"


def _shown(target: Target, point: Point, times: Ints) -> bool:
    return point.exists is None or bool(point.exists(target.seconds(times))[0])


def _sample(target: Target, family: Family, point: Point, times: Ints) -> str:
    value = float(point.level(target.seconds(times))[0])
    return f"{exposed(labels_of({NAME: family.name, **point.labels}))} {shortest(value)}"


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
