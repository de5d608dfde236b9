"""Alerting and recording rules, evaluated on a grid of simulated time.

The state of every alert is a function of time: a rule's expression is evaluated where somebody looks, and
when an alert became active is found by looking back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final, Literal

import numpy as np

from sre_assistant.sim.alerting.course import Course
from sre_assistant.sim.alerting.ruletexts import RuleFile, RuleText
from sre_assistant.sim.alerting.templates import Template
from sre_assistant.sim.alerting.written import Written, marked, may_pass, written
from sre_assistant.sim.arrays import Bools, Ints, Samples
from sre_assistant.sim.documents import Document
from sre_assistant.sim.metrics.series import NAME, Labels, Matcher, Series, Storage, labels_of
from sre_assistant.sim.promql import Engine, QueryError
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.syntax import parse, selectors_of
from sre_assistant.sim.promql.text import duration_ms
from sre_assistant.sim.promql.vectors import without_name
from sre_assistant.sim.remembering import remembering

State = Literal["inactive", "pending", "firing"]

_WRITTEN: Final = ("ALERTS", "ALERTS_FOR_STATE")


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


@dataclass(frozen=True, slots=True)
class Firing:
    """A time in which an alert fires, in unix milliseconds; ``ended_at`` is None while it does."""

    rule: Rule
    row: Labels
    """What the expression gave."""
    labels: Labels
    active_at: int
    fired_at: int
    ended_at: int | None

    def alert(self, moment: int) -> Alert:
        """The alert as it was at its last evaluation up to a moment inside this time."""
        last = moment if self.ended_at is None else min(moment, self.ended_at - self.rule.interval)
        return self.rule.alert(self.row, self.rule.step_before(last))


@dataclass(slots=True)
class Rule:
    """An alerting rule with its history."""

    text: RuleText
    course: Course
    hold: int = field(init=False)
    annotations: dict[str, Template] = field(init=False)
    labels: dict[str, Template] = field(init=False)

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
        return self.text.query

    @property
    def interval(self) -> int:
        """Milliseconds between evaluations."""
        return self.course.interval

    @property
    def wait(self) -> int:
        """Milliseconds from the first active evaluation to the first that fires."""
        return -(-self.hold // self.interval) * self.interval

    def step_before(self, moment: int) -> int:
        """The last evaluation at or before a moment."""
        return self.course.step_before(moment)

    def alerts(self, moment: int) -> list[Alert]:
        """The pending and firing alerts after the last evaluation."""
        step = self.step_before(moment)
        with self.course.lock:
            return [self.alert(row, step) for row in sorted(self.course.at(step))]

    def alert(self, row: Labels, step: int) -> Alert:
        """The alert of one row of the result, at an evaluation that gave it."""
        value = self.course.at(step)[row]
        active = self.course.unbroken_since(row, step)
        fired = active + self.wait
        have = dict(without_name(row))
        return Alert(
            rule=self,
            labels=self._labels(row),
            state="firing" if step >= fired else "pending",
            value=value,
            active_at=active,
            fired_at=fired if step >= fired else None,
            annotations={name: template.expanded(have, value) for name, template in self.annotations.items()},
        )

    def firings(self, start: int, end: int) -> list[Firing]:
        """The times of firing that touch the evaluations in a window or the one before it, by beginning."""
        steps = self.course.steps(start, end)
        found = []
        with self.course.lock:
            for row, (_, present) in self.course.over(steps).items():
                edges = np.flatnonzero(np.diff(np.concatenate(([False], present, [False]))))
                for begin, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                    active = self.course.unbroken_since(row, int(steps[begin]))
                    ended = int(steps[stop]) if stop < len(steps) else None
                    fired = active + self.wait
                    if fired < (steps[-1] + 1 if ended is None else ended):
                        found.append(Firing(self, row, self._labels(row), active, fired, ended))
        return sorted(found, key=lambda one: (one.fired_at, one.labels))

    def series(self, start: int, end: int) -> Iterator[tuple[Labels, Samples]]:
        """``ALERTS`` and ``ALERTS_FOR_STATE`` as Prometheus writes them up to a stale marker at each end."""
        steps = self.course.steps(start, end)
        with self.course.lock:
            for row, (_, present) in self.course.over(steps).items():
                active = self._active_times(row, steps, present)
                yield from self._written(row, steps, present, active)

    def may_write(self, matchers: Sequence[Matcher]) -> bool:
        """Whether its series can pass these conditions, as far as its text tells."""
        fixed = {name: text for name, text in self.text.labels.items() if "{{" not in text}
        return any(
            may_pass(matchers, {**fixed, "alertname": self.text.alert, NAME: name}) for name in _WRITTEN
        )

    def _active_times(self, row: Labels, steps: Ints, present: Bools) -> Ints:
        """For each step of a run, the step at which the run began."""
        begins = present & ~np.concatenate(([False], present[:-1]))
        starts = np.where(begins, steps, 0)
        if present[0]:
            starts[0] = self.course.unbroken_since(row, int(steps[0]))
        return np.maximum.accumulate(starts)

    def _written(
        self, row: Labels, steps: Ints, present: Bools, active: Ints
    ) -> Iterator[tuple[Labels, Samples]]:
        have = dict(self._labels(row))
        firing = present & (steps - active >= self.hold)
        for state, where in (("pending", present & ~firing), ("firing", firing)):
            yield (
                labels_of({**have, NAME: "ALERTS", "alertstate": state}),
                marked(steps, where, np.ones(len(steps))),
            )
        yield labels_of({**have, NAME: "ALERTS_FOR_STATE"}), marked(steps, present, active / 1000)

    def _labels(self, row: Labels) -> Labels:
        """An alert's labels: those of the expression's row, the rule's own, and the alert's name."""
        have = dict(without_name(row))
        own = {name: template.expanded(have, math.nan) for name, template in self.labels.items()}
        return labels_of({**have, **own, "alertname": self.text.alert})


@dataclass(slots=True)
class Recording:
    """A recording rule: its expression's results under a name of their own."""

    text: RuleText
    course: Course

    @property
    def query(self) -> str:
        """The expression on one line."""
        return self.text.query

    def may_write(self, matchers: Sequence[Matcher]) -> bool:
        """Whether its series can pass these conditions, as far as its text tells."""
        return may_pass(matchers, {**self.text.labels, NAME: self.text.record})

    def series(self, start: int, end: int) -> Iterator[tuple[Labels, Samples]]:
        """What it wrote, with a stale marker where a row is gone.

        Raises:
            ExecutionFailed: two rows differ only in labels that the rule overwrites.
        """
        steps = self.course.steps(start, end)
        seen: set[Labels] = set()
        for row, (values, present) in self.course.over(steps).items():
            labels = labels_of({**dict(row), **self.text.labels, NAME: self.text.record})
            if labels in seen:
                raise ExecutionFailed(
                    "vector contains metrics with the same labelset after applying rule labels"
                )
            seen.add(labels)
            yield labels, marked(steps, present, values)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, in their order."""

    name: str
    interval: int
    rules: tuple[Rule | Recording, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """All groups of a server; going through them gives the alerting rules."""

    groups: tuple[Group, ...]

    def __iter__(self) -> Iterator[Rule]:
        for rule in self.every():
            if isinstance(rule, Rule):
                yield rule

    def every(self) -> Iterator[Rule | Recording]:
        """All rules, alerting or recording."""
        for group in self.groups:
            yield from group.rules

    def alerts(self, moment: int) -> list[Alert]:
        """Every pending and firing alert."""
        with remembering():
            return [alert for rule in self for alert in rule.alerts(moment)]

    def firings(self, start: int, end: int) -> list[Firing]:
        """Every time of firing that touches the window, by beginning and labels."""
        found = [one for rule in self for one in rule.firings(start, end)]
        return sorted(found, key=lambda one: (one.fired_at, one.labels))

    def series(self, start: int, end: int, matchers: Sequence[Matcher] = ()) -> list[Written]:
        """Every series that evaluation wrote in a window and that passes the conditions."""
        with remembering():
            return written(self.every(), start, end, matchers)

    def forget(self, after: int) -> None:
        """Drops what is known of later than a moment (unix milliseconds): the world has changed then."""
        for rule in self.every():
            rule.course.forget(after)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a rule is evaluated on: the storage, and what the rules before it have recorded."""

    storage: Storage
    recordings: tuple[Recording, ...]

    def select(self, matchers: Sequence[Matcher], start: int, end: int, /) -> Iterable[Series]:
        """The series that pass the matchers."""
        found = self.storage.select(matchers, start, end)
        recorded = written(self.recordings, start, end, matchers)
        return sorted([*found, *recorded], key=lambda one: one.labels) if recorded else found


