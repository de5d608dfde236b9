from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from sre_assistant.cli.render import diagnosis_page, mark
from sre_assistant.domain.diagnosis import Cause, Diagnosis, Symptom, Verdict
from sre_assistant.domain.reading import Completeness
from tests.cli import diagnoses
from tests.cli.diagnoses import alert, case, evidence, explained, healthy, lookup, unknown

EXPLAINED = """\
DiskWillFillSoon · nas:9100 · /tank/media                 firing since 2026-03-01 02:14 UTC (48 min)

CAUSE   /tank/media on nas fills at 41 GiB an hour and is full at about 04:20                   0.94
        Free space on /tank/media before 04:20.
        filesystem-filling · filesystem nas:9100:/tank/media · since 2026-03-01 01:02

WHY     96 % of /tank/media is used                                                              [1]
        ▁▁▁▁ ▁▃▄▅▇███   2026-03-01 01:02 ─ 03:02   71 % → 96 %
        it grows by 41 GiB an hour                                                               [2]
  but   it was as full a week ago                                                                [3]
  lack  which process writes: no process exporter
  not   CPU on nas at 91 %: CPU is as busy every Sunday at this hour                             [4]

MAYBE   the disk is busy                                                                        0.31
ALSO    the network is slow (nothing explains it yet)                                            [4]

HITS    everything that writes to /tank/media
DO      1  see what grows:
           du -xh --max-depth=1 /tank/media
        2  delete what is not needed (yours to decide)
NEXT    which backup job runs at this hour

WHEN    2026-03-01 01:02  /tank/media begins to grow                                             [1]
        2026-03-01 02:14  DiskWillFillSoon fires

KNOWN   asked 4 · answered 2 (1 empty) · 2 denied
        prometheus refused (targets, rules): the token may not read targets
AGAIN   sre replay 20260301T030200-r-1"""

HEALTHY = """\
whole house                                                                     2026-03-01 03:02 UTC

HEALTHY Nothing is wrong: 4 hosts, no alert, no abnormal trend.

KNOWN   asked 2 · answered 2"""

UNKNOWN = """\
whole house                                                                     2026-03-01 03:02 UTC

UNKNOWN Too little can be seen to say anything.

NEXT    sre doctor prometheus

KNOWN   asked 1 · answered 0 · 1 unreachable
        prometheus did not answer (targets): connection refused"""


def shown(diagnosis: Diagnosis, *, width: int = 100, full: bool = False, again: str = "") -> str:
    return diagnosis_page(diagnosis, zone=UTC, width=width, full=full, again=again).plain


def test_an_explanation_tells_the_cause_first_and_the_coverage_last() -> None:
    assert shown(explained(), again="sre replay 20260301T030200-r-1") == EXPLAINED


def test_a_healthy_house_is_said_in_a_few_lines() -> None:
    assert shown(healthy()) == HEALTHY


def test_what_could_not_be_seen_is_told_in_words() -> None:
    assert shown(unknown()) == UNKNOWN


@pytest.mark.parametrize("width", [1, 40, 57, 80, 100, 300])
@pytest.mark.parametrize("full", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, full: bool) -> None:
    page = diagnosis_page(explained(), zone=UTC, width=width, full=full, again="sre replay " + "x" * 200)
    assert max(line.cell_len for line in page.lines) <= max(40, min(width, 100))


def test_no_line_ends_in_white_space() -> None:
    assert not [line for line in shown(explained(), full=True).splitlines() if line != line.rstrip()]


def test_full_shows_each_query_with_its_unconverted_value() -> None:
    text = shown(explained(), full=True)
    assert "[2] it grows by 41 GiB an hour" in text
    assert "prometheus at 2026-03-01T03:02:00+00:00 = 0.96 ratio" in text
    assert "query_4" in text
    assert "prometheus has nothing (filesystem.inodes)" in text


def test_times_are_in_the_readers_zone() -> None:
    page = diagnosis_page(explained(), zone=ZoneInfo("Europe/Berlin"))
    assert "firing since 2026-03-01 03:14 CET (48 min)" in page.plain
    assert "since 2026-03-01 02:02" in page.plain


