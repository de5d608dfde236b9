from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from sre_assistant.sim.alerting.notification import Route
from sre_assistant.sim.alerting.notified import Inbox, Notified
from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.rules import Rules
from sre_assistant.sim.alerting.silences import Silence, Silences
from sre_assistant.sim.alerting.webhooks import alertmanager_notifier, alertmanager_style
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.quantities import Span
from sre_assistant.sim.scenario import load_scenario
from tests.sim.heat import BEGIN, MINUTE, MOMENT, Heat, between, rules, rules_of
from tests.sim.receiver import Receiver, receiving


class Stage:
    """Rules, an Alertmanager that tells one receiver, and clocks for simulated and real time."""

    def __init__(self, found: Rules, receiver: Receiver, route: Route | None = None) -> None:
        self.real = 0.0
        self.clock = SimClock(MOMENT, real=lambda: self.real)
        self.silences = Silences(1)
        self.inbox = Inbox(found, self.silences, "http://mon.lan:9090/graph?g0.expr=")
        style = alertmanager_style("ops", "http://mon.lan:9093")
        self.notifier = Notifier(self.inbox, self.clock, style, [Target(url=receiver.url)], route)

    async def at(self, minutes: float) -> int:
        """Pushes when the clock shows so many minutes after the beginning."""
        self.clock.advance_to(MOMENT + timedelta(minutes=minutes))
        return await self.notifier.push()

    def silence(self, minutes: float, name: str = "alertname", value: str = "Hot") -> str:
        now = self.clock.milliseconds()
        made = Silence("", (Matcher(name, "=", value),), now, now + round(minutes * MINUTE), now, "me", "")
        return self.silences.put(made, now)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def test_an_alert_is_told_after_the_group_has_waited_and_again_when_it_is_over(
    receiver: Receiver,
) -> None:
    stage = Stage(rules(Heat("attic", between(10, 30))), receiver)
    await stage.at(15.4)
    assert receiver.told() == []
    assert await stage.at(15.5) == 1
    [posted] = receiver.taken
    assert posted.json == {
        "receiver": "ops",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "Hot", "room": "attic-room", "severity": "warning"},
                "annotations": {"summary": "attic at 7"},
                "startsAt": "2025-11-16T00:15:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://mon.lan:9090/graph?g0.expr=heat+%3E+1&g0.tab=1",
                "fingerprint": "05a96241c91542aa",
            }
        ],
        "groupLabels": {"alertname": "Hot"},
        "commonLabels": {"alertname": "Hot", "room": "attic-room", "severity": "warning"},
        "commonAnnotations": {"summary": "attic at 7"},
        "externalURL": "http://mon.lan:9093",
        "version": "4",
        "groupKey": '{}:{alertname="Hot"}',
        "truncatedAlerts": 0,
    }
    receiver.taken.clear()
    await stage.at(30.4)
    assert receiver.told() == []
    await stage.at(30.5)
    [over] = receiver.taken
    assert over.json["status"] == "resolved"
    assert over.json["alerts"][0]["endsAt"] == "2025-11-16T00:30:00Z"


async def test_a_clock_that_jumps_tells_what_one_that_crawls_tells(receiver: Receiver) -> None:
    story = Heat("attic", between(10, 30, 33, 60, 200, 700)), Heat("cellar", between(12, 40, 300, 320))
    crawling = Stage(rules(*story), receiver)
    for half_minutes in range(1600):
        await crawling.at(half_minutes / 2)
    crawled = [one.body for one in receiver.taken]
    receiver.taken.clear()
    jumping = Stage(rules(*story), receiver)
    await jumping.at(0)
    for minutes in (1, 250, 799.5):
        await jumping.at(minutes)
    assert [one.body for one in receiver.taken] == crawled
    assert len(crawled) > 8


async def test_a_second_alert_joins_the_group_at_its_next_turn(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(0, 60)), Heat("cellar", between(3, 60)), wait="0s"), receiver)
    await stage.at(1)
    assert receiver.told() == [["Hot"]]
    await stage.at(5.4)
    assert receiver.told() == []
    await stage.at(5.5)
    assert receiver.told() == [["Hot", "Hot"]]


