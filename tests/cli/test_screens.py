from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sre_assistant.cli.coverage import tally
from sre_assistant.cli.exits import exit_code
from sre_assistant.cli.page import Page, said
from sre_assistant.cli.render_alerts import alerts_page
from sre_assistant.cli.render_answer import answer_page
from sre_assistant.cli.render_checkup import checkup_page
from sre_assistant.domain import errors
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.reading import Completeness
from tests.cli.diagnoses import NOW, alert, evidence, lookup


def test_the_worst_alert_comes_first_and_silenced_ones_last() -> None:
    alerts = (
        alert(alertname="Info", severity="info"),
        replace(alert(alertname="Silenced", severity="critical"), silenced=True),
        alert(alertname="Odd", severity="purple"),
        alert(alertname="Worst", severity="Critical"),
    )
    text = alerts_page(alerts, (), at=NOW, zone=UTC).plain
    names = [line.split()[0] for line in text.splitlines() if not line.startswith(" ") and line]
    assert names == ["Worst", "Info", "Odd", "Silenced"]
    assert "silenced · critical" in text


def test_an_alert_shows_its_labels_summary_and_the_next_command() -> None:
    text = alerts_page((alert(),), (), at=NOW, zone=UTC).plain
    assert text.splitlines()[0].endswith("warning · since 2026-03-01 02:14 (48 min)")
    assert "instance=nas:9100 · job=node · mountpoint=/tank/media" in text
    assert "“The disk fills.”" in text
    assert "sre investigate 00aa11bb22cc33dd" in text


def test_no_alert_and_nobody_to_ask_are_told_apart() -> None:
    fine = (lookup("alerts", Completeness.COMPLETE),)
    blind = (lookup("alerts", Completeness.UNREACHABLE, "connection refused"),)
    assert "No alert is firing." in alerts_page((), fine, at=NOW, zone=UTC).plain
    for coverage in (blind, ()):
        text = alerts_page((), coverage, at=NOW, zone=UTC).plain
        assert "No alert is firing" not in text
        assert "not all could be asked" in text
    assert "connection refused" in alerts_page((), blind, at=NOW, zone=UTC).plain


def test_a_storm_of_alerts_is_cut_and_counted() -> None:
    text = alerts_page((alert(),) * 250, (), at=NOW, zone=UTC).plain
    assert "and 50 more: sre alerts --json" in text


def answered(**changed: object) -> Answer:
    answer = Answer(
        question="q", intent="state", response="CPU is 91 % busy [e1].\nMemory is fine [e12].", at=NOW
    )
    return replace(answer, **changed)  # type: ignore[arg-type]  # one field each, of its own type


def test_an_answer_cites_its_evidence_by_number() -> None:
    text = answer_page(answered(coverage=(lookup("cpu", Completeness.COMPLETE),)), zone=UTC).plain
    assert text.splitlines()[:2] == ["CPU is 91 % busy [1].", "Memory is fine [12]."]
    assert "asked 1 · answered 1" in text
    assert "as of 2026-03-01 03:02 UTC" in text


def test_an_answer_in_full_lists_evidence_and_queries() -> None:
    text = answer_page(answered(evidence=(evidence(1, "CPU is busy"),)), zone=UTC, full=True).plain
    assert "[1]     CPU is busy" in text
    assert "query_1" in text


def test_suggestions_are_commands_to_copy() -> None:
    text = answer_page(answered(suggestions=("how is nas?", "it's full?")), zone=UTC).plain
    assert "try     sre ask 'how is nas?'" in text
    assert """sre ask 'it'"'"'s full?'""" in text


def test_an_answer_cannot_drive_the_terminal() -> None:
    text = answer_page(answered(response="\x1b[2J[red]x\u202e"), zone=UTC).plain
    assert text.startswith("[red]x")


PROMETHEUS = Checkup(
    system="prometheus",
    kind="prometheus",
    url="http://prom.lan:9090",
    version="Prometheus 2.53.1",
    findings=(
        Finding(level="ok", check="reachable", text="answers at http://prom.lan:9090"),
        Finding(level="ok", check="clock", text="0.2 s behind"),
        Finding(level="warning", check="exporters", text="no node_exporter on pve3", fix="apt install x"),
    ),
)
LOKI = Checkup(
    system="loki",
    kind="loki",
    url="http://loki.lan:3100",
    version="",
    findings=(Finding(level="error", check="reachable", text="connection refused"),),
)


def test_a_check_up_tells_each_system_in_a_line_and_what_mends_it_below() -> None:
    lines = checkup_page((PROMETHEUS, LOKI)).plain.splitlines()
    assert lines == [
        "prometheus  http://prom.lan:9090        ok      Prometheus 2.53.1 · 0.2 s behind",
        "            ! no node_exporter on pve3",
        "              fix  apt install x",
        "loki        http://loki.lan:3100        down    version unknown",
        "            ✗ connection refused",
        "",
        "2 systems · 1 down · 1 warning",
    ]


def test_warnings_about_the_settings_are_part_of_the_check_up() -> None:
    text = checkup_page((), ("chmod 600 token",)).plain
    assert "! chmod 600 token" in text
    assert text.endswith("0 systems · 1 warning")


def test_a_single_healthy_system_is_all_well() -> None:
    assert checkup_page((replace(PROMETHEUS, findings=()),)).plain.endswith("1 system · all well")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((Completeness.COMPLETE, Completeness.EMPTY), "asked 2 · answered 2 (1 empty)"),
        ((Completeness.PARTIAL,), "asked 1 · answered 1 · 1 in part"),
        (
            (Completeness.STALE, Completeness.DENIED, Completeness.UNSUPPORTED),
            "asked 3 · answered 0 · 1 denied · 1 stale · 1 unsupported",
        ),
    ],
)
def test_the_tally_counts_every_outcome(kinds: tuple[Completeness, ...], expected: str) -> None:
    assert tally([lookup(f"signal-{number}", kind) for number, kind in enumerate(kinds)]) == expected


def test_a_head_that_does_not_fit_goes_on_two_lines() -> None:
    page = Page(40)
    page.head(said("a" * 30), said("b" * 30))
    assert page.plain.splitlines() == ["a" * 30, "b" * 30]


def test_there_is_never_more_than_one_empty_line() -> None:
    page = Page()
    page.blank()
    page.row("", said("text"))
    page.blank()
    page.blank()
    assert page.plain == "        text\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.CallError("x"), 2),
        (errors.ConfigError("A", "is wrong", "Mend it."), 3),
        (errors.SourceError("prometheus", "GET /", "x"), 4),
        (errors.BudgetSpent("x"), 5),
        (errors.ActionRefused("x"), 6),
    ],
)
def test_every_error_has_its_exit_code(error: errors.SreError, code: int) -> None:
    assert exit_code(error) == code


@pytest.mark.parametrize("kind", errors.SourceError.__subclasses__())
def test_every_failure_of_a_system_has_the_same_exit_code(kind: type[errors.SourceError]) -> None:
    assert exit_code(kind("prometheus", "GET /", "x")) == 4


def test_an_error_nobody_classed_counts_as_a_defect() -> None:
    assert exit_code(errors.SreError("x")) == 70


def test_a_moment_in_the_alert_list_carries_its_date() -> None:
    old = replace(alert(), starts_at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    assert "since 2025-12-31 23:59 (59 d 3 h)" in alerts_page((old,), (), at=NOW, zone=UTC).plain
