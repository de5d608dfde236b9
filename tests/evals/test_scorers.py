from __future__ import annotations

from dataclasses import replace

import pytest

from sre_assistant.domain.diagnosis import Cause, Verdict
from sre_assistant.domain.entities import Entity
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Completeness
from sre_assistant.evals.expected import Expected, Guilty, Innocent
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.reply import Reply
from sre_assistant.evals.scorers import failed, found_causes, missed_symptoms, tallied, unseen_hidden
from tests.evals.replies import (
    FILLING,
    GONE,
    MEDIA,
    NAS,
    PVE,
    THE_NAS,
    THE_PVE,
    cause,
    diagnosis,
    expected,
    lookup,
    reply,
    symptom,
)

YES, NO = Tally(1, 1), Tally(0, 1)
RIGHT = cause("filesystem-filling", MEDIA)
OTHERS = [cause(f"wrong-{number}", PVE, 0.8) for number in range(5)]


def scored(truth: Expected, said: Reply, measure: str) -> Tally | None:
    return tallied(truth, said).get(measure)


def said(*causes: Cause) -> Reply:
    """One diagnosis that names these causes, in this order."""
    return reply(diagnosis(*causes))


@pytest.mark.parametrize(("before", "top1", "top3"), [(0, YES, YES), (1, NO, YES), (2, NO, YES), (3, NO, NO)])
def test_a_cause_counts_by_its_place(before: int, top1: Tally, top3: Tally) -> None:
    answer = said(*OTHERS[:before], RIGHT)
    assert scored(expected(FILLING), answer, "top1") == top1
    assert scored(expected(FILLING), answer, "top3") == top3


def test_another_id_that_is_right_too_counts() -> None:
    assert scored(expected(GONE), said(cause("node-down", PVE)), "top1") == YES
    assert scored(expected(GONE), said(cause("node-up", PVE)), "top1") == NO


@pytest.mark.parametrize(
    ("places", "top1", "top3"),
    [((0, 1), YES, YES), ((0, 2), NO, YES), ((0, 3), NO, YES), ((0, 4), NO, NO), ((0, None), NO, NO)],
)
def test_of_two_causes_both_must_be_among_the_first(
    places: tuple[int, int | None], top1: Tally, top3: Tally
) -> None:
    named = list(OTHERS)
    for place, right in zip(places, (RIGHT, cause("host-gone", PVE)), strict=True):
        if place is not None:
            named.insert(place, right)
    truth = expected(FILLING, GONE)
    assert scored(truth, said(*named), "top1") == top1
    assert scored(truth, said(*named), "top3") == top3


def test_one_name_answers_for_one_cause_only() -> None:
    truth = expected(GONE, replace(GONE, thing=THE_NAS))
    first, second = found_causes(truth, [cause("host-gone", PVE), *OTHERS])
    assert (first.rank, first.right_subject) == (1, True)
    assert (second.rank, second.right_subject) == (None, False)


def test_a_cause_is_matched_with_the_name_on_its_own_thing_first() -> None:
    truth = expected(replace(GONE, thing=THE_NAS), GONE)
    found = found_causes(truth, [cause("host-gone", PVE), cause("host-gone", NAS)])
    assert [(one.rank, one.right_subject) for one in found] == [(2, True), (1, True)]


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        (MEDIA, YES),
        (Entity(kind="x", name="…", labels={"a": "nas.lan:9100", "b": "/tank/media"}), YES),
        (Entity(kind="filesystem", name="nas.lan:9100:/"), NO),
        (Entity(kind="filesystem", name="NAS.lan:9100:/tank/media"), NO),
        (NAS, NO),
    ],
)
def test_the_subject_is_right_by_its_name_or_its_joined_labels(subject: Entity, right: Tally) -> None:
    answer = said(cause("filesystem-filling", subject))
    assert scored(expected(FILLING), answer, "top1") == YES
    assert scored(expected(FILLING), answer, "subject") == right


