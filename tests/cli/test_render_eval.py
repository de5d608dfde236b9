from __future__ import annotations

from dataclasses import replace

from sre_assistant.cli.render_eval import evaluation_page
from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.evals.evidence import Figures
from sre_assistant.evals.floors import Floor
from sre_assistant.evals.report import Evaluation, grouped
from sre_assistant.evals.results import Result
from sre_assistant.evals.scorers import Blamed, Found
from tests.evals.replies import NOW, result


def shown(*results: Result, floors: tuple[Floor, ...] = ()) -> str:
    report = Evaluation(
        version="1.0",
        began_at=NOW,
        seconds=2.0,
        via="api",
        workers=1,
        results=results,
        groups=grouped(results),
        costs=(),
        floors=floors,
    )
    page = evaluation_page(report)
    assert max(map(len, page.plain.splitlines())) <= 100
    return page.plain


def test_a_scenario_without_an_answer_shows_its_reason() -> None:
    text = shown(result("nas-down", failure="sre serve: it ended with code 3", top1=(0, 1)))
    assert "nas-down no answer" in text
    assert "  sre serve: it ended with code 3" in text
    assert "1 without an answer" in text


def test_what_is_wrong_is_said_in_words() -> None:
    wrong = replace(
        result("nas-down", top1=(0, 1), false_blame=(1, 1), evidence=(2, 3), agreement=(0, 1)),
        verdict=Verdict.EXPLAINED,
        answer=Verdict.HEALTHY,
        found=(Found(cause="host-gone", subject="host/nas", rank=None, right_subject=False),),
        blamed=tuple(
            Blamed(cause="probe-failure", subject=f"page-{n}", score=0.9, true=False, innocent=False)
            for n in range(5)
        ),
        unseen=("loki",),
        missed_symptoms=("HostDown",),
        figures=Figures(confirmed=2, wrong=1, derived=0, uncheckable=0, notes=("wrong: up: cited 1.0",)),
    )
    lines = [line.strip() for line in shown(wrong).splitlines()]
    assert "did not name host-gone on host/nas" in lines
    assert any(line.startswith("not in the truth: probe-failure on page-0") for line in lines)
    assert "probe-failure on page-2 and 2 more" in " ".join(lines)
    assert "expected explained; diagnosed explained, answered healthy" in lines
    assert "not shown as hidden: loki" in lines
    assert "not traced back to its cause: HostDown" in lines
    assert "wrong: up: cited 1.0" in lines
    assert "the command line concludes something else" in lines


def test_a_right_answer_needs_no_words() -> None:
    right = replace(result("calm", top1=(1, 1)), verdict=Verdict.EXPLAINED, answer=Verdict.EXPLAINED)
    lines = shown(right).splitlines()
    assert lines[1].startswith("calm explained")
    assert lines[2] == ""


def test_names_from_files_cannot_drive_the_terminal_or_break_the_table() -> None:
    text = shown(result("evil\x1b[2J\nname " + "x" * 100, seed=4, top1=(1, 1)))
    assert "\x1b" not in text
    assert "evil name xxxxxxxxxxxxxxxxxx… None" in text


def test_a_missed_floor_says_what_was_wanted() -> None:
    missed = (
        Floor(measure="top1", bound=0.8, share=0.5, met=False),
        Floor(measure="false_alarm", bound=0.0, share=0.25, met=False),
        Floor(measure="answered", bound=1.0, share=1.0, met=True),
    )
    text = shown(result("a"), floors=missed)
    assert "floor missed: top1 reached 0.500, at least 0.8 is wanted" in text
    assert "floor missed: false_alarm reached 0.250, at most 0 is wanted" in text
    assert text.endswith("2 of 3 floors missed")
