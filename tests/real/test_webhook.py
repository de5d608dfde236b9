"""What a real Alertmanager posts to a webhook, beside what the simulated one posts for the same alerts."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sre_assistant.sim.alerting.notification import Route
from sre_assistant.sim.alerting.notified import Inbox
from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.rules import Rules
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.alerting.webhooks import alertmanager_style
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.quantities import Span
from sre_assistant.sim.servers.posted import alerts_of
from tests.real.servers import Lab, lab, wait_until
from tests.sim.receiver import Posted, Receiver, receiving

pytestmark = pytest.mark.real

EXTERNAL = "http://alerts.lan:9093"
ROUTE = Route(
    receiver="hook",
    group_by=("alertname", "site"),
    group_wait=Span(2),
    group_interval=Span(0.6),
    max_alerts=3,
)
FIRING: list[dict[str, Any]] = [
    {
        "labels": {"alertname": 'Disk <full> & "odd"', "site": "größe", "severity": "critical"},
        "annotations": {"summary": "back\\slash\nand line", "runbook_url": "https://wiki.example/a?b=c&d"},
        "generatorURL": "http://mon.lan/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    },
    *(
        {
            "labels": {"alertname": "Down", "site": "attic", "instance": instance, "job": job, "empty": ""},
            "annotations": {"summary": "down", "about": instance},
        }
        for instance, job in (("b:1", "node"), ("a:2", "node"), ("a:1", "blackbox"), ("z:9", "aaa"))
    ),
    {"labels": {"alertname": "Nowhere"}, "annotations": {}},
]


@pytest.fixture
def real(tmp_path: Path) -> Iterator[tuple[Lab, Receiver]]:
    """An Alertmanager that tells one receiver, impatiently."""
    with lab(tmp_path) as servers, receiving() as receiver:
        config = {
            "route": {
                "receiver": "hook",
                "group_by": list(ROUTE.group_by),
                "group_wait": "2s",
                "group_interval": "600ms",
            },
            "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver.url, "max_alerts": 3}]}],
        }
        (tmp_path / "alertmanager.yml").write_text(json.dumps(config))
        servers.start(
            "alertmanager",
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            "--storage.path=alertmanager",
            f"--web.listen-address={servers.address('alertmanager')}",
            f"--web.external-url={EXTERNAL}",
            "--web.route-prefix=/",
            "--cluster.listen-address=",
        )
        yield servers, receiver


def by_group(posted: list[Posted]) -> dict[str, Posted]:
    """One notification of each group."""
    return {one.json["groupKey"]: one for one in posted}


def posts(now: datetime) -> tuple[bytes, bytes]:
    """The alerts as they have just begun, and then some of them as they are over."""
    began = (now - timedelta(milliseconds=877)).isoformat()
    firing: list[dict[str, Any]] = [{**one, "startsAt": began} for one in FIRING]
    over = [{**one, "endsAt": now.isoformat()} for one in firing[:2] + firing[-1:]]
    return json.dumps(firing).encode(), json.dumps(over).encode()


def said_by_the_real_one(servers: Lab, receiver: Receiver, now: datetime) -> list[dict[str, Posted]]:
    url = servers.url("alertmanager") + "/api/v2/alerts"
    said = []
    for body in posts(now):
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()
        wait_until(lambda: len(by_group(receiver.taken)) == 3, "three groups have been told")
        said.append(by_group(receiver.taken))
        receiver.taken.clear()
    return said


async def said_by_ours(receiver: Receiver, now: datetime) -> list[dict[str, Posted]]:
    clock = SimClock(now)
    inbox = Inbox(Rules(()), Silences(1), "")
    notifier = Notifier(inbox, clock, alertmanager_style("hook", EXTERNAL), [Target(url=receiver.url)], ROUTE)
    said = []
    for body in posts(now):
        inbox.post(alerts_of(body, clock.milliseconds()))
        clock.advance(timedelta(seconds=3))
        await notifier.push()
        said.append(by_group(receiver.taken))
        receiver.taken.clear()
    return said


async def test_every_byte_is_the_same(real: tuple[Lab, Receiver]) -> None:
    servers, there = real
    now = datetime.now(UTC).replace(microsecond=0)
    theirs = said_by_the_real_one(servers, there, now)
    with receiving() as here:
        ours = await said_by_ours(here, now)
    for they, we in zip(theirs, ours, strict=True):
        assert set(we) == set(they)
        for group, posted in they.items():
            assert we[group].body == posted.body
            assert names(we[group]) == names(posted)


def names(posted: Posted) -> dict[str, Any]:
    """The headers that both must send."""
    kept = ("User-Agent", "Content-Type", "Content-Length")
    return {name: posted.headers.get(name) for name in kept}
