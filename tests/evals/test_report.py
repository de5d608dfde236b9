from __future__ import annotations

from dataclasses import replace

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.evals.report import Evaluation, costs_of, grouped, read_report, spread
from sre_assistant.evals.results import Effort
from sre_assistant.kit import codec
from tests.evals.replies import NOW, result

RESULTS = (
    result("a", top1=(1, 1)),
    replace(result("b", top1=(0, 1)), tags=("storage", "cascade"), difficulty="hard"),
    replace(result("c", failure="it ended"), tags=("cascade",), difficulty="hard"),
)


def report(**changed: object) -> Evaluation:
    made = Evaluation(
        version="1.0",
        began_at=NOW,
        seconds=1.5,
        via="both",
        workers=2,
        results=RESULTS,
        groups=grouped(RESULTS),
        costs=(),
        floors=(),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def test_results_are_grouped_by_tag_and_difficulty() -> None:
    groups = grouped(RESULTS)
    assert [(one.by, one.name, one.scenarios, one.failures) for one in groups] == [
        ("all", "all", 3, 1),
        ("tag", "cascade", 2, 1),
        ("tag", "storage", 2, 0),
        ("difficulty", "easy", 1, 0),
        ("difficulty", "hard", 2, 1),
    ]
    top1 = {one.name: next(s for s in one.shares if s.measure == "top1") for one in groups}
    assert (top1["all"].share, top1["all"].hits, top1["all"].of) == (0.5, 1, 2)
    assert top1["cascade"].share == 0
    assert top1["easy"].share == 1


def test_a_measure_that_nothing_tells_has_no_share() -> None:
    (coverage,) = [one for one in grouped(RESULTS)[0].shares if one.measure == "coverage"]
    assert (coverage.of, coverage.share, coverage.low, coverage.high) == (0, None, 0.0, 1.0)


def test_costs_are_told_per_question_and_only_where_they_were_counted() -> None:
    def effort(question: str, seconds: float, requests: int | None) -> Effort:
        return Effort(question=question, seconds=seconds, cpu_seconds=None, requests=requests, lookups=3)

    results = [
        replace(result(str(n)), efforts=(effort("investigate", n, 10 * n), effort("ask", 1, None)))
        for n in range(1, 21)
    ]
    investigate, ask = costs_of(results)
    assert (investigate.seconds.median, investigate.seconds.p95, investigate.seconds.most) == (10, 19, 20)
    assert investigate.requests is not None
    assert investigate.requests.most == 200
    assert (ask.question, ask.requests, ask.cpu_seconds) == ("ask", None, None)


def test_the_spread_of_one_value_is_that_value_and_of_none_an_error() -> None:
    assert spread([7.0]).p95 == 7.0
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_a_report_is_read_as_it_was_written() -> None:
    assert read_report(codec.encode(report()), "former.json") == report()


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"{", "no report"), (b"[]", "no report"), (codec.encode(report(schema=2)), "schema 2")],
)
def test_what_is_no_report_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(CallError, match=told):
        read_report(data, "former.json")
