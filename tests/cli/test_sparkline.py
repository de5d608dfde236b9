from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.cli.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7, 0, 7], "█▁█"),
        ([5, 5, 5], "▁▁▁"),
        ([0, None, 8], "▁ █"),
        ([None, None], ""),
        ([], ""),
        ([math.nan, 1, math.inf], " ▁ "),
        ([-1e308, 1e308], "▁█"),
        ([1], "▁"),
    ],
)
def test_values_become_blocks_between_their_lowest_and_highest(
    values: list[float | None], drawn: str
) -> None:
    assert sparkline(values) == drawn


def test_a_short_spike_stays_visible_when_many_values_share_a_block() -> None:
    values = [0.0] * 1000
    values[503] = 9.0
    assert sparkline(values, width=20).count("█") == 1


@given(
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=200),
    st.integers(min_value=-1, max_value=50),
)
def test_any_values_fit_into_the_width(values: list[float | None], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) <= max(width, 0)
    assert set(drawn) <= set(" ▁▂▃▄▅▆▇█")
