"""Silences made in a real Alertmanager, beside what its own client amtool says of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.errors import Missing, Rejected
from sre_assistant.integrations.alertmanager import connect
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from tests.real.servers import Lab, lab, wait_until

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("amtool") is None, reason="not installed: amtool"),
]

ALERTS = [
    {"alertname": "DiskFull", "instance": "nas.lan:9100", "mountpoint": "/tank/media"},
    {"alertname": "DiskFull", "instance": "nas-lan:9100", "mountpoint": 'C:\\"Größe"'},
    {"alertname": "DiskFull", "instance": "pve1.lan:9100", "mountpoint": "/\tx"},
    {"alertname": "HostDown", "instance": "pve2.lan:9100", "team": "house\nhold"},
]
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An Alertmanager with a few alerts."""
    with lab(tmp_path_factory.mktemp("silences")) as running:
        running.start_alertmanager()
        began = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        posted = [{"labels": labels, "startsAt": began} for labels in ALERTS]
        url = running.url("alertmanager") + "/api/v2/alerts"
        request = urllib.request.Request(
            url, json.dumps(posted).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()
        wait_until(lambda: len(amtool(running, "alert", "query")) == len(ALERTS), "the alerts are known")
        yield running


def amtool(servers: Lab, *arguments: str) -> list[dict[str, Any]]:
    """What Alertmanager's own client says."""
    url = f"--alertmanager.url={servers.url('alertmanager')}"
    done = subprocess.run(
        ["amtool", url, "--output=json", *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


class Asked:
    """The tools over a real Alertmanager."""

    def __init__(self, config: Config, wire: LiveWire) -> None:
        self._tools = {tool.name: tool for tool in connect(config, wire, SystemClock(), "am").tools}

    async def call(self, name: str, **given: str) -> ToolResult:
        return await self._tools[f"alertmanager_{name}"].called(given)


@asynccontextmanager
async def asked(servers: Lab) -> AsyncIterator[Asked]:
    config = Config(url=servers.url("alertmanager"), allow_changes=True)
    wire = LiveWire("am", config, SystemClock(), Random(1))
    try:
        yield Asked(config, wire)
    finally:
        await wire.aclose()


def id_of(result: ToolResult) -> str:
    return result.text.split()[2]


async def test_a_silence_is_what_amtool_sees_and_what_it_ends(servers: Lab) -> None:
    before = datetime.now(UTC)
    async with asked(servers) as am:
        made = await am.call(
            "create_silence",
            matchers=r'alertname="DiskFull", instance=~"nas\\.lan:.*", team!="x"',
            duration="90m",
            comment="new disk",
            created_by="ann",
        )
        (seen,) = amtool(servers, "silence", "query")
        held = amtool(servers, "alert", "query", "--silenced")
        listed = await am.call("list_alerts", state="suppressed")
        await am.call("expire_silence", id=id_of(made))
        assert amtool(servers, "silence", "query") == []
        again = await am.call("expire_silence", id=id_of(made))
    assert (seen["id"], seen["comment"], seen["createdBy"]) == (id_of(made), "new disk", "ann")
    assert sorted((m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in seen["matchers"]) == [
        ("alertname", "DiskFull", False, True),
        ("instance", r"nas\.lan:.*", True, True),
        ("team", "x", False, False),
    ]
    ends = datetime.fromisoformat(seen["endsAt"])
    assert before + timedelta(minutes=90, seconds=-3) <= ends <= datetime.now(UTC) + timedelta(minutes=90)
    assert [alert["labels"]["instance"] for alert in held] == ["nas.lan:9100"]
    assert "It holds back 1 of 4 active alerts now:\n  DiskFull since" in made.text
    assert f"held by silence {id_of(made)}" in listed.text
    assert again.text.startswith("Nothing was changed, it had ended before")


@pytest.mark.parametrize(
    ("matchers", "theirs"),
    [
        ('alertname="DiskFull"', ['alertname="DiskFull"']),
        (r'alertname="DiskFull", instance=~"nas.lan:.*"', ['alertname="DiskFull"', 'instance=~"nas.lan:.*"']),
        (r'instance=~"nas\\.lan:.*"', ['instance=~"nas[.]lan:.*"']),
        ('alertname=~"Disk.*|Host.*", team=""', ['alertname=~"Disk.*|Host.*"', 'team=""']),
        ('alertname=~"(?i)diskfull", mountpoint!="/tank/media"', ['mountpoint!="/tank/media"', 'team=""']),
        (r'mountpoint="C:\\\"Größe\""', [r'mountpoint="C:\\\"Größe\""']),
        (r'mountpoint="/\tx"', ['mountpoint="/\tx"']),
        (r'team="house\nhold"', [r'team="house\nhold"']),
        ('alertname="Nothing"', ['alertname="Nothing"']),
    ],
)
async def test_as_many_alerts_are_held_back_as_was_said(
    servers: Lab, matchers: str, theirs: list[str]
) -> None:
    meant = amtool(servers, "alert", "query", *theirs)
    async with asked(servers) as am:
        made = await am.call("create_silence", matchers=matchers, comment="x")
        held = amtool(servers, "alert", "query", "--silenced")
        await am.call("expire_silence", id=id_of(made))
    assert {one["fingerprint"] for one in held} == {one["fingerprint"] for one in meant}
    assert f"It holds back {len(held) or 'none'} of 4 active alerts now" in made.text
    assert ("WARNING: nothing that is active now is told of" in made.text) == (len(held) == len(ALERTS))


async def test_what_alertmanager_refuses_changes_nothing(servers: Lab) -> None:
    async with asked(servers) as am:
        with pytest.raises(Rejected, match="error parsing regexp"):
            await am.call("create_silence", matchers='alertname=~"Disk("', comment="x")
        with pytest.raises(Missing, match="alertmanager_list_silences shows"):
            await am.call("expire_silence", id=NOBODY)
    assert amtool(servers, "silence", "query") == []


async def test_the_tools_show_what_amtool_shows(servers: Lab) -> None:
    async with asked(servers) as am:
        alerts = await am.call("list_alerts")
        groups = await am.call("list_groups")
        status = await am.call("status")
    for one in amtool(servers, "alert", "query"):
        assert one["fingerprint"] in alerts.text
    assert alerts.text.startswith("4 alerts; 4 match")
    assert alerts.text.count(" to nobody") == 4
    assert groups.text.startswith("1 group; 1 match\n  {} to nobody: 4 alerts")
    assert status.text.startswith("Alertmanager 0.")
