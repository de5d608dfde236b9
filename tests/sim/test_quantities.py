from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.sim.quantities import Pace, Rate, Share, Size, Span, read, time_of_day


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Size, "203GiB", 203 * 2**30),
        (Size, "1.5 TiB", 1.5 * 2**40),
        (Rate, "40GiB/h", 40 * 2**30 / 3600),
        (Rate, "3MiB/s", 3 * 2**20),
        (Pace, "9000/m", 150),
        (Share, "90%", 0.9),
        (Share, 0.25, 0.25),
        (Span, "1h30m", 5400),
        (Span, "250ms", 0.25),
    ],
)
def test_quantities_read_as_people_write_them(kind: type[float], text: object, expected: float) -> None:
    assert read(kind, text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Size, "203GB", "no size like"),
        (Size, 5, "no size like"),
        (Rate, "40GiB", "not a rate like"),
        (Rate, "fast/h", "not a rate like"),
        (Pace, "many/m", "not a pace like"),
        (Share, "120%", "not between 0 and 1"),
        (Share, "half", "no share like"),
        (Span, "10 minutes", "no duration like"),
        (Span, "", "no duration like"),
    ],
)
def test_what_is_no_quantity_is_refused_with_an_example(kind: type[float], text: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(kind, text)


def test_times_of_day() -> None:
    assert time_of_day("02:30") == timedelta(hours=2, minutes=30)
    assert time_of_day("23:59:59") == timedelta(days=1, seconds=-1)
    assert time_of_day("24:00") is None
