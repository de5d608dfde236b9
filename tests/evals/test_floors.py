from __future__ import annotations

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.evals.floors import DEFAULTS, checked_floors, parse_floors
from sre_assistant.evals.measures import shares
from tests.evals.replies import result

REACHED = shares([result(top1=(4, 5), false_alarm=(1, 5), answered=(5, 5)).scores])


def met(measure: str, bound: float) -> bool:
    (floor,) = checked_floors({measure: bound}, REACHED, [measure])
    return floor.met


def test_high_measures_have_a_least_and_low_ones_a_most() -> None:
    assert met("top1", 0.8)
    assert not met("top1", 0.81)
    assert met("false_alarm", 0.2)
    assert not met("false_alarm", 0.19)


def test_a_floor_that_was_asked_for_is_missed_by_what_nobody_measured() -> None:
    assert not met("coverage", 0.5)
    assert checked_floors({"coverage": 0.5}, REACHED, []) == ()


def test_shares_are_written_plain_or_in_percent_and_come_over_the_usual_ones() -> None:
    assert parse_floors(["top1=0.8", "false_alarm=5%"]) == {**DEFAULTS, "top1": 0.8, "false_alarm": 0.05}
    assert parse_floors(["answered=0.9"])["answered"] == 0.9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("topp1=0.8", "Did you mean top1"),
        ("top1", "write one like top1=0.8"),
        ("top1=high", "write one like top1=0.8"),
        ("top1=80", "between 0 and 1"),
        ("top1=nan", "between 0 and 1"),
    ],
)
def test_what_is_no_floor_is_refused(text: str, told: str) -> None:
    with pytest.raises(CallError, match=told):
        parse_floors([text])
