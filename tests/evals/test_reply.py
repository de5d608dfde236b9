from __future__ import annotations

import pytest

from sre_assistant.domain.diagnosis import Diagnosis, Verdict
from sre_assistant.evals.reply import conclusions
from tests.evals.replies import MEDIA, NAS, PVE, cause, diagnosis, reply

UNKNOWN = diagnosis(verdict=Verdict.UNKNOWN)
HEALTHY = diagnosis()
EXPLAINED = diagnosis(cause("host-gone", PVE))


@pytest.mark.parametrize(
    ("diagnoses", "verdict"),
    [
        ((HEALTHY, HEALTHY), Verdict.HEALTHY),
        ((HEALTHY, UNKNOWN), Verdict.UNKNOWN),
        ((UNKNOWN, EXPLAINED, HEALTHY), Verdict.EXPLAINED),
        ((), Verdict.UNKNOWN),
    ],
)
def test_the_verdict_is_healthy_only_if_every_diagnosis_says_so(
    diagnoses: tuple[Diagnosis, ...], verdict: Verdict
) -> None:
    assert reply(*diagnoses).verdict is verdict


def test_the_first_of_each_diagnosis_come_before_all_seconds() -> None:
    said = reply(
        diagnosis(cause("cpu-saturation", NAS, 0.7), cause("host-gone", PVE, 0.95)),
        diagnosis(cause("filesystem-filling", MEDIA, 0.9)),
    )
    assert [one.id for one in said.blamed] == ["filesystem-filling", "cpu-saturation", "host-gone"]


def test_what_many_alerts_point_at_is_named_once_and_ranks_no_higher() -> None:
    loud = [diagnosis(cause("cpu-saturation", NAS, 0.7)) for _ in range(5)]
    said = reply(*loud, diagnosis(cause("filesystem-filling", MEDIA, 0.8)))
    assert [one.id for one in said.blamed] == ["filesystem-filling", "cpu-saturation"]


def test_conclusions_do_not_depend_on_the_order_and_see_every_difference() -> None:
    one, other = diagnosis(cause("host-gone", PVE), alert="A"), diagnosis(alert="B")
    assert conclusions([one, other]) == conclusions([other, one])
    assert conclusions([one]) != conclusions([diagnosis(cause("host-gone", NAS), alert="A")])
    assert conclusions([other]) != conclusions([diagnosis(alert="B", verdict=Verdict.UNKNOWN)])
