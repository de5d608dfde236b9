from __future__ import annotations

import numpy as np
import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.alerting.rules import Rule, Rules, load_rules
from sre_assistant.sim.arrays import Floats, Samples, is_stale
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.promql import Engine
from tests.sim.heat import BEGIN, FILE, MINUTE, Heat, Shelf, between, rules, rules_of


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


RECORDING = """
groups:
  - name: test
    interval: 30s
    rules:
      - record: room:heat:double
        expr: 2 * heat > 4
        labels: {made: here}
      - record: house:heat:sum
        expr: sum without (room) ({name})
      - alert: Hot
        expr: house:heat:sum > 20
        for: 1m
"""


def written(found: Rules, name: str, start: float, end: float) -> dict[str, list[tuple[float, float]]]:
    rows = found.series(
        BEGIN + round(start * MINUTE), BEGIN + round(end * MINUTE), [Matcher("__name__", "=", name)]
    )
    return {
        dict(one.labels).get("room", ""): [
            ((t - BEGIN) / MINUTE, v)
            for t, v in zip(one.data.times.tolist(), one.data.values.tolist(), strict=True)
        ]
        for one in rows
    }


def recording(name: str = "room:heat:double") -> Rules:
    text = RECORDING.replace("{name}", name)
    return rules_of(text, Heat("attic", between(10, 12)), Heat("cellar", between(11, 30)))


def test_a_recording_rule_writes_its_results_up_to_a_stale_marker() -> None:
    rows = written(recording(), "room:heat:double", 9, 13)
    assert rows["attic"][:-1] == [(10.0, 14.0), (10.5, 14.0), (11.0, 14.0), (11.5, 14.0)]
    assert rows["attic"][-1][0] == 12.0
    assert is_stale(np.array([rows["attic"][-1][1]]))[0]
    assert [moment for moment, _ in rows["cellar"]] == [11.0, 11.5, 12.0, 12.5, 13.0]


def test_later_rules_read_what_earlier_ones_record() -> None:
    found = recording()
    assert written(found, "house:heat:sum", 10, 11) == {"": [(10.0, 14.0), (10.5, 14.0), (11.0, 28.0)]}
    assert states(found, 10.9, 11, 11.9, 12) == ["", "pending", "pending", ""]
    [labels] = (
        {one.labels for one in found.series(BEGIN + 11 * MINUTE, BEGIN + 11 * MINUTE)}
        - {one.labels for one in found.series(BEGIN, BEGIN)}
        - {one.labels for one in found.series(BEGIN + 10 * MINUTE, BEGIN + 10 * MINUTE)}
        - {
            one.labels
            for one in found.series(
                BEGIN + 11 * MINUTE, BEGIN + 11 * MINUTE, [Matcher("__name__", "=~", "ALERTS.*")]
            )
        }
    )
    assert dict(labels) == {"__name__": "room:heat:double", "made": "here", "room": "cellar"}


@pytest.mark.parametrize("name", ["house:heat:sum", '{__name__=~"house.*"}', '{made="here"}'])
def test_a_rule_that_may_read_what_is_recorded_later_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"record 'house:heat:sum': the expression reads 'house:heat:sum'"):
        recording(name)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("record: room:heat:double", "record: x\n        alert: y", "a rule has either alert or record"),
        ("labels: {made: here}", "for: 1m", "a recording rule has neither annotations nor for"),
    ],
)
def test_a_wrong_recording_rule_says_why(wrong: str, right: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        rules_of(RECORDING.replace("{name}", "heat").replace(wrong, right))


def test_only_the_rules_that_can_write_a_series_are_evaluated() -> None:
    found = rules(Heat("attic", between(10, 30)))
    [rule] = found
    assert rule.may_write([Matcher("__name__", "=", "ALERTS")])
    assert rule.may_write([Matcher("__name__", "=~", "A.*"), Matcher("severity", "=", "warning")])
    assert rule.may_write([Matcher("room", "=", "attic-room")])
    assert not rule.may_write([Matcher("__name__", "=", "up")])
    assert not rule.may_write([Matcher("__name__", "=", "ALERTS"), Matcher("alertname", "=", "Cold")])
    assert not rule.may_write([Matcher("__name__", "=", "ALERTS"), Matcher("severity", "=", "critical")])


def test_times_of_firing_tell_when_each_began_and_ended() -> None:
    found = rules(Heat("attic", between(10, 30, 40, 42, 50, 90)))

    def spans(start: float, end: float) -> list[tuple[float, float | None]]:
        return [
            (
                (one.fired_at - BEGIN) / MINUTE,
                None if one.ended_at is None else (one.ended_at - BEGIN) / MINUTE,
            )
            for one in found.firings(BEGIN + round(start * MINUTE), BEGIN + round(end * MINUTE))
        ]

    assert spans(0, 100) == [(15, 30), (55, 90)]
    assert spans(20, 25) == [(15, None)]
    assert spans(30, 31) == [(15, 30)]
    assert spans(31, 54) == []
    assert spans(60, 90) == [(55, 90)]


@pytest.mark.parametrize("ahead", [0, 1, 20, 500])
def test_what_was_known_of_a_time_that_has_changed_is_forgotten(ahead: int) -> None:
    until = [30.0]

    def level(minutes: Floats) -> Floats:
        return between(10, until[0])(minutes)

    found = rules(Heat("attic", level), wait="0s", ahead=ahead)
    assert states(found, 12, 15) == ["firing"] * 2
    until[0] = 20.0
    found.forget(BEGIN + 15 * MINUTE)
    assert states(found, 12, 15, 19.5, 20, 25) == ["firing"] * 3 + ["", ""]
    [firing] = found.firings(BEGIN, BEGIN + 60 * MINUTE)
    assert (firing.fired_at, firing.ended_at) == (BEGIN + 10 * MINUTE, BEGIN + 20 * MINUTE)


def test_a_week_of_alerts_is_what_each_step_alone_says() -> None:
    rng = np.random.default_rng(3)
    edges = np.sort(rng.uniform(-600, 3000, 60)).tolist()
    series = Heat("attic", between(*edges))
    whole, single = rules(series, wait="3m"), rules(series, wait="3m")
    rows = {
        dict(one.labels).get("alertstate", ""): one.data for one in whole.series(BEGIN, BEGIN + 2000 * MINUTE)
    }
    for minutes in rng.integers(0, 4000, 150).tolist():
        moment = BEGIN + minutes * MINUTE // 2
        states_now = {one.state for one in single.alerts(moment)}
        for state in ("pending", "firing"):
            place = np.flatnonzero(rows[state].times == moment)
            there = len(place) == 1 and not is_stale(rows[state].values[place])[0]
            assert there == (state in states_now), (minutes, state)
