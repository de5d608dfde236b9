"""What an alert is about, whatever its rule is called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Rule
from sre_assistant.investigation.concern import is_heartbeat, of_alert
from sre_assistant.investigation.signals import known_signals

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALIASES = {"nas.lan": "nas.lan", "nas": "nas.lan", "pve1.lan": "pve1.lan"}


def alert(name: str = "Xyz", generator_url: str = "", summary: str = "", **labels: str) -> Alert:
    annotations = {"summary": summary} if summary else {}
    return Alert(
        name=name,
        labels={"alertname": name, **labels},
        annotations=annotations,
        starts_at=NOON,
        generator_url=generator_url,
    )


def rule(expression: str, name: str = "Xyz", kind: str = "alerting", **labels: str) -> Rule:
    return Rule(
        name=name, expression=expression, kind=kind, group="g", labels=labels, annotations={}, health="ok"
    )


def test_an_alert_is_understood_by_the_metrics_its_rule_reads() -> None:
    concern = of_alert(
        alert(instance="nas.lan:9100"),
        [rule("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1")],
        known_signals(),
        ALIASES,
    )
    assert concern.signals == {"memory.available_ratio"}
    assert concern.hosts == ("nas.lan",)
    assert not concern.trend


def test_recording_rules_are_looked_through() -> None:
    recorded = rule("instance:load:ratio > 1"), rule("node_load1 / 4", "instance:load:ratio", "recording")
    assert of_alert(alert(), recorded, known_signals(), {}).signals == {"cpu.load_per_core"}


def test_a_prediction_is_about_the_trend() -> None:
    rules = [rule("predict_linear(node_filesystem_avail_bytes[1h], 3600) < 0")]
    assert of_alert(alert(), rules, known_signals(), {}).trend


def test_of_two_rules_with_one_name_the_one_with_the_alerts_labels_counts() -> None:
    rules = [rule("up == 0", severity="critical"), rule("node_load1 > 9", severity="warning")]
    concern = of_alert(alert(severity="warning"), rules, known_signals(), {})
    assert concern.expression == "node_load1 > 9"


def test_without_the_rule_the_link_to_it_serves() -> None:
    url = "http://prom.lan/graph?g0.expr=probe_success+%3D%3D+0&g0.tab=1"
    assert of_alert(alert(generator_url=url), [], known_signals(), {}).signals == {"probe.success"}


@pytest.mark.parametrize(
    ("name", "summary", "expected"),
    [
        ("HostOutOfMemory", "", {"memory-pressure"}),
        ("Something", "The inodes are used up", {"inode-exhaustion"}),
        ("Unheard", "of", set()),
    ],
)
def test_without_any_expression_its_words_suggest(name: str, summary: str, expected: set[str]) -> None:
    concern = of_alert(alert(name, summary=summary), [], known_signals(), {})
    assert expected <= concern.by_words
    assert bool(concern.by_words) == bool(expected)


@pytest.mark.parametrize("name", ["nas", "nas.lan", "nas.lan:9100", "http://nas.lan:8096/web"])
def test_a_machine_is_found_under_each_of_its_names(name: str) -> None:
    assert of_alert(alert(instance=name), [], known_signals(), ALIASES).hosts == ("nas.lan",)


def test_a_name_that_fits_two_machines_stays_as_it_is() -> None:
    aliases = {"nas.lan": "nas.lan", "nas.dmz": "nas.dmz"}
    assert of_alert(alert(host="nas"), [], known_signals(), aliases).hosts == ("nas",)


def test_an_alert_that_reads_no_metric_is_a_heartbeat() -> None:
    assert is_heartbeat(alert("Anything"), [rule("vector(1)", "Anything")])
    assert not is_heartbeat(alert("Anything"), [rule("up == 0", "Anything")])
    assert not is_heartbeat(alert("Anything"), [])


def test_a_rule_in_another_language_is_no_error() -> None:
    concern = of_alert(
        alert("DiskFull"), [rule("median_over_time(a[1h]) default 0", "DiskFull")], known_signals(), {}
    )
    assert concern.signals == frozenset()
    assert "filesystem-full" in concern.by_words
