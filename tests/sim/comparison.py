"""Answers of a real server beside the simulation's, equal to nine digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from sre_assistant.sim.arrays import Samples
from sre_assistant.sim.metrics.series import Labels

_NOTHING = 1e-15  # where rounding leaves exactly nothing in one order of summing, another leaves a trace


def theirs(body: dict[str, Any]) -> dict[Labels, tuple[list[int], list[float]]]:
    """The series of an answer."""
    found = {}
    rows = result(body)
    if body["data"]["resultType"] in {"scalar", "string"}:
        rows = [{"metric": {}, "value": rows}]
    for row in rows:
        pairs = row["values"] if "values" in row else [row["value"]]
        times = [round(float(moment) * 1000) for moment, _ in pairs]
        found[tuple(sorted(row["metric"].items()))] = (times, [float(value) for _, value in pairs])
    return found


def result(body: dict[str, Any]) -> list[Any]:
    """The rows of an answer."""
    found: list[Any] = body["data"]["result"]
    return found


def compare(expected: dict[Labels, tuple[list[int], list[float]]], actual: dict[Labels, Samples]) -> None:
    """Same series, same moments, same values."""
    assert set(actual) == set(expected)
    for labels, (times, values) in expected.items():
        assert actual[labels].times.tolist() == times, labels
        found = np.array(values)
        size = np.abs(found[np.isfinite(found)]).max(
            initial=0.0
        )  # a slope of 1e-20 beside slopes of 1 is zero
        ours = actual[labels].values
        ours = np.where((found == 0) & (np.abs(ours) < _NOTHING), 0.0, ours)
        np.testing.assert_allclose(ours, found, rtol=1e-9, atol=1e-13 * size, err_msg=str(labels))
