from __future__ import annotations

import numpy as np
import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.arrays import Floats, Samples, is_stale
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.rules import Rule, Rules, load_rules
from tests.sim.heat import BEGIN, FILE, MINUTE, Heat, Shelf, between, rules


def states(found: Rules, *minutes: float) -> list[str]:
    return ["".join(one.state for one in found.alerts(BEGIN + round(m * MINUTE))) for m in minutes]


def test_an_alert_is_pending_for_exactly_its_time_and_then_fires() -> None:
    found = rules(Heat("attic", between(10, 30)))
    assert states(found, 9.9, 10, 14.9, 15, 29.9, 30) == ["", "pending", "pending", "firing", "firing", ""]
    [alert] = found.alerts(BEGIN + 20 * MINUTE)
    assert (alert.active_at, alert.fired_at) == (BEGIN + 10 * MINUTE, BEGIN + 15 * MINUTE)
    assert dict(alert.labels) == {"alertname": "Hot", "room": "attic-room", "severity": "warning"}
    assert alert.annotations == {"summary": "attic at 7"}


def test_a_gap_of_one_evaluation_begins_the_wait_anew() -> None:
    def level(minutes: Floats) -> Floats:
        return np.where((minutes >= 10) & (np.abs(minutes - 14.5) > 0.2), 7.0, 0.0)

    assert states(rules(Heat("attic", level)), 14, 14.5, 15, 19.5, 20) == [
        "pending",
        "",
        "pending",
        "pending",
        "firing",
    ]


def test_without_a_wait_an_alert_fires_at_once() -> None:
    assert states(rules(Heat("attic", between(10, 30)), wait="0s"), 9.9, 10) == ["", "firing"]


def test_the_state_is_the_same_in_whatever_order_it_is_asked() -> None:
    moments = [0, 3, 10, 14, 16, 200, 250, 300, 310]
    series = Heat("attic", between(10, 305))
    forward, backward = rules(series), rules(series)
    expected = states(forward, *moments)
    assert states(backward, *reversed(moments)) == list(reversed(expected))
    assert [backward.alerts(BEGIN + m * MINUTE) for m in moments][5][0].active_at == BEGIN + 10 * MINUTE


def test_an_alert_that_was_always_active_began_when_the_rule_did() -> None:
    [alert] = rules(Heat("attic", between(-1e9, 1e9))).alerts(BEGIN)
    assert alert.active_at == BEGIN - 600 * MINUTE


def test_alerts_are_written_as_series_with_a_stale_marker_at_each_change() -> None:
    found = rules(Heat("attic", between(10, 30)), Heat("cellar", between(0, 0)))
    written = {one.labels: one.data for one in found.series(BEGIN, BEGIN + 60 * MINUTE)}
    by_state = {dict(labels).get("alertstate", "since"): data for labels, data in written.items()}

    def minutes(data: Samples) -> list[float]:
        return [float(t - BEGIN) / MINUTE for t in data.times]

    assert minutes(by_state["pending"]) == [10 + i / 2 for i in range(11)]
    assert is_stale(by_state["pending"].values).tolist() == [False] * 10 + [True]
    assert minutes(by_state["firing"]) == [15 + i / 2 for i in range(31)]
    assert is_stale(by_state["firing"].values)[-1]
    assert set(by_state["since"].values[:-1].tolist()) == {BEGIN / 1000 + 600}


def test_series_read_in_pieces_are_those_read_at_once() -> None:
    found = rules(Heat("attic", between(10, 30)))
    whole = {one.labels: one.data for one in found.series(BEGIN, BEGIN + 60 * MINUTE)}
    for labels, data in whole.items():
        pieces = [
            one.data
            for begin in range(0, 60, 4)
            for one in found.series(BEGIN + begin * MINUTE + 1, BEGIN + (begin + 4) * MINUTE)
            if one.labels == labels
        ]
        assert np.concatenate([piece.times for piece in pieces]).tolist() == data.times.tolist()
        assert np.concatenate([piece.values for piece in pieces]).tobytes() == data.values.tobytes()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("heat > 1", "heat >", r"test.yaml:6 alert 'Hot': 1:7: parse error: unexpected end of input"),
        ("for: 5m", "for: soon", r"test.yaml:6 alert 'Hot': not a valid duration string"),
        ("$value", "$nope", r"'\$nope' is not supported in a template"),
        ("$labels.room }}-room", "$value }}-room", r"depends on the value"),
        ("alert: Hot", "alarm: Hot", r"test.yaml:6 .*unknown field `alarm`. Did you mean 'alert'?"),
        ("interval: 30s", "interval: often", r"test.yaml:4 not a valid duration"),
    ],
)
def test_a_wrong_rule_file_says_where(wrong: str, right: str, said: str) -> None:
    text = FILE.format(wait="5m").replace(wrong, right)
    with pytest.raises(ConfigError, match=said):
        load_rules(Document(text, "test.yaml"), Shelf(), Engine(), BEGIN)


def test_the_rules_that_come_with_the_program_load() -> None:
    names = [rule.text.alert for rule in Homelab("healthy").rules]
    assert {"InstanceDown", "DiskWillFillSoon", "HostHighCpuLoad"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(isinstance(rule, Rule) for rule in Homelab("healthy").rules)
