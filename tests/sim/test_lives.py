from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.sim.causality.spells import FOREVER, Spell
from sre_assistant.sim.things.lives import Lives, docker_wait, kubelet_wait, without

DAY = 86400.0


def lives(*troubles: Spell, ups: tuple[tuple[float, float], ...] = ((0.0, FOREVER),)) -> Lives:
    return Lives(ups, troubles, 6.0, docker_wait)


def test_without_trouble_there_is_one_life() -> None:
    one = lives()
    assert [(life.start, life.end) for life in one.upto(400 * DAY)] == [(0.0, FOREVER)]
    assert one.alive(np.array([-1.0, 0.0, 5.0])).tolist() == [0.0, 1.0, 1.0]


def test_a_stop_ends_a_life_and_the_end_of_the_stop_begins_another() -> None:
    one = lives(Spell(100.0, 160.0, "stopped"))
    assert [(life.start, life.end, life.code, life.again) for life in one.upto(DAY)] == [
        (0.0, 100.0, 0, False),
        (160.0, FOREVER, 0, False),
    ]
    assert one.running(130.0) is None


def test_a_crash_loop_waits_twice_as_long_each_time_up_to_a_minute() -> None:
    one = lives(Spell(100.0, 2000.0, "crashing", level=3.0))
    known = one.upto(1999.0)
    waits = np.round([b.start - a.end for a, b in pairwise(known)], 6).tolist()
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 60.0
    assert {life.code for life in known} == {3}
    assert all(life.again for life in known[1:])
    last = one.upto(5000.0)[-1]
    assert (last.start, last.end) == (2000.0, FOREVER)


def test_a_leak_is_killed_at_its_pace_and_counts_as_killed() -> None:
    one = lives(Spell(0.0, FOREVER, "oom", level=600.0))
    ended = [life for life in one.upto(3000.0) if life.end <= 3000.0]
    assert [round(b.start - a.end, 6) for a, b in pairwise(ended)] == [0.1] * (len(ended) - 1)
    assert [life.killed for life in ended] == [True] * len(ended)
    assert len(ended) == pytest.approx(3000 / 600, abs=1)
    assert one.count(np.array([3000.0]), lambda life: life.again)[0] >= 4


def test_a_leak_takes_its_time_from_the_run_that_is_under_way() -> None:
    one = lives(Spell(5000.0, FOREVER, "oom", level=600.0))
    first, second = one.upto(6000.0)
    assert (first.start, first.end, first.leaks) == (0.0, 5600.0, 5000.0)
    assert second.leaks == second.start


def test_the_kubelet_is_more_patient_than_docker() -> None:
    assert [kubelet_wait(n) for n in (1, 2, 3, 9)] == [10.0, 20.0, 40.0, 300.0]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5000), st.floats(1, 900), st.sampled_from(["stopped", "crashing", "oom", "off"])
        ),
        max_size=6,
    ),
    st.lists(st.floats(0, 9000), min_size=1, max_size=20),
)
def test_lives_never_overlap_and_do_not_depend_on_when_one_looks(
    troubles: list[tuple[float, float, str]], looks: list[float]
) -> None:
    spells = [Spell(start, start + size, mode, level=50.0) for start, size, mode in troubles]
    early, late = lives(*spells), lives(*spells)
    for look in looks:
        early.upto(look)
    late.upto(9000.0)
    known = early.upto(9000.0)
    assert known == late.upto(9000.0)
    assert all(a.end <= b.start for a, b in pairwise(known))
    assert all(life.start < life.end for life in known)


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 30)), max_size=5),
    st.floats(0, 150),
)
def test_what_is_left_of_a_stretch_is_exactly_what_was_not_taken(
    outs: list[tuple[float, float]], moment: float
) -> None:
    taken = sorted((start, start + size) for start, size in outs)
    merged: list[tuple[float, float]] = []
    for start, end in taken:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    left = without([(0.0, 150.0)], merged)
    inside = any(a <= moment < b for a, b in merged)
    assert any(a <= moment < b for a, b in left) == (not inside and moment < 150.0)
