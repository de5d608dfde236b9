from __future__ import annotations

import math

import pytest

from sre_assistant.sim.alerting.templates import (
    Template,
    humanize,
    humanize1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
)

LABELS = {"instance": "nas.lan:9100", "mountpoint": "/tank/media"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no action", "no action"),
        ("{{ $labels.instance }}:{{$labels.mountpoint}}", "nas.lan:9100:/tank/media"),
        ("{{ .Labels.instance }} {{ .Value }}", "nas.lan:9100 0.125"),
        ("{{ $labels.missing }}!", "!"),
        ("{{ $value }}", "0.125"),
        ("{{ $value | humanizePercentage }}", "12.5%"),
        ("{{ humanizePercentage $value }}", "12.5%"),
        ('{{ $value | printf "%.1f" }} left', "0.1 left"),
        ('{{ printf "%.3f" $value }}', "0.125"),
        ("{{- $labels.instance | toUpper -}}", "NAS.LAN:9100"),
    ],
)
def test_actions_are_expanded(text: str, expected: str) -> None:
    assert Template(text).expanded(LABELS, 0.125) == expected


@pytest.mark.parametrize(
    "text", ["{{ .Nope }}", "{{ $value | shout }}", "{{ range $labels }}", "{{ query `up` }}"]
)
def test_what_is_not_known_is_refused_when_the_template_is_made(text: str) -> None:
    with pytest.raises(ValueError, match="not supported in a template"):
        Template(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (1234567.0, "1.235M"),
        (0.12345, "123.5m"),
        (-45678.0, "-45.68k"),
        (math.inf, "+Inf"),
    ],
)
def test_metric_prefixes(value: float, expected: str) -> None:
    assert humanize(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, "0.5"), (1024.0, "1ki"), (41 * 2**30, "41Gi"), (-2.5 * 2**40, "-2.5Ti"), (math.nan, "NaN")],
)
def test_binary_prefixes(value: float, expected: str) -> None:
    assert humanize1024(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0s"),
        (1.0, "1s"),
        (12.3456, "12.35s"),
        (62.0, "1m 2s"),
        (3600.0, "1h 0m 0s"),
        (90061.0, "1d 1h 1m 1s"),
        (-61.0, "-1m 1s"),
        (0.0123, "12.3ms"),
    ],
)
def test_durations(value: float, expected: str) -> None:
    assert humanize_duration(value) == expected


def test_percentages_and_moments() -> None:
    assert humanize_percentage(0.98765) == "98.77%"
    assert humanize_timestamp(1435065584.128) == "2015-06-23 13:19:44.128 +0000 UTC"
    assert humanize_timestamp(math.nan) == "NaN"