@cache
def standard_rules() -> Document:
    """The rule file that comes with the program."""
    text = (
        resources.files("sre_assistant.sim").joinpath("alerting", "standard.yaml").read_text(encoding="utf-8")
    )
    return Document(text, "alerting/standard.yaml")


def load_rules(document: Document, storage: Storage, engine: Engine, since: int, *, ahead: int = 0) -> Rules:
    """The rules of a file, ready to be evaluated from ``since`` (unix milliseconds) on.

    A rule sees what the recording rules before it wrote at the same evaluation. With ``ahead`` so many
    further evaluations are done along with those asked for; then the storage has to know the future, and
    `Rules.forget` must be called when that changes.

    Raises:
        ConfigError: an expression, duration or template is wrong, or a rule reads what a later one records;
            the message says where.
    """
    texts = document.typed(RuleFile).groups
    later = [text for group in texts for text in group.rules if text.record]
    recordings: list[Recording] = []
    groups = []
    for place, group in enumerate(texts):
        interval = _duration(document, f"$.groups[{place}].interval", group.interval)
        begin = -(-since // interval) * interval
        rules: list[Rule | Recording] = []
        for number, text in enumerate(group.rules):
            seen = _Recorded(storage, tuple(recordings))
            course = Course(text.expr, interval, begin, seen, engine, ahead)
            try:
                made = _made(text, course, later)
            except (QueryError, ValueError) as error:
                what = f"alert {text.alert!r}" if text.alert else f"record {text.record!r}"
                raise document.error(
                    f"$.groups[{place}].rules[{number}]",
                    f"{what}: {error}",
                    "See the rule's expression and texts.",
                ) from error
            rules.append(made)
            if isinstance(made, Recording):
                recordings.append(made)
                later.remove(text)
        groups.append(Group(group.name, interval, tuple(rules)))
    return Rules(tuple(groups))


def _made(text: RuleText, course: Course, later: Sequence[RuleText]) -> Rule | Recording:
    if bool(text.alert) == bool(text.record):
        raise ValueError("a rule has either alert or record")
    tree = parse(text.expr)
    for matchers in selectors_of(tree):
        for other in later:
            if may_pass(matchers, {**other.labels, NAME: other.record}):
                raise ValueError(f"the expression reads {other.record!r}, which is recorded only after it")
    if text.alert:
        return Rule(text, course)
    if text.annotations or text.wait != "0s":
        raise ValueError("a recording rule has neither annotations nor for")
    return Recording(text, course)


def _duration(document: Document, path: str, text: str) -> int:
    try:
        return duration_ms(text)
    except ValueError as error:
        raise document.error(path, str(error), "Write it like 30s.") from error
