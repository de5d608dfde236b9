from __future__ import annotations

from typing import Any

import pytest

from sre_assistant.integrations.grafana.conditions import Node, condition_text, query_text, source_text
from sre_assistant.integrations.grafana.loose import Loose

EXPRESSION = "__expr__"
NOTHING: dict[str, Any] = {}


def node(ref: str, source: str = EXPRESSION, **model: Any) -> tuple[str, Node]:
    return ref, Node(ref=ref, source=source, model=Loose(model))


def reduced(ref: str = "B", of: str = "A", reducer: str = "last", **more: Any) -> tuple[str, Node]:
    return node(ref, type="reduce", expression=of, reducer=reducer, **more)


def over(ref: str, of: str, kind: str, *params: float, **more: Any) -> tuple[str, Node]:
    conditions = [{"evaluator": {"type": kind, "params": list(params)}, **more}]
    return node(ref, type="threshold", expression=of, conditions=conditions)


def classic(*conditions: tuple[str, str, str, str, list[float]]) -> tuple[str, Node]:
    told = [
        {
            "evaluator": {"type": kind, "params": params},
            "operator": {"type": operator},
            "query": {"params": [ref]},
            "reducer": {"type": reducer},
        }
        for operator, reducer, ref, kind, params in conditions
    ]
    return node("C", type="classic_conditions", conditions=told)


A = node("A", "prom", expr="up")


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([A, reduced(), over("C", "B", "gt", 0.9)], "last(A) > 0.9"),
        ([A, over("C", "A", "lt", 1)], "A < 1"),
        ([A, over("C", "A", "gte", 5)], "A >= 5"),
        ([A, over("C", "A", "lte", 5)], "A <= 5"),
        ([A, over("C", "A", "eq", -2.5)], "A == -2.5"),
        ([A, over("C", "A", "ne", 1_000_000)], "A != 1000000"),
        ([A, over("C", "A", "within_range", 1, 2)], "A is between 1 and 2"),
        ([A, over("C", "A", "outside_range", 1, 2)], "A is outside 1 to 2"),
        ([A, over("C", "A", "within_range_included", 1, 2)], "A is from 1 to 2"),
        ([A, over("C", "A", "outside_range_included", 1, 2)], "A is at most 1 or at least 2"),
        ([A, over("C", "A", "gt")], "A > ?"),
        ([A, over("C", "A", "newer_kind", 3)], "A newer_kind 3"),
        (
            [A, over("C", "A", "gt", 90, unloadEvaluator={"type": "lt", "params": [80]})],
            "A > 90 (until it < 80)",
        ),
        ([A, reduced(settings={"mode": "dropNN"}), over("C", "B", "gt", 1)], "last(A, without NaN) > 1"),
        (
            [A, reduced(settings={"mode": "replaceNN", "replaceWithValue": 0}), over("C", "B", "gt", 1)],
            "last(A, NaN as 0) > 1",
        ),
        (
            [A, reduced(reducer="mean"), node("C", type="math", expression="$B * 100 > 90")],
            "mean(A) * 100 > 90",
        ),
        (
            [
                A,
                reduced(),
                reduced("D", "A", "max"),
                node("C", type="math", expression="${B} / $D > 2 && $A"),
            ],
            "last(A) / max(A) > 2 && A",
        ),
        (
            [A, node("B", type="math", expression="$A + 1"), node("C", type="math", expression="$B * 2 > 3")],
            "(A + 1) * 2 > 3",
        ),
        ([A, node("B", type="math", expression="$A / 2"), over("C", "B", "gt", 1)], "(A / 2) > 1"),
        (
            [
                A,
                node("B", type="resample", expression="A", window="1m", downsampler="mean"),
                reduced("C", "B"),
            ],
            "last(resample(A, 1m, mean)) is not 0",
        ),
        ([A, node("C", type="sql", expression="SELECT 1 FROM A")], "sql(sql: SELECT 1 FROM A)"),
        ([A, reduced("C", "$A")], "last(A) is not 0"),
        ([("C", A[1])], "C is not 0"),
        ([], "C (which is missing)"),
        ([over("C", "B", "gt", 1)], "B (which is missing) > 1"),
        ([over("C", "C", "gt", 1)], "(C (which goes in a circle)) > 1"),
        ([A, classic(("and", "avg", "A", "gt", [80]))], "avg(A) > 80"),
        (
            [A, classic(("and", "avg", "A", "gt", [80]), ("or", "last", "B", "no_value", []))],
            "avg(A) > 80 or last(B (which is missing)) has no value",
        ),
        (
            [A, classic(("or", "min", "A", "lt", [1]), ("and", "max", "A", "within_range", [2, 3]))],
            "min(A) < 1 and max(A) is between 2 and 3",
        ),
        ([node("C", type="classic_conditions", conditions=[])], "no condition at all"),
        ([node("C", "-100", type="threshold", expression="A", conditions=[]), A], "A ? ?"),
        ([node("C", "", datasource={"type": EXPRESSION}, type="math", expression="1 == 1")], "1 == 1"),
    ],
)
def test_a_condition_is_read_from_its_graph(nodes: list[tuple[str, Node]], said: str) -> None:
    assert condition_text("C", dict(nodes)) == said


