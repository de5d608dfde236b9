"""Against the simulated daemons, which share no code with the integration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.errors import Denied, Unreachable
from sre_assistant.domain.inventory import LogFilter, Resource
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker import connect
from sre_assistant.integrations.docker.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab, Wiring
from sre_assistant.sim.scenario import Scenario, checked

STORY = """
name: trouble
title: Containers in trouble
start: 2026-11-15T00:30:00Z
adds:
  containers:
    media:
      spiteful:
        image: "reg.lan:5000/x/y:2"
        memory: 20MiB
        env: ["TOKEN=hunter2"]
        labels: {"</script>": "<b>hunter2"}
timeline:
  - {fault: crash-loop, at: "00:40", container: "media:sonarr", code: 3}
  - {fault: container-oom, at: "00:40", container: "apps:mealie", period: 5m}
  - fault: unhealthy
    at: "00:45"
    container: "media:jellyfin"
    cured_by: ["restart container/media:jellyfin"]
"""


def told(*lines: str) -> Scenario:
    return checked(Document(STORY + "\n".join(lines), "story.yaml"))


@asynccontextmanager
async def connected(
    homelab: Homelab, host: str = "media", *, url: str = "", allow_changes: bool = False
) -> AsyncIterator[Integration]:
    config = Config(
        url=url or homelab.doors[f"docker-{host}"].url.replace("http", "tcp"), allow_changes=allow_changes
    )
    clock = FixedClock(homelab.clock.now())
    wire = LiveWire("docker", config, clock, Random(1))
    try:
        yield connect(config, wire, clock)
    finally:
        await wire.aclose()


async def inventory(integration: Integration) -> dict[str, Resource]:
    assert integration.inventory
    return {one.name: one for one in (await integration.inventory.inventory()).value}


@pytest.mark.parametrize(("host", "api"), [("media", "1.47"), ("apps", "1.43"), ("mon", "1.41")])
async def test_each_release_is_spoken_to_in_its_own_version(host: str, api: str) -> None:
    async with Homelab(told()) as homelab, connected(homelab, host) as integration:
        checkup = await integration.checkup()
    assert checkup.status == "ok"
    assert any(finding.text.endswith(f"spoken {api}") for finding in checkup.findings)


async def test_trouble_is_seen() -> None:
    async with Homelab(told(), at="01:00") as homelab:
        async with connected(homelab) as integration:
            found = await inventory(integration)
            shown = {tool.name: tool for tool in integration.tools}
            text = (await shown["docker_inspect_container"].call(container="spiteful")).text
            assert integration.changes
            window = Window.before(homelab.clock.now(), timedelta(minutes=20))
            reading = await integration.changes.changes(window)
        async with connected(homelab, "apps") as integration:
            mealie = (await inventory(integration))["mealie"]
    assert (found["sonarr"].health, found["jellyfin"].health) == ("failed", "failed")
    assert found["sonarr"].figures["exit_code"] == 3
    assert mealie.figures["restarts"] > 0
    assert "TOKEN" in text
    assert "hunter2" not in text
    sonarr = {(one.text.split()[0], one.outcome) for one in reading.value if one.subject == "sonarr"}
    assert sonarr >= {("die", "failed"), ("start", "ok")}
    # The noise of the health checks has pushed the first of these minutes out of the daemon's memory.
    assert reading.completeness is Completeness.PARTIAL
    assert "remembers its last 256 events only" in reading.detail


async def test_logs_are_those_of_the_house() -> None:
    async with Homelab(told(), at="01:00") as homelab, connected(homelab) as integration:
        assert integration.logs
        window = Window.before(homelab.clock.now(), timedelta(minutes=10))
        errors = await integration.logs.lines(LogFilter(container="sonarr", levels=("error",)), window, 10)
    assert errors.value
    assert {(one.host, one.container, one.level) for one in errors.value} == {("media", "sonarr", "error")}
    assert all(window.start <= one.at <= window.end for one in errors.value)


async def test_a_restart_cures_what_a_restart_cures() -> None:
    async with Homelab(told(), at="01:00") as homelab:
        async with connected(homelab, allow_changes=True) as integration:
            assert integration.actuator
            assert (await inventory(integration))["jellyfin"].health == "failed"
            receipt = await integration.actuator.act("restart", "jellyfin")
        homelab.clock.advance(timedelta(minutes=2))
        async with connected(homelab) as integration:
            assert (await inventory(integration))["jellyfin"].health == "ok"
    assert receipt.value.said == "restarted jellyfin"


async def test_a_socket_is_as_good_as_a_port(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    wiring = Wiring(sockets={"docker-media": path})
    async with Homelab(told(), wiring=wiring) as homelab, connected(homelab, url=f"unix://{path}") as near:
        checkup = await near.checkup()
        assert "jellyfin" in await inventory(near)
    assert (checkup.status, checkup.url) == ("ok", f"unix://{path}")
    assert any("is root on its host" in finding.text for finding in checkup.findings)


async def test_what_a_proxy_hides_is_denied_and_never_empty() -> None:
    denied = '  - {fault: deny, at: "00:30", system: docker, privilege: CONTAINERS}'
    async with Homelab(told(denied), at="00:31") as homelab, connected(homelab) as integration:
        assert integration.inventory
        with pytest.raises(Denied, match="CONTAINERS=1"):
            await integration.inventory.inventory()
        checkup = await integration.checkup()
    assert checkup.status == "limited"
    assert any("CONTAINERS=1" in finding.fix for finding in checkup.findings)


async def test_a_proxy_that_hides_the_machine_leaves_its_containers() -> None:
    denied = '  - {fault: deny, at: "00:30", system: docker, privilege: INFO}'
    async with Homelab(told(denied), at="00:31") as homelab, connected(homelab) as integration:
        assert integration.inventory
        reading = await integration.inventory.inventory()
    assert reading.completeness is Completeness.PARTIAL
    assert "INFO=1" in reading.detail
    assert {one.kind for one in reading.value} == {"container"}


async def test_a_read_only_proxy_refuses_the_change() -> None:
    denied = '  - {fault: deny, at: "00:30", system: docker, privilege: POST}'
    async with (
        Homelab(told(denied), at="00:31") as homelab,
        connected(homelab, allow_changes=True) as integration,
    ):
        assert integration.actuator
        with pytest.raises(Denied, match="allow POST /containers/NAME/restart in the proxy"):
            await integration.actuator.act("restart", "jellyfin")
        assert await inventory(integration)


async def test_a_daemon_goes_with_its_machine() -> None:
    gone = '  - {fault: lose-host, at: "00:30", host: media}'
    async with Homelab(told(gone), at="00:31") as homelab, connected(homelab) as integration:
        assert integration.inventory
        with pytest.raises(Unreachable):
            await integration.inventory.inventory()
        assert (await integration.checkup()).status == "down"