def test_a_right_subject_in_the_fourth_place_comes_too_late() -> None:
    assert scored(expected(FILLING), said(*OTHERS[:3], RIGHT), "subject") == NO


@pytest.mark.parametrize(
    ("innocent", "named", "blamed"),
    [
        (Innocent(thing=THE_NAS, cause="cpu-saturation"), cause("cpu-saturation", NAS), YES),
        (Innocent(thing=THE_NAS, cause="cpu-saturation"), cause("memory-pressure", NAS), NO),
        (Innocent(thing=THE_NAS, cause="cpu-saturation"), cause("cpu-saturation", PVE), NO),
        (Innocent(thing=THE_NAS), cause("memory-pressure", NAS), YES),
        (Innocent(thing=THE_NAS), RIGHT, NO),
    ],
)
def test_the_innocent_are_blamed_when_they_are_named(innocent: Innocent, named: Cause, blamed: Tally) -> None:
    truth = expected(FILLING, innocent=(innocent,))
    assert scored(truth, reply(diagnosis(RIGHT), diagnosis(named)), "innocent_blamed") == blamed


def test_what_was_ruled_out_is_not_blamed() -> None:
    cleared = replace(diagnosis(RIGHT), ruled_out=(cause("cpu-saturation", NAS),))
    truth = expected(FILLING, innocent=(Innocent(thing=THE_NAS),))
    assert scored(truth, reply(cleared), "innocent_blamed") == NO
    assert scored(truth, reply(cleared), "false_blame") == NO


def test_whatever_is_not_in_the_truth_is_a_false_blame() -> None:
    assert scored(expected(FILLING), said(RIGHT, OTHERS[0]), "false_blame") == YES
    assert scored(expected(FILLING), said(RIGHT), "false_blame") == NO
    elsewhere = said(cause("filesystem-filling", NAS))
    assert scored(expected(FILLING), elsewhere, "false_blame") == YES
    assert scored(expected(), said(OTHERS[0]), "false_blame") is None, "that is a false alarm"


@pytest.mark.parametrize(
    ("diagnosed", "answered", "clear"),
    [
        (Verdict.HEALTHY, Verdict.EXPLAINED, YES),
        (Verdict.EXPLAINED, Verdict.HEALTHY, YES),
        (Verdict.UNKNOWN, Verdict.UNKNOWN, NO),
    ],
)
def test_an_all_clear_is_false_when_something_is_wrong(
    diagnosed: Verdict, answered: Verdict, clear: Tally
) -> None:
    answer = reply(diagnosis(verdict=diagnosed), answer=answered)
    assert scored(expected(FILLING), answer, "false_all_clear") == clear


def test_an_all_clear_is_false_when_something_is_hidden_and_right_when_nothing_is() -> None:
    healthy = reply(diagnosis())
    assert scored(expected(hidden=("loki",)), healthy, "false_all_clear") == YES
    assert scored(expected(), healthy, "false_all_clear") is None


def test_any_blame_in_a_healthy_house_is_a_false_alarm() -> None:
    assert scored(expected(), said(OTHERS[0]), "false_alarm") == YES
    assert scored(expected(), reply(diagnosis(), answer=Verdict.EXPLAINED), "false_alarm") == YES
    assert scored(expected(), reply(diagnosis()), "false_alarm") == NO
    assert scored(expected(), reply(diagnosis(verdict=Verdict.UNKNOWN)), "false_alarm") == NO
    assert scored(expected(FILLING), said(OTHERS[0]), "false_alarm") is None


def test_what_is_over_may_be_named_in_a_house_that_is_healthy_again() -> None:
    over = replace(expected(FILLING), verdict=Verdict.HEALTHY)
    assert scored(over, said(RIGHT), "false_alarm") == NO
    assert scored(over, said(OTHERS[0]), "false_alarm") == YES
    assert scored(over, reply(diagnosis()), "top1") is None, "nobody has to look for it"


