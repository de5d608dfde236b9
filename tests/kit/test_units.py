from __future__ import annotations

import math
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.units import format_span, format_value, parse_duration, parse_size

GIB = 2**30
UNITS = ["bytes", "bytes/s", "ratio", "seconds", "count", "1/s", "celsius", "events", "code", "", "W"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.9 * 1024 * GIB, "bytes", "1.9 TiB"),
        (15.9 * GIB, "bytes", "15.9 GiB"),
        (1023.94 * GIB, "bytes", "1,023.9 GiB"),
        (1023.99 * GIB, "bytes", "1.0 TiB"),
        (1023.96, "bytes", "1.0 KiB"),
        (0, "bytes", "0 B"),
        (512, "bytes", "512 B"),
        (-5e9, "bytes", "-4.7 GiB"),
        (2**80 * 1500, "bytes", "1,500.0 YiB"),
        (0.5, "bytes/s", "0.5 B/s"),
        (3.2 * 2**20, "bytes/s", "3.2 MiB/s"),
        (0.91, "ratio", "91 %"),
        (0.0949, "ratio", "9.5 %"),
        (0.0996, "ratio", "10 %"),
        (0.0042, "ratio", "0.42 %"),
        (0, "ratio", "0 %"),
        (0.997, "ratio", "99.7 %"),
        (0.9996, "ratio", "99.96 %"),
        (1, "ratio", "100 %"),
        (2.5, "ratio", "250 %"),
        (-0.05, "ratio", "-5.0 %"),
        (11_520, "seconds", "3 h 12 min"),
        (10_800, "seconds", "3 h"),
        (59.7, "seconds", "1 min"),
        (3_599.6, "seconds", "1 h"),
        (86_399.9, "seconds", "1 d"),
        (75, "seconds", "1 min 15 s"),
        (4.25, "seconds", "4.2 s"),
        (5, "seconds", "5 s"),
        (0.0123, "seconds", "12.3 ms"),
        (0.00034, "seconds", "340 µs"),
        (0, "seconds", "0 s"),
        (412 * 86_400 + 7 * 3600, "seconds", "412 d 7 h"),
        (12_345, "count", "12,345"),
        (3.14159, "count", "3.14"),
        (1e18, "count", "1e+18"),
        (-3, "count", "-3"),
        (0.00421, "1/s", "0.00421/s"),
        (12.34, "1/s", "12.3/s"),
        (41.52, "celsius", "41.5 °C"),
        (-0.0, "celsius", "0.0 °C"),
        (-0.04, "celsius", "0.0 °C"),
        (0.3, "events", "1"),
        (2.7, "events", "3"),
        (0, "events", "0"),
        (404, "code", "404"),
        (7, "W", "7 W"),
        (7, "", "7"),
        (math.nan, "bytes", "NaN"),
        (math.inf, "ratio", "+Inf"),
        (-math.inf, "seconds", "-Inf"),
    ],
)
def test_values_read_as_people_write_them(value: float, unit: str, expected: str) -> None:
    assert format_value(value, unit) == expected


@given(st.floats(), st.sampled_from(UNITS))
def test_every_value_has_a_text(value: float, unit: str) -> None:
    assert 0 < len(format_value(value, unit)) < 40


@given(st.floats(0, 1e15))
def test_a_size_says_what_it_is_to_one_decimal(value: float) -> None:
    number, unit = format_value(value, "bytes").replace(",", "").split()
    power = ["B", "KiB", "MiB", "GiB", "TiB"].index(unit)
    assert abs(float(number) - value / 1024**power) <= 0.0501
    assert float(number) < 1024


@given(st.floats(1, 1e9))
def test_a_span_is_right_to_its_smaller_unit(value: float) -> None:
    sizes = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
    parts = re.findall(r"([\d.,]+) (s|min|h|d)", format_value(value, "seconds"))
    total = sum(float(number.replace(",", "")) * sizes[unit] for number, unit in parts)
    finer = {"s": 0.5, "min": 0.5, "h": 30.0, "d": 1800.0}[parts[0][1]]
    assert abs(total - value) <= finer + 1e-6


@given(st.floats(0, 10, exclude_max=True))
def test_a_share_short_of_the_whole_is_said_to_the_right_precision(value: float) -> None:
    number = float(format_value(value, "ratio").removesuffix(" %").replace(",", ""))
    assert abs(number - value * 100) <= 0.5001


@given(st.floats(0.5, 0.9999))
def test_what_is_not_full_never_reads_as_full(value: float) -> None:
    assert format_value(value, "ratio") != "100 %"


def test_spans_are_formatted_as_seconds() -> None:
    assert format_span(timedelta(hours=2, minutes=5)) == "2 h 5 min"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("1h", 3600),
        ("2d12h", 216_000),
        ("1w", 604_800),
        ("500ms", 0.5),
        ("1.5h", 5400),
        (" 2 d 12 h ", 216_000),
        ("0s", 0),
        ("1y", 31_536_000),
    ],
)
def test_durations_are_understood(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1h1h", "-1h", "1 hour", "1h;", "٣h", "1e3s", "9999y", "1h" * 50]
)
def test_what_is_no_duration_is_named(text: str) -> None:
    with pytest.raises(CallError, match="duration"):
        parse_duration(text)


@given(st.integers(0, 10**6), st.sampled_from(["s", "m", "h"]))
def test_a_duration_means_its_number_of_units(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") == timedelta(seconds=number * {"s": 1, "m": 60, "h": 3600}[unit])


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("512B", 512),
        ("10 MB", 10**7),
        ("10MiB", 10 * 2**20),
        ("10Gi", 10 * GIB),
        ("1.5 TiB", int(1.5 * 1024 * GIB)),
        ("2k", 2000),
        ("0", 0),
    ],
)
def test_sizes_are_understood(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 i", "1iB", "1 ZB", "1 MB/s", "0x10", "1,5 GB"])
def test_what_is_no_size_is_named(text: str) -> None:
    with pytest.raises(CallError, match="is no size"):
        parse_size(text)