def test_letters_may_be_names_with_spaces() -> None:
    nodes = dict([node("CPU use", "prom", expr="x"), node("C", type="math", expression="${CPU use} > 1")])
    assert condition_text("C", nodes) == "CPU use > 1"


def test_a_graph_that_doubles_with_every_step_is_said_in_time_and_room() -> None:
    chain = [node(f"n{i}", type="math", expression=f"$n{i + 1} + $n{i + 1}") for i in range(60)]
    text = condition_text("n0", dict([*chain, node("n60", "prom", expr="x")]))
    assert 0 < len(text) <= 620


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ({"expr": "up  ==\n 0"}, "up == 0"),
        ({"rawSql": "SELECT 1", "format": "table"}, "SELECT 1"),
        ({"query": "from(bucket: x)"}, "from(bucket: x)"),
        ({"target": "alias(a.b, 'c')"}, "alias(a.b, 'c')"),
        ({"expression": "$A * 2", "type": "math"}, "math: $A * 2"),
        (
            {"metricName": "CPU", "refId": "A", "intervalMs": 1000, "datasource": {"uid": "x"}},
            '{"metricName":"CPU"}',
        ),
        ({"query": {"bool": {}}, "refId": "A"}, '{"query":{"bool":{}}}'),
        ({"expr": "", "refId": "A", "hide": True}, ""),
        ({"refId": "A"}, ""),
        (NOTHING, ""),
        ({"url": "http://ann:s3cr3t-value@x.lan", "token": "s3cr3t-value"}, '{"token":[hidden]'),
        ({"value": 10**5000}, "(cannot be shown: "),
    ],
)
def test_what_a_data_source_is_asked_is_found_in_its_model(model: dict[str, Any], text: str) -> None:
    assert query_text(Loose(model)).startswith(text)
    assert bool(query_text(Loose(model))) == bool(text)
    assert "s3cr3t-value" not in query_text(Loose(model))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"type": "prometheus", "uid": "prom"}, "prometheus prom"),
        ({"uid": "prom"}, "prom"),
        ({"type": "grafana", "uid": "-- Grafana --"}, "Grafana"),
        ({"uid": "-- Mixed --"}, "Mixed"),
        ("Prometheus", "Prometheus"),
        ("${DS_PROM}", "${DS_PROM}"),
        (None, ""),
        (3, ""),
        ({"type": 3, "uid": None}, "3"),
    ],
)
def test_a_data_source_is_named_as_it_is_written(source: object, text: str) -> None:
    assert source_text(Loose(source)) == text
