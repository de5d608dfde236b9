"""The evaluator against answers that a real Prometheus once gave; see ``record.py``."""

from __future__ import annotations

import json

import pytest

from sre_assistant.sim.metrics.series import Index
from sre_assistant.sim.promql import Engine, QueryError
from tests.sim.comparison import compare, theirs
from tests.sim.expressions import FAILING, FIXED, ODD
from tests.sim.odd_series import AT, COUNT, END, START, odd_series
from tests.sim.real_prometheus import Shelf
from tests.sim.record import RECORDED

ANSWERS = json.loads(RECORDED.read_text(encoding="utf-8"))
SHELF = Shelf(Index(odd_series(START, COUNT)), START, END)


def test_every_expression_has_been_recorded() -> None:
    assert list(ANSWERS) == [*ODD, *FIXED, *FAILING]


@pytest.mark.parametrize("query", [*ODD, *FIXED])
def test_the_answer_is_the_one_that_prometheus_gave(query: str) -> None:
    answer = Engine().instant(SHELF, query, AT)
    assert answer.kind == ANSWERS[query]["data"]["resultType"]
    compare(theirs(ANSWERS[query]), dict(answer.series))


@pytest.mark.parametrize("query", FAILING)
def test_the_error_is_the_one_that_prometheus_gave(query: str) -> None:
    with pytest.raises(QueryError) as failure:
        Engine().instant(SHELF, query, AT)
    assert (failure.value.kind, str(failure.value)) == (ANSWERS[query]["errorType"], ANSWERS[query]["error"])