async def test_a_standing_alert_is_repeated_every_four_hours_and_a_turn(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(0, 900)), wait="0s"), receiver)
    turns = []
    for minutes in range(0, 600, 5):
        await stage.at(minutes + 0.5)
        turns += [minutes] * len(receiver.told())
    assert turns == [0, 245, 490]


async def test_what_fires_already_is_told_at_once_to_somebody_new(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(-60, 60))), receiver)
    assert await stage.at(0) == 1
    with receiving() as other:
        stage.notifier.subscribe(Target(url=other.url))
        assert await stage.at(0.1) == 1
        assert other.told() == [["Hot"]]
    assert receiver.told() == [["Hot"]]


async def test_resolved_alerts_are_told_only_where_that_is_wanted(receiver: Receiver) -> None:
    story = rules(Heat("attic", between(1, 10)), wait="0s")
    stage = Stage(story, receiver, Route(send_resolved=False))
    await stage.at(60)
    assert receiver.told() == [["Hot"]]
    await Stage(story, receiver).at(60)
    assert receiver.told() == [["Hot"], ["-Hot"]]


async def test_a_silenced_alert_is_told_when_the_silence_ends(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(1, 60)), wait="0s"), receiver)
    await stage.at(0)
    stage.silence(12)
    await stage.at(11.4)
    assert receiver.told() == []
    await stage.at(20)
    assert receiver.told() == [["Hot"]]


async def test_an_inhibited_alert_is_not_told(receiver: Receiver) -> None:
    text = """
groups:
  - name: test
    rules:
      - {alert: Down, expr: heat > 5, labels: {severity: critical, instance: a}}
      - {alert: Down, expr: heat > 1, labels: {severity: warning, instance: a}}
      - {alert: Slow, expr: heat > 1, labels: {severity: warning, instance: a}}
"""
    stage = Stage(rules_of(text, Heat("attic", between(1, 60))), receiver)
    await stage.at(0)
    await stage.at(5)
    assert sorted(receiver.told()) == [["Down"], ["Slow"]]


async def test_a_group_too_large_is_cut(receiver: Receiver) -> None:
    stage = Stage(
        rules(*(Heat(f"room{i}", between(1, 60)) for i in range(5)), wait="0s"), receiver, Route(max_alerts=2)
    )
    await stage.at(0)
    await stage.at(2)
    [posted] = receiver.taken
    assert (len(posted.json["alerts"]), posted.json["truncatedAlerts"]) == (2, 3)


async def test_a_5xx_is_tried_again_with_growing_pauses(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(1, 60)), wait="0s"), receiver)
    receiver.status = 503
    await stage.at(0)
    tries = []
    for tenth in range(40):
        stage.real = tenth / 10
        await stage.at(2)
        tries += [tenth] * len(receiver.refused)
        receiver.refused.clear()
    assert tries == [0, 5, 13, 25]
    receiver.status = 200
    stage.real = 10
    assert await stage.at(2) == 1
    assert await stage.at(2) == 0


async def test_a_4xx_is_not_tried_again_before_the_groups_next_turn(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(1, 60)), wait="0s"), receiver)
    receiver.status = 400
    await stage.at(0)
    for second in range(10):
        stage.real = second
        await stage.at(2)
    assert len(receiver.refused) == 1
    receiver.status = 200
    assert await stage.at(6.5) == 1


async def test_nobody_there_is_no_error_and_is_tried_again(receiver: Receiver) -> None:
    with receiving() as gone:
        pass
    stage = Stage(rules(Heat("attic", between(1, 60)), wait="0s"), gone)
    await stage.at(0)
    assert await stage.at(3) == 0


async def test_a_resolution_that_was_not_taken_is_told_later(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(1, 10)), wait="0s"), receiver)
    await stage.at(0)
    await stage.at(9)
    assert receiver.told() == [["Hot"]]
    receiver.status = 500
    await stage.at(60)
    receiver.status = 200
    stage.real = 5
    await stage.at(60)
    assert receiver.told() == [["-Hot"]]


async def test_posted_alerts_are_told_and_resolve_when_nobody_repeats_them(receiver: Receiver) -> None:
    stage = Stage(rules(), receiver)
    await stage.at(0)
    now = stage.clock.milliseconds()
    labels = {"alertname": "Mine"}
    stage.inbox.post([Notified(labels, {}, now, now + 5 * MINUTE, now, "", timeout=True)])
    await stage.at(1)
    assert receiver.told() == [["Mine"]]
    await stage.at(6)
    assert receiver.told() == [["-Mine"]]


