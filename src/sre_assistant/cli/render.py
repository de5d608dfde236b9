"""A diagnosis on a terminal: the cause first, then why, whom it hits, what to do, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo

from rich.text import Text

from sre_assistant.cli.coverage import show_coverage
from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.cli.sparkline import sparkline
from sre_assistant.cli.times import moment, moment_with_zone, span
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import Cause, Diagnosis, Verdict
from sre_assistant.domain.evidence import Evidence, Trend
from sre_assistant.kit.units import format_span, format_value

_WHERE = ("instance", "nodename", "node", "host", "name")
_WHAT = ("mountpoint", "device", "target", "service", "job")
_MOST_NAMES = 2
_MOST_SPARKLINES = 3
_MOST_OTHERS = 3
_MOST_MOMENTS = 5
_LEAST_POINTS = 2
_VERDICTS = {
    Verdict.EXPLAINED: ("CAUSE", "bold red"),
    Verdict.HEALTHY: ("HEALTHY", "bold green"),
    Verdict.UNKNOWN: ("UNKNOWN", "bold yellow"),
}


def diagnosis_page(
    diagnosis: Diagnosis,
    *,
    zone: tzinfo,
    width: int = WIDEST,
    full: bool = False,
    again: str = "",
) -> Page:
    """The screen for one diagnosis.

    Args:
        diagnosis: what to show.
        zone: zone of the times.
        width: columns to use, at most 100.
        full: also every piece of evidence with its query, and everything that was cut.
        again: the command that repeats it.
    """
    screen = _Screen(diagnosis, zone, Page(width), full=full)
    for part in (
        screen.header,
        screen.verdict,
        screen.why,
        screen.innocent,
        screen.others,
        screen.impact,
        screen.remedies,
        screen.timeline,
        screen.evidence,
    ):
        part()
    screen.known(again)
    return screen.page


def mark(evidence_id: str) -> str:
    """How a piece of evidence is cited: ``[3]`` for ``e3``."""
    number = evidence_id.removeprefix("e")
    return f"[{number if number.isdigit() else evidence_id}]"


class _Screen:
    """The parts of the page, each writing what it has to say or nothing."""

    def __init__(self, diagnosis: Diagnosis, zone: tzinfo, page: Page, *, full: bool) -> None:
        self._said = diagnosis
        self._zone = zone
        self._full = full
        self._evidence: Mapping[str, Evidence] = {one.id: one for one in diagnosis.evidence}
        self._sparklines = 0
        self.page = page

    def header(self) -> None:
        case = self._said.case
        names = [case.title, *_names(case.alert)] if case.alert else [case.title]
        left = Text(" · ").join([said(names[0], "bold", limit=120), *(said(n, limit=120) for n in names[1:])])
        self.page.head(left, said(self._when(), "dim"))

    def _when(self) -> str:
        case = self._said.case
        alert = case.alert
        if alert is None:
            return moment_with_zone(case.at, self._zone)
        if alert.ends_at is not None:
            return f"resolved {moment_with_zone(alert.ends_at, self._zone)}"
        state = "silenced, firing" if alert.silenced else alert.status
        age = format_span(max(case.at - alert.starts_at, timedelta(0)))
        return f"{state} since {moment_with_zone(alert.starts_at, self._zone)} ({age})"

    def verdict(self) -> None:
        label, style = _VERDICTS[self._said.verdict]
        self.page.blank()
        cause = self._cause()
        if cause is None:
            self.page.row(label, said(self._said.summary, style))
            return
        self.page.row(label, said(cause.title, style), f"{cause.score:.2f}")
        if not _same(self._said.summary, cause.title):
            self.page.row("", said(self._said.summary))
        since = f" · since {moment(cause.since, self._zone)}" if cause.since else ""
        self.page.row("", said(f"{cause.id} · {cause.subject.kind} {cause.subject.name}{since}", "dim"))

    def _cause(self) -> Cause | None:
        if self._said.verdict is not Verdict.EXPLAINED or not self._said.causes:
            return None
        return self._said.causes[0]

    def why(self) -> None:
        cause = self._cause()
        self.page.blank()
        supports = cause.supports if cause else self._loose_evidence()
        for number, one in enumerate(supports):
            self._cite("WHY" if number == 0 else "", one, sparkline_too=True)
        if cause is None:
            return
        for one in cause.refutes:
            self._cite("  but", one)
        for text in cause.missing:
            self.page.row("  lack", said(text, "yellow"))

    def _loose_evidence(self) -> tuple[str, ...]:
        """What to show when no cause stands: the evidence of what is abnormal, else whatever has a trend."""
        abnormal = [one for symptom in self._said.symptoms for one in symptom.evidence]
        moving = [one.id for one in self._said.evidence if one.trend]
        return tuple(dict.fromkeys(abnormal or moving))[:_MOST_SPARKLINES]

    def innocent(self) -> None:
        for cause in self._said.ruled_out if self._full else self._said.ruled_out[:_MOST_OTHERS]:
            cited = "".join(mark(one) for one in (cause.refutes or cause.supports)[:2])
            against = [self._evidence[one].statement for one in cause.refutes if one in self._evidence]
            why = cause.reason or next(iter(against), "")
            self.page.row("  not", said(f"{cause.title}: {why}" if why else cause.title), cited)
        self._cut("  not", len(self._said.ruled_out))

    def others(self) -> None:
        rest = self._said.causes[1:] if self._cause() else self._said.causes
        for number, cause in enumerate(rest if self._full else rest[:_MOST_OTHERS]):
            if number == 0:
                self.page.blank()
            self.page.row("MAYBE" if number == 0 else "", said(cause.title), f"{cause.score:.2f}")
        alert = self._said.case.alert
        besides = [
            one for one in self._said.symptoms if not alert or not one.statement.startswith(alert.name)
        ]
        for number, symptom in enumerate(besides if self._full else besides[:_MOST_OTHERS]):
            by = symptom.explained_by or "nothing explains it yet"
            cited = "".join(mark(one) for one in symptom.evidence[:2])
            self.page.row("ALSO" if number == 0 else "", said(f"{symptom.statement} ({by})"), cited)

    def impact(self) -> None:
        self.page.blank()
        for number, hit in enumerate(self._said.impact):
            cited = "".join(mark(one) for one in hit.evidence[:2])
            self.page.row("HITS" if number == 0 else "", said(hit.statement), cited)

    def remedies(self) -> None:
        for number, remedy in enumerate(self._said.remedies, start=1):
            step = Text.assemble((f"{number}  ", "bold"), said(remedy.text))
            self.page.row("DO" if number == 1 else "", step)
            if remedy.command:
                self.page.row("", Text.assemble("   ", said(remedy.command, "cyan")))
        checks = self._said.next_checks if self._full else self._said.next_checks[:_MOST_OTHERS]
        for number, check in enumerate(checks):
            self.page.row("NEXT" if number == 0 else "", said(check))

    def timeline(self) -> None:
        moments = self._said.timeline
        if len(moments) < 2:
            return
        self.page.blank()
        for number, one in enumerate(moments if self._full else moments[:_MOST_MOMENTS]):
            line = Text.assemble((moment(one.at, self._zone), "dim"), "  ", said(one.what))
            self.page.row("WHEN" if number == 0 else "", line, "".join(mark(e) for e in one.evidence[:2]))

    def evidence(self) -> None:
        if not self._full:
            return
        self.page.blank()
        for number, one in enumerate(self._said.evidence):
            label = "SHOWN" if number == 0 else ""
            self.page.row(label, Text.assemble((f"{mark(one.id)} ", "dim"), said(one.statement)))
            value = "" if one.value is None else f" = {one.value!r} {one.unit}".rstrip()
            asked = f"{one.source} at {one.observed_at.isoformat()}{value}"
            self.page.row("", Text.assemble("    ", said(asked, "dim")))
            if one.query:
                self.page.row("", Text.assemble("    ", said(one.query, "cyan", limit=1000)))
            if one.derived_from:
                origins = " ".join(mark(e) for e in one.derived_from)
                self.page.row("", Text.assemble("    ", said(f"from {origins}", "dim")))
            if one.trend:
                self._trend(one, one.trend)

    def known(self, again: str) -> None:
        self.page.blank()
        show_coverage(self.page, self._said.coverage, full=self._full)
        if again:
            self.page.row("AGAIN", said(again, "cyan", limit=1000))

    def _cite(self, label: str, evidence_id: str, *, sparkline_too: bool = False) -> None:
        one = self._evidence.get(evidence_id)
        if one is None:
            return
        self.page.row(label, said(one.statement), mark(one.id))
        if sparkline_too and one.trend and (self._sparklines < _MOST_SPARKLINES or self._full):
            self._sparklines += 1
            self._trend(one, one.trend)

    def _trend(self, one: Evidence, trend: Trend) -> None:
        known = [value for value in trend.values if value is not None]
        drawn = sparkline(trend.values)
        if len(known) < _LEAST_POINTS or not drawn:
            return
        end = trend.start + timedelta(seconds=trend.step * (len(trend.values) - 1))
        ends = f"{format_value(known[0], one.unit)} → {format_value(known[-1], one.unit)}"
        text = Text.assemble((drawn, "cyan"), f"   {span(trend.start, end, self._zone)}   {ends}")
        self.page.row("", text)

    def _cut(self, label: str, count: int) -> None:
        if not self._full and count > _MOST_OTHERS:
            self.page.row(label, said(f"and {count - _MOST_OTHERS} more: --full", "dim"))


def _names(alert: Alert) -> Sequence[str]:
    """The label values that tell which one it is, e.g. the instance and the mount point."""
    where = [alert.labels[label] for label in _WHERE if alert.labels.get(label)]
    what = [alert.labels[label] for label in _WHAT[: None if not where else -1] if alert.labels.get(label)]
    if where or what:
        return [*where[:1], *what[:1]]
    rest = {k: v for k, v in alert.labels.items() if k not in {"alertname", "severity"}}
    return [f"{name}={rest[name]}" for name in sorted(rest)[:_MOST_NAMES]]


def _same(first: str, second: str) -> bool:
    return first.strip().rstrip(".") == second.strip().rstrip(".")
