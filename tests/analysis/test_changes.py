"""Change points: found where there is one, and nowhere else."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.analysis.changes import level_shift, slope_shift
from sre_assistant.analysis.robust import spread


def noise(count: int, seed: int = 1, size: float = 1.0) -> list[float]:
    rng = Random(seed)
    return [rng.gauss(0.0, size) for _ in range(count)]


def test_a_step_is_found_where_it_is() -> None:
    shift = level_shift([v + (20.0 if i >= 60 else 0.0) for i, v in enumerate(noise(90))])
    assert shift is not None
    assert shift.index == 60
    assert (round(shift.before), round(shift.after)) == (0, 20)


def test_noise_has_no_step() -> None:
    assert [seed for seed in range(50) if level_shift(noise(90, seed))] == []


def test_a_lone_spike_is_no_step() -> None:
    values = noise(90)
    values[40] = 1000.0
    assert level_shift(values) is None


def test_a_spike_before_the_step_does_not_date_it() -> None:
    values = [v + (20.0 if i >= 60 else 0.0) for i, v in enumerate(noise(90))]
    values[10] = 1000.0
    shift = level_shift(values)
    assert shift is not None
    assert shift.index == 60


def test_a_bend_is_found_where_the_growth_begins() -> None:
    values = [max(0, i - 50) * 5.0 + v for i, v in enumerate(noise(90, size=0.2))]
    shift = slope_shift(values)
    assert shift is not None
    assert abs(shift.index - 50) <= 2


def test_a_constant_that_moves_a_hair_has_no_step() -> None:
    assert level_shift([100.0] * 50 + [100.4] * 50) is None


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0] * 3])
def test_too_few_points_say_nothing(values: list[float]) -> None:
    assert level_shift(values) is None


finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@given(st.lists(finite, min_size=8, max_size=60))
def test_a_shift_lies_within_the_series(values: list[float]) -> None:
    shift = level_shift(values)
    if shift is not None:
        assert 0 <= shift.index < len(values)
        assert 0.0 <= shift.chance <= 0.01


@given(st.lists(finite, min_size=1, max_size=60), st.floats(min_value=0.001, max_value=1000.0))
def test_the_spread_scales_with_the_values(values: list[float], factor: float) -> None:
    scaled = spread([v * factor for v in values])
    assert math.isclose(scaled, spread(values) * factor, rel_tol=1e-6, abs_tol=1e-3)


def test_one_outlier_does_not_move_the_spread() -> None:
    usual = noise(101)
    assert math.isclose(spread([*usual, 1e9]), spread(usual), rel_tol=0.1)