def test_both_dates_are_shown_when_a_trend_crosses_midnight() -> None:
    page = diagnosis_page(explained(), zone=ZoneInfo("America/New_York"))
    assert "2026-02-28 20:02 ─ 22:02" in page.plain
    early = diagnosis_page(explained(), zone=ZoneInfo("Etc/GMT+2"))
    assert "2026-02-28 23:02 ─ 2026-03-01 01:02" in early.plain


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"silenced": True}, "silenced, firing since 2026-03-01 02:14 UTC (48 min)"),
        (
            {"status": "resolved", "ends_at": datetime(2026, 3, 1, 2, 50, tzinfo=UTC)},
            "resolved 2026-03-01 02:50 UTC",
        ),
        ({"starts_at": datetime(2026, 3, 2, tzinfo=UTC)}, "firing since 2026-03-02 00:00 UTC (0 s)"),
    ],
)
def test_the_header_tells_the_alerts_state(changed: dict[str, object], expected: str) -> None:
    about = replace(alert(), **changed)  # type: ignore[arg-type]  # one field each, of its own type
    assert expected in shown(replace(healthy(), case=case(about=about))).splitlines()[0]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"instance": "nas:9100", "mountpoint": "/tank", "device": "sda"}, "DiskFull · nas:9100 · /tank "),
        ({"nodename": "nas", "device": "sda"}, "DiskFull · nas · sda "),
        ({"job": "node"}, "DiskFull · node "),
        ({"zone": "b", "area": "a"}, "DiskFull · area=a · zone=b "),
        ({}, "DiskFull "),
    ],
)
def test_the_header_names_what_the_alert_is_about(labels: dict[str, str], expected: str) -> None:
    about = replace(alert(), name="DiskFull", labels={"alertname": "DiskFull", "severity": "x"} | labels)
    assert shown(replace(healthy(), case=case(about=about))).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]not markup[/]",
        "[link=http://x.example]click[/link]",
        ":warning: is no picture",
        "[/] closes nothing",
        "a \\[backslash\\]",
    ],
)
def test_text_from_outside_is_never_read_as_markup(text: str) -> None:
    assert text in shown(replace(healthy(), summary=text))


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred", "\x1b]0;title\x07x", "\x9b2J", "a\rb", "a\nb", "a\x00b", "\u202egnp.exe", "a\u200bb"],
)
def test_text_from_outside_cannot_drive_the_terminal(text: str) -> None:
    hostile = replace(
        explained(),
        summary=text,
        next_checks=(text,),
        case=case(about=alert(alertname=text, instance=text)),
        evidence=(evidence(1, text),),
        coverage=(lookup(text, Completeness.DENIED, text),),
    )
    assert all(ord(letter) >= 32 for line in shown(hostile, full=True).splitlines() for letter in line)
    assert not {"\x9b", "\u202e", "\u200b"} & set(shown(hostile, full=True))


def test_a_very_long_text_is_cut() -> None:
    assert len(shown(replace(healthy(), summary="x" * 100_000))) < 1500


def test_wide_characters_keep_their_columns() -> None:
    text = shown(replace(explained(), evidence=(evidence(1, "磁盘已满 " * 30),)))
    assert max(cell_len(line) for line in text.splitlines()) <= 100


def test_a_cause_without_evidence_at_hand_is_still_told() -> None:
    cause = replace(explained().causes[0], supports=("e9",), refutes=("e8",))
    assert "CAUSE   /tank/media" in shown(replace(explained(), causes=(cause,), evidence=()))


def test_more_than_three_sparklines_wait_for_full() -> None:
    rising = (1.0, 2.0, 3.0)
    many = tuple(evidence(number, f"signal {number}", trend=rising) for number in range(1, 6))
    cause = replace(explained().causes[0], supports=tuple(one.id for one in many), refutes=())
    diagnosis = replace(explained(), causes=(cause,), evidence=many)
    assert shown(diagnosis).count("▁") == 3
    assert shown(diagnosis, full=True).count("▁") == 10


def test_a_trend_without_a_single_value_draws_nothing() -> None:
    blank = evidence(1, "no samples", trend=(None, None))
    cause = replace(explained().causes[0], supports=("e1",))
    assert "─" not in shown(replace(explained(), causes=(cause,), evidence=(blank,)))


def test_without_a_cause_the_abnormal_is_shown() -> None:
    diagnosis = replace(
        unknown(),
        symptoms=(Symptom(statement="the disk is slow", subject=diagnoses.MEDIA, evidence=("e1",)),),
        evidence=(evidence(1, "a read takes 900 ms", trend=(0.1, 0.9)),),
    )
    text = shown(diagnosis)
    assert "WHY     a read takes 900 ms" in text
    assert "ALSO    the disk is slow (nothing explains it yet)" in text


def test_candidates_of_an_unknown_verdict_are_only_maybes() -> None:
    cause = Cause(id="x", title="the disk may be failing", subject=diagnoses.MEDIA, score=0.3)
    text = shown(replace(unknown(), causes=(cause,)))
    assert "CAUSE" not in text
    assert "MAYBE   the disk may be failing" in text


def test_what_was_cut_is_counted() -> None:
    innocent = tuple(replace(explained().ruled_out[0], title=f"cause {n}") for n in range(6))
    text = shown(replace(explained(), ruled_out=innocent))
    assert "and 3 more: --full" in text
    assert "cause 5" in shown(replace(explained(), ruled_out=innocent), full=True)


def test_a_summary_that_repeats_the_cause_is_said_once() -> None:
    cause = explained().causes[0]
    assert shown(replace(explained(), summary=f"{cause.title}.")).count(cause.title) == 1


def test_nothing_asked_is_not_the_same_as_nothing_wrong() -> None:
    assert "KNOWN   nothing was asked" in shown(replace(unknown(), coverage=()))


@pytest.mark.parametrize(
    ("given", "expected"), [("e3", "[3]"), ("e12", "[12]"), ("a1", "[a1]"), ("e", "[e]")]
)
def test_evidence_is_cited_by_its_number(given: str, expected: str) -> None:
    assert mark(given) == expected


def test_an_explained_verdict_without_a_cause_shows_its_summary() -> None:
    diagnosis = replace(healthy(), verdict=Verdict.EXPLAINED, summary="It resolved itself.")
    assert "CAUSE   It resolved itself." in shown(diagnosis)


def test_a_short_trend_is_told_to_the_second() -> None:
    one = evidence(1, "a short one", trend=(1.0, 2.0))
    trend = replace(one.trend, step=15.0) if one.trend else None
    cause = replace(explained().causes[0], supports=("e1",))
    text = shown(replace(explained(), causes=(cause,), evidence=(replace(one, trend=trend),)))
    assert "01:02:00 ─ 01:02:15" in text
