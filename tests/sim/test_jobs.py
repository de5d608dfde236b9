from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.sim.house import standard_house
from sre_assistant.sim.signals import DAY, WEEK, Scheduled
from sre_assistant.sim.things.jobs import schedule
from sre_assistant.sim.world import World

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)  # a Sunday


def world() -> World:
    made = World(standard_house(), START, seed=1)
    made.settle()
    return made


@pytest.mark.parametrize(
    ("text", "period", "phase"),
    [("hourly", 3600, 0), ("daily 03:00", DAY, 10800), ("sun 05:30", WEEK, 6 * DAY + 19800)],
)
def test_schedules_are_read(text: str, period: float, phase: float) -> None:
    assert schedule(text) == (period, phase)


@pytest.mark.parametrize("text", ["", "weekly", "daily", "daily 25:00", "son 05:30", "daily 3:00"])
def test_what_is_no_schedule_is_an_error_that_shows_some(text: str) -> None:
    with pytest.raises(ValueError, match="no schedule like hourly"):
        schedule(text)


def test_every_running_guest_is_saved_every_night_one_after_the_other_on_its_node() -> None:
    made = world()
    house = made.house
    runs = made.runs(made.begin, made.begin + DAY, "backup")
    expected = {f"guest/{name}" for name, one in house.guests.items() if one.running and not one.template}
    assert {run.subject for run in runs} == expected
    for node in house.hypervisors:
        mine = [run for run in runs if run.host == node]
        assert all(a.end <= b.start for a, b in pairwise(mine))
    first = min(run.start for run in runs)
    assert datetime.fromtimestamp(made.epoch.timestamp() + first, UTC).strftime("%H:%M") == "03:00"


def test_a_backup_leaves_its_footprint_on_both_ends() -> None:
    made = world()
    run = made.runs(made.begin, made.begin + DAY, "backup")[0]
    during, before = np.array([run.start + 60.0]), np.array([run.start - 1800.0])
    node, store = made.hosts[run.host], made.hosts["pbs"]
    pace = made.house.jobs["backup-nightly"].pace
    assert node.disks["nvme0n1"].reads.value(during) - node.disks["nvme0n1"].reads.value(before) > pace * 0.9
    assert store.receive.value(during) - store.receive.value(before) > pace * 0.3
    assert store.disks["sdb"].writes.value(during) > pace * 0.3


def test_a_job_told_to_fail_for_one_guest_fails_for_it_alone() -> None:
    made = World(standard_house(), START, seed=1)
    made.tell("job/backup-nightly", "failing", made.begin, 1e12, detail="got timeout", part="guest/frigate")
    made.settle()
    runs = made.runs(made.begin, made.begin + 2 * DAY, "backup")
    assert {run.subject for run in runs if run.error} == {"guest/frigate"}
    job = made.jobs["backup-nightly"]
    moment = made.begin + 1.5 * DAY
    last, good = job.last("guest/frigate", moment), job.last("guest/frigate", moment, good=True)
    assert last is not None
    assert good is not None
    assert last.error == "got timeout"
    assert last.start - good.start == 2 * DAY, "both nights since the story began failed"


def test_a_disabled_job_leaves_no_runs_and_no_errors() -> None:
    made = World(standard_house(), START, seed=1)
    made.tell("job/backup-nightly", "disabled", made.begin, 1e12)
    made.settle()
    assert made.runs(made.begin, made.begin + 3 * DAY, "backup") == []
    assert made.runs(made.begin - DAY, made.begin, "backup") != []


@given(st.floats(1, 1e6), st.floats(60, DAY), st.floats(0, DAY), st.floats(0.01, 1), st.floats(0, 30 * DAY))
def test_a_schedule_integrates_to_what_it_rates(
    rate: float, period: float, phase: float, share: float, start: float
) -> None:
    signal = Scheduled(rate, period, phase % period, period * share)
    fine = np.linspace(start, start + 2 * period, 4001)
    by_hand = float(np.trapezoid(signal.value(fine), fine))
    by_formula = float(np.diff(signal.total(np.array([start, start + 2 * period])))[0])
    assert by_formula == pytest.approx(2 * rate * period * share, rel=1e-6)
    assert by_hand == pytest.approx(by_formula, rel=0.02, abs=rate * period / 500)


def test_nothing_runs_on_a_machine_that_is_off() -> None:
    made = World(standard_house(), START, seed=1)
    made.tell("host/pve2", "off", made.begin, made.begin + DAY)
    made.settle()
    runs = made.runs(made.begin, made.begin + DAY, "backup")
    assert {run.host for run in runs} == {"pve1", "pve3"}
    assert {run.host for run in made.runs(made.begin + DAY, made.begin + 2 * DAY, "backup")} >= {"pve2"}
