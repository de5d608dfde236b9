from __future__ import annotations

import copy
from typing import Any

import pytest

from sre_assistant.integrations.grafana.boards import Dashboard, dashboard
from sre_assistant.integrations.grafana.loose import Loose
from sre_assistant.integrations.grafana.panels import Panel, panel
from tests.integrations.grafana.answers import BOARD, PANEL


def read(**changed: Any) -> Dashboard:
    return dashboard("node", Loose(BOARD["dashboard"] | changed), Loose(BOARD["meta"]))


def one(**changed: Any) -> Panel:
    return panel(Loose(PANEL | changed), "", frozenset({"instance"}))


def defaults(**changed: Any) -> dict[str, Any]:
    config = copy.deepcopy(PANEL["fieldConfig"])
    config["defaults"] |= changed
    return {"fieldConfig": config}


def test_a_dashboard_is_read_with_what_is_around_its_panels() -> None:
    board = read()
    assert (board.uid, board.title, board.folder, board.tags) == (
        "node",
        "Node Exporter",
        "Homelab",
        ("linux",),
    )
    assert (board.refresh, board.span) == ("1m", "now-6h to now")
    [variable] = board.variables
    assert (variable.name, variable.type, variable.query, variable.current) == (
        "instance",
        "query",
        "label_values(up, instance)",
        "All",
    )
    assert board.annotations == ("Annotations & Alerts (Grafana)",)
    assert board.links == ("Wiki: https://wiki.lan",)
    assert board.sources == ("prometheus prom", "loki loki")


def test_a_panel_is_read_with_everything_it_shows() -> None:
    found = one()
    assert (found.id, found.title, found.type) == ("4", "Disk on $instance", "timeseries")
    assert (found.unit, found.decimals, found.thresholds) == ("bytes", "1", ("green", "red from 90"))
    first, second = found.queries
    assert (first.ref, first.text, first.legend) == ("A", 'avail{instance="$instance"}', "{{mountpoint}}")
    assert (first.source, second.source, second.hidden) == ("", "loki loki", True)
    [override] = found.overrides
    assert override.matcher == "byName Used"
    assert override.properties == {"color": "fixedColor red, mode fixed"}
    assert found.transformations == ("organize", "reduce (off)")
    assert (found.tooltip, found.legend) == ("multi desc", "table bottom with max")
    assert found.variables == ("instance",)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"type": "prometheus", "uid": "prom"}, ""),
        ({"type": "prometheus", "uid": "other"}, "prometheus other"),
    ],
)
def test_a_query_names_its_data_source_where_it_is_not_the_panels(source: object, told: str) -> None:
    [query] = one(targets=[{"refId": "A", "expr": "up", "datasource": source}]).queries
    assert query.source == told


@pytest.mark.parametrize(("hide", "hidden"), [(True, True), (False, False), ("no", False), (1, False)])
def test_a_query_is_hidden_only_where_it_says_so(hide: object, hidden: bool) -> None:
    [query] = one(targets=[{"refId": "A", "expr": "up", "hide": hide}]).queries
    assert query.hidden is hidden


def test_rows_are_flattened_whether_they_are_open_or_collapsed() -> None:
    inner = {"id": 1, "type": "stat", "title": "in"}
    deep = {"type": "row", "title": "Inner", "panels": [{"id": 2, "type": "stat", "title": "deeper"}]}
    board = read(
        panels=[
            {"id": 9, "type": "stat", "title": "first"},
            {"type": "row", "title": "Collapsed", "collapsed": True, "panels": [inner, deep]},
            {"type": "row", "title": "Open", "panels": []},
            {"id": 3, "type": "stat", "title": "after"},
        ]
    )
    assert [(p.title, p.row) for p in board.panels] == [
        ("first", ""),
        ("in", "Collapsed"),
        ("deeper", "Inner"),
        ("after", "Open"),
    ]


def test_rows_of_old_dashboards_are_read_too() -> None:
    board = read(
        panels=None, rows=[{"title": "CPU", "panels": [{"id": 1, "type": "graph", "title": "Load"}]}]
    )
    assert [(p.title, p.row, p.type) for p in board.panels] == [("Load", "CPU", "graph")]


def test_rows_without_end_are_left() -> None:
    row: dict[str, Any] = {"type": "stat", "title": "bottom"}
    for _ in range(50):
        row = {"type": "row", "title": "r", "panels": [row]}
    assert read(panels=[row]).panels == ()


def test_more_panels_than_anybody_reads_are_said() -> None:
    board = read(panels=[{"id": n, "type": "stat"} for n in range(1001)])
    assert len(board.panels) == 1000
    assert board.left_out == ("the panels after the first 1,000",)


def test_more_parts_than_anybody_reads_are_counted() -> None:
    board = read(
        templating={"list": [{"name": f"v{n}"} for n in range(140)]},
        annotations={"list": [{"name": "a"}] * 101},
        links=[{"title": "l", "url": "x"}] * 102,
        tags=["t"] * 103,
    )
    assert [len(part) for part in (board.variables, board.annotations, board.links, board.tags)] == [100] * 4
    assert board.left_out == ("40 more variables", "1 more annotations", "2 more links", "3 more tags")


