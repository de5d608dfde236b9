"""The active alerts on a terminal, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from rich.text import Text

from sre_assistant.cli.coverage import show_coverage, tally
from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.cli.times import moment
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.evidence import Lookup
from sre_assistant.kit.units import format_span

_SEVERITIES = {
    "critical": ("bold red", 0),
    "error": ("red", 1),
    "warning": ("yellow", 2),
    "info": ("blue", 3),
}
_OTHER = ("", 4)
_MOST_ALERTS = 200


def alerts_page(
    alerts: Sequence[Alert],
    coverage: Sequence[Lookup],
    *,
    at: datetime,
    zone: tzinfo,
    width: int = WIDEST,
) -> Page:
    """The screen for a list of alerts; an empty one says whether anybody could tell."""
    page = Page(width)
    unseen = [line for line in coverage if not line.completeness.answered]
    if not alerts:
        nothing = (
            "No alert is firing."
            if coverage and not unseen
            else "No alert is known, but not all could be asked."
        )
        page.row("", said(nothing), indent=0)
    for alert in worst_first(alerts)[:_MOST_ALERTS]:
        style, _ = _SEVERITIES.get(alert.severity.lower(), _OTHER)
        age = format_span(max(at - alert.starts_at, timedelta(0)))
        since = f"{moment(alert.starts_at, zone)} ({age})"
        state = "silenced · " if alert.silenced else ""
        name = Text.assemble(said(alert.name, f"bold {style}".strip(), limit=120))
        page.head(name, said(f"{state}{alert.severity or 'no severity'} · since {since}", "dim"))
        page.row("", said(_labels(alert)))
        summary = alert.annotations.get("summary") or alert.annotations.get("description")
        if summary:
            page.row("", said(f"“{summary}”", "dim"))
        page.row("", said(f"sre investigate {alert.fingerprint or alert.name}", "cyan"))
    if len(alerts) > _MOST_ALERTS:
        page.row("", said(f"and {len(alerts) - _MOST_ALERTS} more: sre alerts --json", "dim"))
    page.blank()
    if unseen:
        show_coverage(page, coverage, full=False)
    elif coverage:
        page.row("KNOWN", said(tally(coverage)))
    return page


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """By severity, then by age; silenced ones last."""
    return sorted(alerts, key=_order)


def _order(alert: Alert) -> tuple[bool, int, datetime, str]:
    return (alert.silenced, _SEVERITIES.get(alert.severity.lower(), _OTHER)[1], alert.starts_at, alert.name)


def _labels(alert: Alert) -> str:
    shown = {name: text for name, text in alert.labels.items() if name not in {"alertname", "severity"}}
    return " · ".join(f"{name}={shown[name]}" for name in sorted(shown)) or "no further labels"
