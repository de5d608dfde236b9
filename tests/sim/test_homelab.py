from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
import urllib.error
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.homelab import Homelab, Wiring
from sre_assistant.sim.misbehaviour import MODES, Mode
from sre_assistant.sim.scenario import load_scenario
from tests.sim.receiver import receiving
from tests.sim.wire import get, send


def listening(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), parts.port or 0)) == 0


def test_it_leaves_nothing_behind(capfd: pytest.CaptureFixture[str]) -> None:
    threads = set(threading.enumerate())
    with Homelab() as homelab:
        urls = homelab.prometheus_url, homelab.alertmanager_url
        assert all(listening(url) for url in urls)
        assert get(f"{homelab.prometheus_url}/api/v1/query", query="up").status == 200
    assert not any(listening(url) for url in urls)
    assert set(threading.enumerate()) <= threads
    homelab.stop()
    assert capfd.readouterr() == ("", "")


async def test_it_runs_beside_an_event_loop() -> None:
    async with Homelab("host-gone", at="shows") as homelab:
        answer = await asyncio.to_thread(get, f"{homelab.alertmanager_url}/api/v2/alerts")
    names = {alert["labels"]["alertname"] for alert in answer.json}
    assert names == {"HostUnreachable", "InstanceDown", "ProxmoxStorageUnavailable"}


def test_two_of_them_live_side_by_side() -> None:
    with Homelab("healthy") as one, Homelab("probe-failure", at="shows") as other:
        assert (
            len({one.prometheus_url, one.alertmanager_url, other.prometheus_url, other.alertmanager_url}) == 4
        )
        assert get(f"{one.alertmanager_url}/api/v2/alerts").json == []
        assert len(get(f"{other.alertmanager_url}/api/v2/alerts").json) == 1


def test_it_has_no_address_before_it_starts_and_starts_once() -> None:
    homelab = Homelab()
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = homelab.prometheus_url
    with pytest.raises(RuntimeError, match="not running"):
        homelab.prometheus.fail("500")
    with homelab, pytest.raises(RuntimeError, match="started already"):
        homelab.start()


def test_fast_time_lets_the_story_unfold() -> None:
    with Homelab("backup-fills-nas") as homelab:
        homelab.clock.run(600)
        before = homelab.clock.now()
        while homelab.clock.now() < before + timedelta(minutes=1):
            get(f"{homelab.prometheus_url}/-/ready")
        homelab.clock.run(0)
        stopped = homelab.clock.now()
        homelab.clock.advance_to(homelab.scenario.moment("02:16"))
        firing = get(f"{homelab.prometheus_url}/api/v1/alerts").data["alerts"]
    assert stopped >= before + timedelta(minutes=1)
    assert {one["labels"]["alertname"] for one in firing} == {"DiskWillFillSoon", "HostHighCpuLoad"}


def test_it_can_play_today() -> None:
    start = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
    with Homelab("exporter-gone", start=start, at="shows") as homelab:
        assert homelab.clock.now() == start + timedelta(minutes=40)
        [alert] = get(f"{homelab.alertmanager_url}/api/v2/alerts").json
    assert alert["startsAt"].startswith("2031-05-04T03:1")


@pytest.mark.parametrize("status", ["401", "403", "404", "500", "502", "503"])
def test_a_server_can_answer_with_a_status(status: Mode) -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail(status)
        assert get(f"{homelab.prometheus_url}/-/ready").status == int(status)
        assert get(f"{homelab.alertmanager_url}/-/ready").status == 200
        homelab.prometheus.recover()
        assert get(f"{homelab.prometheus_url}/-/ready").status == 200


def test_a_server_can_answer_with_something_else() -> None:
    with Homelab() as homelab:
        url = f"{homelab.alertmanager_url}/api/v2/alerts"
        homelab.alertmanager.fail("html")
        page = get(url)
        homelab.alertmanager.fail("wrong-json")
        wrong = get(url)
        homelab.alertmanager.fail("not-json")
        cut = get(url)
    assert (page.status, page.kind, "<form>" in page.text) == (200, "text/html; charset=utf-8", True)
    assert isinstance(wrong.json, dict)
    with pytest.raises(ValueError, match="Expecting value"):
        _ = cut.json


def test_a_server_can_fail_on_some_paths_only() -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail("500", "/api/v1/rules")
        assert get(f"{homelab.prometheus_url}/api/v1/rules").status == 500
        assert get(f"{homelab.prometheus_url}/api/v1/query", query="up").status == 200


def test_a_server_can_refuse_and_come_back_on_the_same_port() -> None:
    with Homelab() as homelab:
        url = homelab.prometheus_url
        homelab.prometheus.fail("refuse")
        homelab.prometheus.fail("refuse")
        assert not listening(url)
        with pytest.raises(urllib.error.URLError):
            get(f"{url}/-/ready")
        homelab.prometheus.recover()
        assert homelab.prometheus_url == url
        assert get(f"{url}/-/ready").status == 200