@pytest.mark.parametrize(
    ("diagnosed", "answered", "right"),
    [
        (Verdict.UNKNOWN, Verdict.UNKNOWN, YES),
        (Verdict.UNKNOWN, Verdict.HEALTHY, NO),
        (Verdict.HEALTHY, Verdict.UNKNOWN, NO),
    ],
)
def test_both_questions_must_give_the_verdict(diagnosed: Verdict, answered: Verdict, right: Tally) -> None:
    truth = replace(expected(), verdict=Verdict.UNKNOWN)
    assert scored(truth, reply(diagnosis(verdict=diagnosed), answer=answered), "verdict") == right


@pytest.mark.parametrize(
    ("entry", "line", "shown"),
    [
        ("loki", lookup("loki", Completeness.UNREACHABLE), True),
        ("loki", lookup("loki", Completeness.PARTIAL), True),
        ("loki", lookup("loki", Completeness.COMPLETE), False),
        ("loki", lookup("loki", Completeness.EMPTY), False),
        ("loki", lookup("prometheus", Completeness.UNREACHABLE, query='up{job="loki"}'), False),
        ("nas", lookup("truenas", Completeness.DENIED), False),
        ("smartctl on nas", lookup("prometheus", Completeness.EMPTY, "smartctl", 'x{i="nas.lan"}'), True),
        ("smartctl on nas", lookup("prometheus", Completeness.COMPLETE, "smartctl", 'x{i="nas"}'), False),
        ("smartctl on nas", lookup("prometheus", Completeness.EMPTY, "smartctl", 'x{i="pve1"}'), False),
    ],
)
def test_what_is_hidden_must_stand_in_the_coverage(entry: str, line: Lookup, *, shown: bool) -> None:
    truth = expected(hidden=(entry,))
    assert unseen_hidden(truth, (line,)) == (() if shown else (entry,))
    assert scored(truth, reply(diagnosis(), coverage=(line,)), "coverage") == (YES if shown else NO)


def test_a_symptom_is_attributed_by_its_own_diagnosis() -> None:
    truth = expected(FILLING)
    assert missed_symptoms(truth, [diagnosis(RIGHT, alert="DiskWillFillSoon")]) == ()
    second = diagnosis(OTHERS[0], RIGHT, alert="DiskWillFillSoon")
    assert missed_symptoms(truth, [second]) == ("DiskWillFillSoon",)
    assert scored(truth, reply(second), "symptoms") == Tally(0, 1)


def test_a_symptom_may_be_listed_below_the_cause_of_another_alert() -> None:
    truth = expected(FILLING)
    listed = (symptom("DiskWillFillSoon is firing too", "filesystem-filling"),)
    assert missed_symptoms(truth, [diagnosis(RIGHT, alert="Other", symptoms=listed)]) == ()
    other = (symptom("DiskWillFillSoonest is firing too", "filesystem-filling"),)
    assert missed_symptoms(truth, [diagnosis(RIGHT, alert="Other", symptoms=other)]) != ()
    unexplained = (symptom("DiskWillFillSoon is firing too", ""),)
    assert missed_symptoms(truth, [diagnosis(RIGHT, alert="Other", symptoms=unexplained)]) != ()


def test_without_an_answer_what_is_good_is_missing_and_nothing_false_was_said() -> None:
    truth = expected(FILLING, innocent=(Innocent(thing=THE_PVE),), hidden=("loki",))
    assert failed(truth) == {
        "answered": NO,
        "verdict": NO,
        "top1": NO,
        "top3": NO,
        "subject": NO,
        "coverage": NO,
        "symptoms": Tally(0, 1),
    }
    assert set(failed(expected())) == {"answered", "verdict"}


def test_a_truth_without_symptoms_says_nothing_about_them() -> None:
    silent = Guilty(causes=FILLING.causes, thing=FILLING.thing)
    assert scored(expected(silent), said(RIGHT), "symptoms") is None
