"""Grafana's Alertmanager API is Prometheus Alertmanager's: the same read against a real one."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sre_assistant.contracts.tool import Tool
from sre_assistant.integrations.grafana import connect
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from tests.integrations.grafana.answers import ALERTS
from tests.real.servers import Lab, free_port, wait_until

PREFIX = "/api/alertmanager/grafana"
BINARY = "prometheus-alertmanager"
CONFIG = """\
route: {receiver: nobody}
receivers: [{name: nobody}]
inhibit_rules:
  - source_matchers: [alertname="NasDown"]
    target_matchers: [alertname="ShareSlow"]
"""
NOW = SystemClock().now()


def posted(url: str, body: object) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Alertmanager where Grafana has its own, with one alert of each kind."""
    if shutil.which(BINARY) is None:
        reason = f"not installed: {BINARY} (Debian: apt install {BINARY})"
        if os.environ.get("SRE_TEST_REQUIRE_REAL"):  # noqa: TID251  tests are told by CI, not by settings
            pytest.fail(reason)
        pytest.skip(reason)
    lab = Lab(tmp_path_factory.mktemp("alertmanager"), {"alertmanager": free_port()})
    (lab.folder / "alertmanager.yml").write_text(CONFIG)
    try:
        lab.start(
            "alertmanager",
            BINARY,
            "--config.file=alertmanager.yml",
            "--storage.path=alertmanager",
            f"--web.listen-address={lab.address('alertmanager')}",
            f"--web.route-prefix={PREFIX}",
            "--cluster.listen-address=",
            ready=f"{PREFIX}/-/ready",
        )
        fill(lab.url("alertmanager"))
        yield lab.url("alertmanager")
    finally:
        lab.stop_all()


def fill(base: str) -> None:
    names = ("DiskFull", "NasDown", "ShareSlow", "PageDown")
    began, ends = NOW - timedelta(minutes=5), NOW + timedelta(hours=1)
    silence = {
        "matchers": [{"name": "alertname", "value": "PageDown", "isRegex": False, "isEqual": True}],
        "startsAt": began.isoformat(),
        "endsAt": ends.isoformat(),
        "createdBy": "ann",
        "comment": "known",
    }
    posted(f"{base}{PREFIX}/api/v2/silences", silence)
    posted(
        f"{base}{ALERTS}",
        [
            {"labels": {"alertname": n}, "startsAt": began.isoformat(), "endsAt": ends.isoformat()}
            for n in names
        ],
    )
    told = f"{base}{ALERTS}?active=false"
    wait_until(lambda: len(json.load(urllib.request.urlopen(told))) == 2, "two alerts are quiet")


async def listed(url: str, state: str) -> list[str]:
    config = Config(url=url)
    wire = LiveWire("graf", config, SystemClock(), Random(1))
    try:
        found: dict[str, Tool] = {t.name: t for t in connect(config, wire, SystemClock(), "graf").tools}
        result = await found["grafana_get_alerts"].call(state=state)
    finally:
        await wire.aclose()
    return sorted(line.split()[1] for line in result.text.splitlines()[1:])


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("any", ["DiskFull", "NasDown", "PageDown", "ShareSlow"]),
        ("active", ["DiskFull", "NasDown"]),
        ("suppressed", ["PageDown", "ShareSlow"]),
        ("unprocessed", []),
    ],
)
async def test_every_state_is_answered_by_a_real_one(url: str, state: str, names: list[str]) -> None:
    assert await listed(url, state) == names


def test_the_filter_that_is_not_sent_is_the_one_it_refuses(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}{ALERTS}?filter=active", timeout=10)
    with caught.value as refusal:
        assert refusal.code == 400
        assert b"bad matcher format: active" in refusal.read()
