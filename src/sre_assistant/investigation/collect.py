"""Collect: ask the house for signals, histories and rules."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from sre_assistant.contracts.house import House
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.contracts.sources import MetricSource
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.evidence import Evidence, Trend
from sre_assistant.domain.reading import Reading, Sample, Series
from sre_assistant.domain.window import Window
from sre_assistant.investigation import reachability
from sre_assistant.investigation.asking import instant, line
from sre_assistant.investigation.observed import Observation, Observed, RuleNow
from sre_assistant.investigation.signals import Signal, Signals
from sre_assistant.investigation.surroundings import Surroundings

_POINTS = 90


class Collector:
    """Asks one house through one ledger."""

    def __init__(self, house: House, ledger: Ledger, signals: Signals, around: Surroundings) -> None:
        self._sources = {m.name: m for m in house.metrics}
        self._ledger = ledger
        self._signals = signals
        self._around = around

    async def observe(
        self, wanted: Iterable[str], matchers: str, window: Window, seen: Observed | None = None
    ) -> Observed:
        """Ask for signals, and add them to what was seen before.

        Args:
            wanted: signal ids; those read off the target list cost nothing.
            matchers: which series, e.g. ``instance=~"nas.*"``; empty for all.
            window: the past that the case looks at.
            seen: an earlier look to add to.
        """
        before = seen or self._nothing_yet(window)
        asked = [self._signals[s] for s in dict.fromkeys(wanted) if s not in before.observations]
        answers = await asyncio.gather(
            *(self._signal(m, s, matchers) for s in asked if s.query for m in self._sources.values())
        )
        found: dict[str, list[Observation]] = {s.id: [] for s in asked}
        gaps = dict(before.gaps)
        for signal, source, reading in answers:
            if not reading.completeness.answered:
                gaps[signal.id] = line(signal.id, reading)
            found[signal.id] += [self._observation(signal, source, s) for s in reading.value]
        ups = found.get("target.up") or before.observations.get("target.up", ())
        for server, targets in self._around.targets.items():
            for name, more in reachability.observed(targets, ups, self._signals, server).items():
                if name in found:
                    found[name] += more
        ordered = {name: tuple(sorted(of_signal, key=_worst_first)) for name, of_signal in found.items()}
        return replace(before, observations={**before.observations, **ordered}, gaps=gaps)

    async def rule_now(self, alert: Alert | None, expression: str) -> RuleNow:
        """What the expression behind an alert answers now, for the alert's own labels."""
        if alert is None or not expression:
            return RuleNow(asked=False, evidence=())
        at = self._around.at
        asked, elsewhere, found = True, False, []
        for source in self._sources.values():
            reading = await instant(self._ledger, source, f"the rule of {alert.name}", expression, at)
            asked = asked and reading.completeness.answered
            fitting = [s for s in reading.value if _agree(s.labels, alert.labels)]
            elsewhere = elsewhere or (bool(reading.value) and not fitting)
            # Several series answer the rule: then no single value is what the query answers.
            alone = len(reading.value) == 1
            found += [self._still_holds(alert, source, expression, s, alone=alone) for s in fitting[:1]]
        return RuleNow(asked=asked, evidence=tuple(found), elsewhere=elsewhere)

    async def trend(self, observation: Observation, window: Window) -> Trend | None:
        """How the value behind an observation moved; None when it has no history that can be asked for."""
        if not observation.numeric:
            return None
        source = self._sources[observation.source]
        step = timedelta(seconds=max(1, round(window.span.total_seconds() / _POINTS)))
        reading: Reading[tuple[Series, ...]] = await self._ledger.read(
            lambda: source.range(observation.query, window, step),
            (),
            source=source.name,
            operation=f"history of {observation.signal.id}",
            query=f"{observation.query} over {window.start.isoformat()}/{window.end.isoformat()}",
            at=window.end,
        )
        if len(reading.value) != 1:
            return None
        return Trend(
            query=observation.query,
            start=window.start,
            step=step.total_seconds(),
            values=_on_grid(reading.value[0], window, step),
        )

    def _nothing_yet(self, window: Window) -> Observed:
        around = self._around
        return Observed(
            at=around.at,
            window=window,
            spans=around.spans,
            signals=self._signals,
            observations={},
            gaps=around.gaps,
            present=around.present,
        )

    async def _signal(
        self, source: MetricSource, signal: Signal, matchers: str
    ) -> tuple[Signal, MetricSource, Reading[tuple[Sample, ...]]]:
        query = signal.asked(matchers, self._around.spans)
        return signal, source, await instant(self._ledger, source, signal.id, query, self._around.at)

    def _observation(self, signal: Signal, source: MetricSource, sample: Sample) -> Observation:
        labels = {k: v for k, v in sample.labels.items() if k != "__name__"}
        return Observation(
            signal=signal,
            entity=self._signals.entity(signal, labels),
            value=sample.value,
            labels=labels,
            source=source.name,
            at=self._around.at,
            spans=self._around.spans,
            linked=source.link,
        )

    def _still_holds(
        self, alert: Alert, source: MetricSource, expression: str, sample: Sample, *, alone: bool
    ) -> Evidence:
        return Evidence(
            id="",
            statement=f"the rule of {alert.name} still holds, with the value {sample.value:.6g}",
            value=sample.value if alone and math.isfinite(sample.value) else None,
            unit="",
            source=source.name,
            query=expression,
            window=None,
            observed_at=self._around.at,
            link=source.link(expression, self._around.at),
        )


def _worst_first(observation: Observation) -> tuple[float, str, str]:
    return observation.worse_than, observation.entity.name, observation.source


def _agree(labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    return all(others.get(k, v) == v for k, v in labels.items() if k != "__name__")


def _on_grid(series: Series, window: Window, step: timedelta) -> tuple[float | None, ...]:
    """The values on the grid that was asked for, with gaps where the source had no sample."""
    grid: list[float | None] = [None] * (int(window.span / step) + 1)
    for moment, value in zip(series.times, series.values, strict=True):
        index = round((moment - window.start.timestamp()) / step.total_seconds())
        if 0 <= index < len(grid) and math.isfinite(value):
            grid[index] = value
    return tuple(grid)