def test_a_homelab_stops_while_a_server_refuses() -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail("refuse")
        url = homelab.prometheus_url
    assert not listening(url)


def test_a_server_can_stop_in_the_middle(capfd: pytest.CaptureFixture[str]) -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail("half")
        with pytest.raises(http.client.IncompleteRead):
            get(f"{homelab.prometheus_url}/api/v1/query", query="up")
    assert capfd.readouterr() == ("", "")


def test_a_server_can_hang_and_stopping_does_not_wait_for_it(capfd: pytest.CaptureFixture[str]) -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail("hang")
        with socket.create_connection(("127.0.0.1", urlsplit(homelab.prometheus_url).port or 0)) as client:
            client.sendall(b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
            homelab.stop()
            client.settimeout(5)
            assert b"200" not in client.recv(100)
    assert capfd.readouterr() == ("", "")


def test_a_huge_body_streams_and_a_reader_may_leave(capfd: pytest.CaptureFixture[str]) -> None:
    with Homelab() as homelab:
        homelab.prometheus.fail("huge")
        connection = http.client.HTTPConnection(
            "127.0.0.1", urlsplit(homelab.prometheus_url).port or 0, timeout=10
        )
        connection.request("GET", "/api/v1/query?query=up")
        answer = connection.getresponse()
        assert answer.status == 200
        assert len(answer.read(5_000_000)) == 5_000_000
        answer.close()
        connection.close()
        homelab.prometheus.recover()
        assert get(f"{homelab.prometheus_url}/-/ready").status == 200
    assert capfd.readouterr() == ("", "")


def test_an_unknown_mode_is_refused() -> None:
    with Homelab() as homelab, pytest.raises(ValueError, match=", ".join(MODES[:3])):
        homelab.prometheus.fail("explode")  # type: ignore[arg-type]


def test_writing_to_one_homelab_does_not_change_another() -> None:
    with Homelab("healthy") as one, Homelab("healthy") as other:
        send("POST", f"{one.alertmanager_url}/api/v2/alerts", [{"labels": {"alertname": "Mine"}}])
        assert len(get(f"{one.alertmanager_url}/api/v2/alerts").json) == 1
        assert get(f"{other.alertmanager_url}/api/v2/alerts").json == []


def test_every_system_answers_and_the_product_is_told_where() -> None:
    with Homelab("healthy") as homelab:
        told = homelab.environment()
        urls = {name: door.url for name, door in homelab.doors.items()}
        assert len(set(urls.values())) == len(urls) >= 9
        for name in (
            "prometheus",
            "alertmanager",
            "grafana",
            "loki",
            "proxmox",
            "pbs",
            "truenas",
            "kubernetes",
        ):
            assert urls[name].split("//")[1] in told[f"{name.upper()}_URL"], name
        assert all(get(f"{url}/").status < 600 for url in urls.values())
        assert homelab.requests >= len(urls), "a page that redirects is asked twice"


def test_the_story_closes_the_door_of_a_system_and_opens_it_again() -> None:
    story = load_scenario("blind-loki")
    with Homelab(story, at="11:04") as homelab:
        url = f"{homelab.doors['loki'].url}/ready"
        assert get(url).status == 200
        homelab.clock.advance(timedelta(minutes=2))
        _eventually(lambda: not listening(url))
        assert get(f"{homelab.prometheus_url}/-/ready").status == 200


def test_a_system_goes_with_its_machine() -> None:
    with Homelab("docker-host-gone", at="shows") as homelab:
        doors = homelab.doors
        assert {name for name, door in doors.items() if not listening(door.url)} == {"docker-media"}


def test_a_system_that_the_story_breaks_answers_so_at_once() -> None:
    with Homelab("blind-alertmanager", at="shows") as homelab:
        assert get(f"{homelab.alertmanager_url}/api/v2/alerts").status == 500


def test_who_wants_to_know_of_alerts_is_told_as_time_goes_on() -> None:
    with receiving() as receiver:
        wiring = Wiring(webhooks={"alertmanager": [Target(url=receiver.url)]})
        with Homelab("cpu-saturation", at="+0s", wiring=wiring) as homelab:
            homelab.clock.advance_to(homelab.scenario.moment(homelab.scenario.shows or ""))
            _eventually(lambda: bool(receiver.taken))
    assert receiver.taken[0].names == ["HostHighCpuLoad"]


def _eventually(happened: Callable[[], bool]) -> None:
    """Waits for what a loop of the homelab does by itself."""
    for _ in range(400):
        if happened():
            return
        time.sleep(0.02)
    raise AssertionError("it never happened")
