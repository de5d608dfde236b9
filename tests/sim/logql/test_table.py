"""Every expression of the table gives its answer."""

from __future__ import annotations

import pytest

from sre_assistant.sim.logql import Engine
from sre_assistant.sim.metrics.series import Labels
from tests.sim.logql.cases import Logs, Matrix, Vector
from tests.sim.logql.lines import BASE, SECOND, store
from tests.sim.logql.log_table import LOG_CASES
from tests.sim.logql.metric_table import MATRICES, VECTOR_CASES

STORE = store()
ENGINE = Engine()


def written(labels: Labels) -> str:
    return " ".join(f"{name}={value}" for name, value in labels)


def approximately(values: dict[str, float]) -> object:
    return pytest.approx(values, rel=1e-12, nan_ok=True)


def test_the_table_is_large_enough_to_trust() -> None:
    queries = {case.query for case in (*LOG_CASES, *VECTOR_CASES, *MATRICES)}
    assert len(queries) > 200


@pytest.mark.parametrize("case", LOG_CASES, ids=lambda case: case.query)
def test_a_log_query_finds_these_lines(case: Logs) -> None:
    start, end = BASE * SECOND, (BASE + 70) * SECOND
    found = ENGINE.logs(STORE, case.query, start, end, forward=True).lines
    assert tuple(line.at // SECOND - BASE for line in found) == case.seconds
    if case.texts is not None:
        assert tuple(line.text for line in found) == case.texts
    fields = {line.at // SECOND - BASE: dict(line.metadata + line.parsed) for line in found}
    assert {second: fields[second] for second in case.fields} == case.fields


@pytest.mark.parametrize("case", LOG_CASES, ids=lambda case: case.query)
def test_backwards_are_the_same_lines_from_the_other_end(case: Logs) -> None:
    start, end = BASE * SECOND, (BASE + 70) * SECOND
    forward = ENGINE.logs(STORE, case.query, start, end, forward=True).lines
    backward = ENGINE.logs(STORE, case.query, start, end).lines
    assert sorted(backward, key=repr) == sorted(forward, key=repr)
    assert [line.at for line in backward] == sorted((line.at for line in forward), reverse=True)


@pytest.mark.parametrize("case", VECTOR_CASES, ids=lambda case: f"{case.query} @ {case.at}")
def test_a_metric_query_gives_these_numbers(case: Vector) -> None:
    answer = ENGINE.instant(STORE, case.query, (BASE + case.at) * SECOND)
    found = {written(labels): points[0].value for labels, points in answer.series}
    assert len(found) == len(answer.series)
    assert found == approximately(case.values)
    if case.query.startswith(("sort", "topk(2")):
        assert list(found) == list(case.values)


@pytest.mark.parametrize("case", MATRICES, ids=lambda case: case.query)
def test_a_range_query_gives_these_numbers_at_each_step(case: Matrix) -> None:
    start, end, step = (BASE + case.start) * SECOND, (BASE + case.end) * SECOND, case.step * SECOND
    answer = ENGINE.over(STORE, case.query, start, end, step)
    found = {
        written(labels): {point.at // 1000 - BASE: point.value for point in points}
        for labels, points in answer.series
    }
    assert found == {
        labels: {second: pytest.approx(value) for second, value in values.items()}
        for labels, values in case.values.items()
    }
