from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.live import Live
from sre_assistant.sim.scenario import load_scenario
from sre_assistant.sim.servers.grafana.server import Grafana
from tests.sim.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def test_a_busy_machine_is_told_in_grafanas_words(receiver: Receiver) -> None:
    story = load_scenario("backup-fills-nas")
    clock = SimClock(story.moment(story.shows or "+0s"))
    notifier = Grafana(Live(story, 1, clock)).notifier((Target(url=receiver.url, secret="s3cret"),))
    assert await notifier.push() == 1
    [posted] = receiver.taken
    assert posted.headers["User-Agent"] == "Grafana"
    signature = hmac.new(b"s3cret", posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Grafana-Alerting-Signature"] == signature
    told = posted.json
    assert list(told) == [
        *("receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations", "externalURL"),
        *("appVersion", "version", "groupKey", "truncatedAlerts", "orgId", "title", "state", "message"),
    ]
    assert (told["version"], told["orgId"], told["state"]) == ("1", 1, "alerting")
    assert told["title"] == "[FIRING:1] CpuBusy Homelab (nas.lan:9100 warning)"
    assert told["groupKey"] == '{}:{alertname="CpuBusy", grafana_folder="Homelab"}'
    [alert] = told["alerts"]
    assert list(alert) == [
        *("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"),
        *("silenceURL", "dashboardURL", "panelURL", "ruleUID", "values", "valueString", "orgId"),
    ]
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["values"]["C"] == 1
    assert 0.85 < alert["values"]["A"] <= 1
    assert alert["valueString"].endswith("[ var='C' labels={instance=nas.lan:9100} value=1 ]")
    assert "matcher=alertname%3DCpuBusy" in alert["silenceURL"]
    assert alert["panelURL"].startswith("http://grafana.lan:3000/d/node?orgId=1&viewPanel=")
    assert not [name for name in alert["labels"] if name.startswith("__")]
    assert told["message"].startswith("**Firing**\n\nValue: A=0.")


async def test_what_is_over_is_told_as_ok(receiver: Receiver) -> None:
    story = Lab().at("01:00").fail_page("http://jellyfin.lan:8096/", status=0, lasts="20m").scenario()
    clock = SimClock(story.start)
    notifier = Grafana(Live(story, 1, clock)).notifier((Target(url=receiver.url),))
    clock.advance(timedelta(hours=2))
    await notifier.push()
    first, last = receiver.taken
    assert [one.json["state"] for one in (first, last)] == ["alerting", "ok"]
    assert last.json["title"].startswith("[RESOLVED] PageDown Services (")
    assert last.json["alerts"][0]["values"] == {"A": 0, "C": 1}
    assert first.json["alerts"][0]["dashboardURL"] == ""