async def test_a_posted_alert_keeps_its_beginning_when_it_is_repeated(receiver: Receiver) -> None:
    stage = Stage(rules(), receiver)
    labels = {"alertname": "Mine"}
    for minutes in (0, 4):
        await stage.at(minutes)
        now = stage.clock.milliseconds()
        stage.inbox.post([Notified(labels, {}, now, now + 5 * MINUTE, now, "", timeout=True)])
    [alert] = stage.inbox.alerts(BEGIN + 6 * MINUTE)
    assert (alert.starts_at, alert.ends_at) == (BEGIN, BEGIN + 9 * MINUTE)


async def test_grouping_by_everything_gives_each_alert_its_own(receiver: Receiver) -> None:
    story = rules(Heat("attic", between(1, 60)), Heat("cellar", between(1, 60)), wait="0s")
    stage = Stage(story, receiver, Route(group_by=("...",), group_wait=Span(0)))
    await stage.at(0)
    await stage.at(2)
    assert [one.json["groupKey"] for one in receiver.taken] == [
        '{}:{alertname="Hot", room="attic-room", severity="warning"}',
        '{}:{alertname="Hot", room="cellar-room", severity="warning"}',
    ]


async def test_a_target_proves_who_it_is(receiver: Receiver) -> None:
    stage = Stage(rules(Heat("attic", between(-9, 60)), wait="0s"), receiver)
    url = receiver.url
    stage.notifier.subscribe(Target(url=url, token="t0k"))
    stage.notifier.subscribe(Target(url=url, basic=("me", "pw")))
    stage.notifier.subscribe(Target(url=url, secret="k"))
    stage.notifier.subscribe(Target(url=url, secret="k", timestamp_header="X-Stamp"))
    await stage.at(0)
    asked = {one.headers.get("Authorization") for one in receiver.taken}
    assert asked == {None, "Bearer t0k", "Basic bWU6cHc="}
    signed = [one for one in receiver.taken if "X-Grafana-Alerting-Signature" in one.headers]
    for one in signed:
        stamp = one.headers.get("X-Stamp")
        content = one.body if stamp is None else f"{stamp}:".encode() + one.body
        right = hmac.new(b"k", content, hashlib.sha256).hexdigest()
        assert one.headers["X-Grafana-Alerting-Signature"] == right
    assert [one.headers.get("X-Stamp") for one in signed].count(str(BEGIN // 1000)) == 1
    assert len(signed) == 2
    assert "t0k" not in repr(Target(url=url, token="t0k", secret="k"))


async def test_the_homelabs_alerts_reach_a_webhook(receiver: Receiver) -> None:
    story = load_scenario("backup-fills-nas")
    live = Live(story, 1, SimClock(story.moment(story.shows or "+0s")))
    inbox = Inbox(live.rules, live.silences, "http://mon.lan:9090/graph?g0.expr=")
    notifier = alertmanager_notifier(live, inbox, [Target(url=receiver.url)])
    assert await notifier.push() == len(receiver.taken)
    told = {posted.json["groupLabels"]["alertname"]: posted.json for posted in receiver.taken}
    assert set(told) == {one.labels["alertname"] for one in inbox.alerts(live.clock.milliseconds())}
    assert told["HostHighCpuLoad"]["receiver"] == "ops"
    assert told["HostHighCpuLoad"]["externalURL"].endswith(".lan:9093")


async def test_what_somebody_repairs_is_told_as_over(receiver: Receiver) -> None:
    story = Lab().at("01:00").lose_exporter("nas").scenario()
    timeline = tuple(replace(fault, cured_by=("restart exporter/nas:node",)) for fault in story.timeline)
    live = Live(replace(story, timeline=timeline), 1, SimClock(story.start))
    notifier = alertmanager_notifier(live, Inbox(live.rules, live.silences, ""), [Target(url=receiver.url)])
    live.clock.advance(timedelta(hours=1))
    await notifier.push()
    assert receiver.told() == [["InstanceDown"]]
    live.act("restart", "exporter/nas:node")
    live.clock.advance(timedelta(minutes=20))
    await notifier.push()
    assert receiver.told() == [["-InstanceDown"]]
