"""Alerting rules, evaluated on a grid of simulated time.

The state of every alert is a function of time: a rule's expression is evaluated for a stretch of steps at
once and kept, and when an alert became active is found by looking back through the stretches.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec
import numpy as np

from sre_assistant.sim.arrays import STALE, Bools, Floats, Ints, Samples
from sre_assistant.sim.documents import Document
from sre_assistant.sim.promql import Engine, QueryError
from sre_assistant.sim.promql.syntax import parse
from sre_assistant.sim.promql.text import duration_ms
from sre_assistant.sim.promql.vectors import Frame, without_name
from sre_assistant.sim.series import NAME, Labels, Storage, labels_of
from sre_assistant.sim.templates import Template

_STRETCH: Final = 3 * 3_600_000
State = Literal["inactive", "pending", "firing"]


class RuleText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alerting rule as a rule file has it."""

    alert: str
    expr: str
    wait: str = msgspec.field(name="for", default="0s")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class GroupText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of rules that are evaluated together."""

    name: str
    rules: tuple[RuleText, ...]
    interval: str = "30s"


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of Prometheus."""

    groups: tuple[GroupText, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert at one moment; times in unix milliseconds."""

    rule: Rule
    labels: Labels
    state: State
    value: float
    active_at: int
    fired_at: int | None
    annotations: dict[str, str]


@dataclass(slots=True)
class _Stretch:
    """A rule's results on the steps of one stretch, as far as they have been asked for."""

    values: dict[Labels, Floats] = field(default_factory=dict)
    present: dict[Labels, Bools] = field(default_factory=dict)
    done: int = 0


@dataclass(slots=True)
class Rule:
    """An alerting rule with its history; ``since`` is when Prometheus first knew it (unix milliseconds)."""

    text: RuleText
    interval: int
    since: int
    storage: Storage
    engine: Engine
    hold: int = field(init=False)
    annotations: dict[str, Template] = field(init=False)
    labels: dict[str, Template] = field(init=False)
    _stretches: dict[int, _Stretch] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Reads the duration and templates."""
        self.hold = duration_ms(self.text.wait) if self.text.wait not in {"0s", "0"} else 0
        self.annotations = {name: Template(text) for name, text in self.text.annotations.items()}
        self.labels = {name: Template(text) for name, text in self.text.labels.items()}
        for name, text in self.text.labels.items():
            if "alue" in text and "{{" in text:
                raise ValueError(
                    f"label {name!r} depends on the value, so every value would be another alert"
                )

    @property
    def query(self) -> str:
        """The expression on one line."""
        return " ".join(self.text.expr.split())

    def step_before(self, moment: int) -> int:
        """The last evaluation at or before a moment."""
        return moment // self.interval * self.interval

    def alerts(self, moment: int) -> list[Alert]:
        """The pending and firing alerts after the last evaluation."""
        step = self.step_before(moment)
        if step < self.since:
            return []
        with self._lock:
            stretch, place = self._at(step)
            rows = [labels for labels, present in stretch.present.items() if present[place]]
            return [self._alert(labels, step, float(stretch.values[labels][place])) for labels in rows]

    def series(self, start: int, end: int) -> Iterator[tuple[Labels, Samples]]:
        """``ALERTS`` and ``ALERTS_FOR_STATE`` as Prometheus writes them up to a stale marker at each end."""
        first = max(self.step_before(start + self.interval - 1), self.since)
        last = self.step_before(end)
        if last < first:
            return
        steps = np.arange(first - self.interval, last + 1, self.interval, dtype=np.int64)
        with self._lock:
            rows = self._presence(steps)
            for labels, present in rows.items():
                active = self._active_times(labels, steps, present)
                yield from self._written(labels, steps, present, active)

    def _presence(self, steps: Ints) -> dict[Labels, Bools]:
        """Where the expression gave each row, on these steps."""
        rows: dict[Labels, Bools] = {}
        numbers = steps // _STRETCH
        for number in np.unique(numbers).tolist():
            here = np.flatnonzero((numbers == number) & (steps >= self.since))
            if not len(here):
                continue
            stretch, _ = self._at(int(steps[here[-1]]))
            places = steps[here] % _STRETCH // self.interval
            for labels, present in stretch.present.items():
                rows.setdefault(labels, np.zeros(len(steps), dtype=np.bool_))[here] = present[places]
        return {labels: present for labels, present in rows.items() if present.any()}

    def _active_times(self, labels: Labels, steps: Ints, present: Bools) -> Ints:
        """For each step of a run, the step at which the run began."""
        begins = present & ~np.concatenate(([False], present[:-1]))
        starts = np.where(begins, steps, 0)
        if present[0]:
            starts[0] = self._active_at(labels, int(steps[0]))
        return np.maximum.accumulate(starts)

    def _written(
        self, labels: Labels, steps: Ints, present: Bools, active: Ints
    ) -> Iterator[tuple[Labels, Samples]]:
        have = dict(self._labels(labels))
        firing = present & (steps - active >= self.hold)
        for state, where in (("pending", present & ~firing), ("firing", firing)):
            yield (
                labels_of({**have, NAME: "ALERTS", "alertstate": state}),
                _marked(steps, where, np.ones(len(steps))),
            )
        yield labels_of({**have, NAME: "ALERTS_FOR_STATE"}), _marked(steps, present, active / 1000)

    def _labels(self, labels: Labels) -> Labels:
        """An alert's labels: those of the expression's row, the rule's own, and the alert's name."""
        have = dict(without_name(labels))
        own = {name: template.expanded(have, math.nan) for name, template in self.labels.items()}
        return labels_of({**have, **own, "alertname": self.text.alert})

    def _alert(self, labels: Labels, step: int, value: float) -> Alert:
        active = self._active_at(labels, step)
        fired = active + -(-self.hold // self.interval) * self.interval
        have = dict(without_name(labels))
        return Alert(
            rule=self,
            labels=self._labels(labels),
            state="firing" if step >= fired else "pending",
            value=value,
            active_at=active,
            fired_at=fired if step >= fired else None,
            annotations={name: template.expanded(have, value) for name, template in self.annotations.items()},
        )

    def _active_at(self, labels: Labels, step: int) -> int:
        """The first step of the unbroken run that ends at ``step``."""
        while step >= self.since:
            stretch, place = self._at(step)
            present = stretch.present.get(labels)
            if present is None:
                return step + self.interval
            gaps = np.flatnonzero(~present[: place + 1])
            if len(gaps):
                return step - (place - int(gaps[-1]) - 1) * self.interval
            step -= (place + 1) * self.interval
        return max(step + self.interval, self.since)

    def _at(self, step: int) -> tuple[_Stretch, int]:
        """The stretch that holds a step, evaluated up to it."""
        number, place = step // _STRETCH, step % _STRETCH // self.interval
        stretch = self._stretches.setdefault(number, _Stretch())
        if place >= stretch.done:
            self._evaluate(stretch, number * _STRETCH, place + 1)
        return stretch, place

    def _evaluate(self, stretch: _Stretch, begin: int, count: int) -> None:
        steps = np.arange(stretch.done, count, dtype=np.int64) * self.interval + begin
        answer = self.engine.over(self.storage, self.text.expr, Frame(steps, int(steps[0]), int(steps[-1])))
        size = _STRETCH // self.interval
        for labels, samples in answer.series:
            places = (samples.times - begin) // self.interval
            if labels not in stretch.present:
                stretch.present[labels] = np.zeros(size, dtype=np.bool_)
                stretch.values[labels] = np.full(size, np.nan)
            stretch.present[labels][places] = True
            stretch.values[labels][places] = samples.values
        stretch.done = count


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together."""

    name: str
    interval: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A series that rule evaluation wrote."""

    labels: Labels
    data: Samples

    def samples(self, start: int, end: int) -> Samples:
        """The samples in the window."""
        inside = (self.data.times >= start) & (self.data.times <= end)
        return Samples(self.data.times[inside], self.data.values[inside])


@dataclass(frozen=True, slots=True)
class Rules:
    """All groups of a server."""

    groups: tuple[Group, ...]

    def __iter__(self) -> Iterator[Rule]:
        for group in self.groups:
            yield from group.rules

    def alerts(self, moment: int) -> list[Alert]:
        """Every pending and firing alert."""
        return [alert for rule in self for alert in rule.alerts(moment)]

    def series(self, start: int, end: int) -> list[Written]:
        """Every series that evaluation wrote in a window."""
        rows: dict[Labels, list[Samples]] = {}
        for rule in self:
            for labels, samples in rule.series(start, end):
                rows.setdefault(labels, []).append(samples)
        joined = [Written(labels, _joined(pieces)) for labels, pieces in sorted(rows.items())]
        return [one for one in joined if len(one.data.times)]


@cache
def standard_rules() -> Document:
    """The rule file that comes with the program."""
    text = resources.files("sre_assistant.sim").joinpath("alerting.yaml").read_text(encoding="utf-8")
    return Document(text, "alerting.yaml")


def load_rules(document: Document, storage: Storage, engine: Engine, since: int) -> Rules:
    """The rules of a file, ready to be evaluated from ``since`` (unix milliseconds) on.

    Raises:
        ConfigError: an expression, duration or template is wrong; the message says where.
    """
    groups = []
    for place, group in enumerate(document.typed(RuleFile).groups):
        interval = _duration(document, f"$.groups[{place}].interval", group.interval)
        rules = []
        for number, text in enumerate(group.rules):
            path = f"$.groups[{place}].rules[{number}]"
            try:
                parse(text.expr)
                rules.append(Rule(text, interval, -(-since // interval) * interval, storage, engine))
            except (QueryError, ValueError) as error:
                raise document.error(
                    path, f"alert {text.alert!r}: {error}", "See the rule's expression and texts."
                ) from error
        groups.append(Group(group.name, interval, tuple(rules)))
    return Rules(tuple(groups))


def _duration(document: Document, path: str, text: str) -> int:
    try:
        return duration_ms(text)
    except ValueError as error:
        raise document.error(path, str(error), "Write it like 30s.") from error


def _marked(steps: Ints, present: Bools, values: Floats) -> Samples:
    """Samples where present, a stale marker at the step after; the first step only gives the state before."""
    ended = ~present & np.concatenate(([False], present[:-1]))
    kept = present | ended
    kept[0] = False
    return Samples(steps[kept], np.where(ended, STALE, values)[kept])


def _joined(pieces: Sequence[Samples]) -> Samples:
    if len(pieces) == 1:
        return pieces[0]
    times = np.concatenate([piece.times for piece in pieces])
    values = np.concatenate([piece.values for piece in pieces])
    order = np.argsort(times, kind="stable")
    return Samples(times[order], values[order])
