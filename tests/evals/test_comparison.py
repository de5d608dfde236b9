from __future__ import annotations

from sre_assistant.evals.comparison import Change, Comparison, compared
from sre_assistant.evals.results import Result
from tests.evals.replies import NOW, result


def beside(now: list[Result], former: list[Result]) -> Comparison:
    return compared(now, former, began_at=NOW, version="1.0")


def test_a_change_is_better_or_worse_by_what_is_good_in_its_measure() -> None:
    found = beside(
        [result("a", top1=(1, 1), false_blame=(1, 1)), result("b", evidence=(3, 4))],
        [result("a", top1=(0, 1), false_blame=(0, 1)), result("b", evidence=(4, 4))],
    )
    assert found.better == (Change(scenario="a", seed=1, measure="top1", before=0.0, now=1.0),)
    assert [(one.scenario, one.measure) for one in found.worse] == [("a", "false_blame"), ("b", "evidence")]


def test_what_only_one_run_has_is_new_or_gone_and_no_change() -> None:
    found = beside(
        [result("a", top1=(1, 1)), result("b", seed=2, top1=(1, 1))], [result("b", seed=1, top1=(0, 1))]
    )
    assert found.new == ("a (seed 1)", "b (seed 2)")
    assert found.gone == ("b (seed 1)",)
    assert (found.better, found.worse, found.shifts) == ((), (), ())


def test_a_measure_that_one_of_them_could_not_tell_is_no_change() -> None:
    found = beside([result("a", false_blame=(1, 1))], [result("a", answered=(0, 1))])
    assert (found.better, found.worse) == ((), ())


def test_shifts_count_the_scenarios_that_both_have() -> None:
    found = beside(
        [result("a", top1=(1, 1)), result("b", top1=(1, 1)), result("c", top1=(0, 1))],
        [result("a", top1=(0, 1)), result("b", top1=(1, 1))],
    )
    (shift,) = found.shifts
    assert (shift.measure, shift.of, shift.before, shift.now) == ("top1", 2, 0.5, 1.0)
