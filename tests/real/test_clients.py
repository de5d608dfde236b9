"""Debian's command-line clients read the simulated homelab as if it were the real thing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import load_scenario


@pytest.fixture(scope="module")
def homelab() -> Iterator[Homelab]:
    """A power cut that began a quarter of an hour ago, by this machine's clock."""
    story = load_scenario("power-cut")
    elapsed = story.moment(story.shows or "") - story.start
    with Homelab(story, speed=1.0, at="shows", start=datetime.now(UTC) - elapsed) as made:
        yield made


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_promtool_reads_values_series_and_labels(homelab: Homelab) -> None:
    url = homelab.prometheus_url
    battery = run("promtool", "query", "instant", url, "network_ups_tools_battery_charge")
    assert re.search(r'instance="nas.lan:9199", job="nut"\} => \d\d @\[\d+', battery)
    assert "pve1.lan" in run("promtool", "query", "labels", url, "instance")
    end = homelab.clock.now()
    window = ["--start", (end - timedelta(hours=1)).isoformat(), "--end", end.isoformat()]
    found = run("promtool", "query", "series", url, '--match=up{job="node"}', *window)
    assert len(found.splitlines()) == len(homelab.world.house.hosts)
    points = run(
        "promtool", "query", "range", url, 'node_load1{instance="nas.lan:9100"}', *window, "--step=1m"
    )
    assert len(re.findall(r"^[\d.]+ @\[\d+", points, re.MULTILINE)) == 61


def test_amtool_reads_alerts_and_silences_them(homelab: Homelab) -> None:
    amtool = ("amtool", "--alertmanager.url", homelab.alertmanager_url)
    assert "UpsOnBattery" in run(*amtool, "alert", "query")
    name = run(*amtool, "silence", "add", "alertname=UpsOnBattery", "--comment=known", "--author=me").strip()
    assert name in run(*amtool, "silence", "query")
    assert "UpsOnBattery" not in run(*amtool, "alert", "query")
    run(*amtool, "silence", "expire", name)
    assert "UpsOnBattery" in run(*amtool, "alert", "query")


def test_curl_reads_any_of_them(homelab: Homelab) -> None:
    told = homelab.environment()
    assert "Prometheus" in run("curl", "-sf", f"{told['PROMETHEUS_URL']}/-/healthy")
    assert run("curl", "-sf", f"{told['LOKI_URL']}/ready").strip() == "ready"
    header = f"Authorization: PVEAPIToken={told['PROXMOX_API_TOKEN']}"
    assert '"version"' in run("curl", "-sf", "-H", header, f"{told['PROXMOX_URL']}/api2/json/version")
    grafana = f"Authorization: Bearer {told['GRAFANA_SERVICE_ACCOUNT_TOKEN']}"
    assert '"uid"' in run("curl", "-sf", "-H", grafana, f"{told['GRAFANA_URL']}/api/search")