def test_more_queries_than_anybody_reads_are_counted() -> None:
    found = one(targets=[{"refId": "A", "expr": "up"}] * 150, transformations=[{"id": "x"}] * 101)
    assert (len(found.queries), len(found.transformations)) == (100, 100)
    assert found.left_out == ("50 more queries", "1 more transformations")


@pytest.mark.parametrize(
    ("changed", "field", "value"),
    [
        ({"title": ""}, "title", "(no title)"),
        ({"title": None, "libraryPanel": {"uid": "l", "name": "Shared"}}, "title", "Shared"),
        ({"type": None, "libraryPanel": {"uid": "l", "name": "S"}}, "type", "library panel"),
        ({"libraryPanel": {"uid": "..", "name": "S"}}, "library_uid", ""),
        ({"libraryPanel": {"uid": "l", "name": "S"}}, "library_uid", "l"),
        ({"datasource": None}, "source", ""),
        ({"datasource": "Prometheus"}, "source", "Prometheus"),
        ({"repeat": "instance"}, "repeat", "instance"),
        (defaults(unit=None) | {"format": "percent"}, "unit", "percent"),
        (defaults(unit=None) | {"yaxes": [{"format": "bps"}, {"format": "short"}]}, "unit", "bps"),
        (defaults(decimals=None) | {"decimals": 2}, "decimals", "2"),
        (defaults(decimals=0), "decimals", "0"),
        (
            defaults(
                thresholds={
                    "mode": "percentage",
                    "steps": [{"color": "green"}, {"color": "red", "value": 80}],
                }
            ),
            "thresholds",
            ("green", "red from 80 %"),
        ),
        (defaults(thresholds=None), "thresholds", ()),
        ({"options": {"legend": {"showLegend": False}}}, "legend", "hidden"),
        ({"options": {}}, "legend", ""),
        ({"options": {"tooltip": {"mode": "single", "sort": "none"}}}, "tooltip", "single"),
        ({"targets": "x"}, "queries", ()),
        ({"fieldConfig": [1]}, "unit", ""),
        ({"transformations": [{"id": None}]}, "transformations", ("?",)),
    ],
)
def test_odd_corners_of_a_panel_are_read_as_far_as_they_go(
    changed: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(one(**changed), field) == value


def test_of_many_overrides_ten_are_kept_and_the_others_counted() -> None:
    override = PANEL["fieldConfig"]["overrides"][0]
    found = one(fieldConfig={"overrides": [override] * 13})
    assert (len(found.overrides), found.left_out) == (10, ("3 more overrides",))


@pytest.mark.parametrize(
    ("options", "matcher"),
    [
        ("/Used.*/", "byName /Used.*/"),
        ({"mode": "exclude", "names": ["x"], "readOnly": True}, "byName mode exclude, readOnly true"),
        (["a", "b"], "byName a, b"),
        (None, "byName"),
    ],
)
def test_what_an_override_matches_is_told_in_few_words(options: object, matcher: str) -> None:
    config = {"overrides": [{"matcher": {"id": "byName", "options": options}, "properties": None}]}
    assert one(fieldConfig=config).overrides[0].matcher == matcher


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("$instance", ("instance",)),
        ("${instance}", ("instance",)),
        ("${instance:regex}", ("instance",)),
        ("[[instance]]", ("instance",)),
        ("$__rate_interval $other $1", ()),
        ("instance", ()),
    ],
)
def test_the_variables_that_a_panel_uses_are_found(text: str, used: tuple[str, ...]) -> None:
    assert one(title="x", targets=[{"refId": "A", "expr": text}]).variables == used


def test_a_panel_repeated_for_a_variable_uses_it() -> None:
    assert one(title="x", targets=[], repeat="instance").variables == ("instance",)


@pytest.mark.parametrize(
    ("variable", "query", "current"),
    [
        ({"type": "custom", "query": "a,b", "current": {"text": "a", "value": "a"}}, "a,b", "a"),
        ({"type": "query", "definition": "label_values(x)", "query": None}, "label_values(x)", ""),
        ({"type": "query", "query": {"label": "vm"}, "current": {"text": ["a", "b"]}}, "vm", "a, b"),
        ({"type": "datasource", "query": "prometheus", "current": None}, "prometheus", ""),
        ({"type": "constant", "query": "token=s3cr3t-value"}, "token=[hidden]", ""),
    ],
)
def test_variables_of_every_kind_are_read(variable: dict[str, Any], query: str, current: str) -> None:
    [found] = read(templating={"list": [{"name": "v", **variable}]}).variables
    assert (found.query, found.current) == (query, current)


def test_texts_of_a_dashboard_stay_on_their_line_and_keep_their_secrets() -> None:
    board = read(title="a\nb\x1b[2J", description="password=hunter2-long", tags=["x\ny"])
    assert board.title == "a b"
    assert board.tags == ("x y",)
    assert "hunter2" not in repr(board)
