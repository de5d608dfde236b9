from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.sim.signals import (
    NOTHING,
    WEEK,
    Constant,
    During,
    Noise,
    Scaled,
    Signal,
    Sum,
    Wander,
    Weekly,
    seeded,
    uneven,
)

RAMP = Weekly(np.concatenate((np.linspace(1, 3, 1008), np.linspace(3, 1, 1008))))
SIGNALS: dict[str, Signal] = {
    "constant": Constant(3.0),
    "weekly": RAMP,
    "noise": Noise(7, 60.0, 2.0),
    "sum": Sum((Constant(2.0), RAMP)),
    "scaled": Scaled(RAMP, -0.5),
    "during": During(RAMP, 5_000.0, 9_000.0, Constant(40.0)),
    "uneven": uneven(RAMP, 3, 1.0),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_the_total_is_the_integral_of_the_value(name: str) -> None:
    signal = SIGNALS[name]
    edges = np.linspace(0, 20_000, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    summed = np.concatenate(([0.0], np.cumsum(signal.value(middles))))
    grown = signal.total(edges) - signal.total(edges[:1])
    np.testing.assert_allclose(grown, summed, rtol=1e-6, atol=1e-3)


@given(st.lists(st.floats(0, 3e7), min_size=1, max_size=30))
def test_a_value_depends_on_its_moment_alone(moments: list[float]) -> None:
    t = np.array(sorted(moments))
    for signal in SIGNALS.values():
        alone = np.concatenate([signal.total(t[i : i + 1]) for i in range(len(t))])
        assert signal.total(t).tobytes() == alone.tobytes()


def test_noise_no_higher_than_its_rate_leaves_a_total_that_only_grows() -> None:
    steady = Sum((Constant(1.0), Noise(11, 60.0, 0.5), Noise(12, 900.0, 0.5)))
    assert (np.diff(steady.total(np.arange(0, 400_000, 7.0))) >= 0).all()


def test_a_week_repeats() -> None:
    t = np.linspace(0, WEEK, 999)
    np.testing.assert_allclose(RAMP.value(t), RAMP.value(t + 5 * WEEK), rtol=1e-9)


def test_a_wandering_level_stays_within_its_height() -> None:
    assert np.abs(Wander(5, 600.0, 10.0).value(np.arange(0, 1e6, 13.0))).max() <= 10.0


def test_nothing_happens_before_an_interval_and_nothing_more_after_it() -> None:
    filling = During(NOTHING, 100.0, 200.0, Constant(5.0))
    assert filling.total(np.array([0.0, 100.0, 150.0, 200.0, 1e6])).tolist() == [0, 0, 250, 500, 500]


def test_seeds_differ_by_name_and_stay_the_same() -> None:
    assert seeded(1, "host", "nas") == seeded(1, "host", "nas")
    assert len({seeded(1, "host", "nas"), seeded(2, "host", "nas"), seeded(1, "hostnas")}) == 3
