"""The Docker integration against a real daemon, by socket and by TLS, and beside the simulated one."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import docker
import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.inventory import Change, LogFilter, LogLine, Resource
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker import connect
from sre_assistant.integrations.docker.config import Config
from sre_assistant.kit.clock import Clock, FixedClock, SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import checked
from tests.real.servers import free_port, wait_until
from tests.real.test_docker_shapes import PROGRAMS, image

IMAGE = "tools/busybox:1"
NAMES = {"well", "sick", "loop", "done", "oom", "tty", "mute", "long"}
STORY = """
name: beside
title: A crash loop, a container without memory, a sick one and a stopped one
start: 2026-11-15T00:30:00Z
timeline:
  - {fault: crash-loop, at: "00:31", container: "mon:loki", code: 3}
  - {fault: stop-container, at: "00:31", container: "mon:alloy", code: 0}
  - {fault: unhealthy, at: "00:31", container: "media:jellyfin"}
"""
LOCAL = SystemClock()

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        os.geteuid() != 0 or any(shutil.which(name) is None for name in (*PROGRAMS, "openssl")),
        reason="needs root, dockerd and openssl (Debian packages docker.io, busybox-static and openssl)",
    ),
]


@dataclass(frozen=True)
class Daemon:
    """A running dockerd with containers in every kind of trouble."""

    socket: Path
    port: int
    certificates: Path
    memory_limits: bool

    @property
    def doors(self) -> dict[str, Config]:
        """Both ways in."""
        return {
            "socket": Config(url=f"unix://{self.socket}", allow_changes=True),
            "tls": Config(
                url=f"tcp://127.0.0.1:{self.port}", cert_path=self.certificates, allow_changes=True
            ),
        }


def signed(folder: Path, name: str) -> None:
    """A certificate and its key, by the authority in the folder."""
    (folder / "ext").write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={name}Auth\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}"]
    openssl(folder, "req", *new_key, "-keyout", f"{name}-key.pem", "-out", f"{name}.csr")
    by = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "ext"]
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", *by, "-out", f"{name}.pem")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def made_certificates(folder: Path) -> Path:
    """An authority, the daemon's certificate, and a folder as ``DOCKER_CERT_PATH`` names one."""
    ours = folder / "client"
    ours.mkdir(parents=True)
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=authority"]
    openssl(folder, "req", "-x509", *new_key, "-days", "2", "-keyout", "ca-key.pem", "-out", "ca.pem")
    signed(folder, "server")
    signed(folder, "client")
    for origin, target in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        shutil.copy(folder / f"{origin}.pem", ours / f"{target}.pem")
    return ours


def command(folder: Path, port: int) -> list[str]:
    certificates = folder / "certificates"
    return [
        str(shutil.which("dockerd")),
        f"--config-file={folder / 'daemon.json'}",
        f"--host=unix://{folder / 'docker.sock'}",
        f"--host=tcp://127.0.0.1:{port}",
        "--tlsverify",
        f"--tlscacert={certificates / 'ca.pem'}",
        f"--tlscert={certificates / 'server.pem'}",
        f"--tlskey={certificates / 'server-key.pem'}",
        f"--data-root={folder / 'data'}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'pid'}",
        "--storage-driver=vfs",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    ]


def filled(client: docker.DockerClient) -> None:
    """Containers in every kind of trouble, and in none."""
    client.api.import_image_from_data(
        image(str(shutil.which("busybox"))), repository="tools/busybox", tag="1"
    )

    def container(name: str, script: str, **more: Any) -> None:
        shell = ["/bin/sh", "-c", script]
        client.containers.run(IMAGE, shell, name=name, detach=True, network_mode="none", **more)

    second = 10**9
    talking = "i=0; while :; do i=$((i+1)); echo out $i; echo ERROR: err $i >&2; busybox sleep 1; done"
    project = {"com.docker.compose.project": "site", "com.docker.compose.service": "front"}
    passing = {"test": ["CMD", "/bin/busybox", "true"], "interval": second, "retries": 2}
    failing = {**passing, "test": ["CMD-SHELL", "echo no room; exit 1"]}
    container("well", talking, healthcheck=passing, labels=project, environment={"TOKEN": "hunter2"})
    container("sick", "busybox sleep 3000", healthcheck=failing)
    container("loop", "echo boom >&2; exit 3", restart_policy={"Name": "always"})
    container("done", "exit 0")
    polite = "trap 'exit 143' TERM; echo from a terminal; while :; do busybox sleep 1; done"
    container("tty", polite, tty=True)
    container("mute", "busybox sleep 3000", log_config={"type": "none"})
    container("long", "busybox head -c 40000 /dev/zero | busybox tr '\\0' x; echo; exec busybox sleep 3000")
    limits = {"mem_limit": "16m", "memswap_limit": "16m"} if client.info()["MemoryLimit"] else {}
    container("oom", "x=a; while :; do x=$x$x; done" if limits else "exit 0", **limits)


def settled(client: docker.DockerClient) -> bool:
    """Whether everything that was to go wrong has done so."""
    found = {each.name: each.attrs for each in client.containers.list(all=True)}
    return (
        found["sick"]["State"]["Health"]["Status"] == "unhealthy"
        and found["well"]["State"]["Health"]["Status"] == "healthy"
        and found["oom"]["State"]["Status"] == "exited"
        and found["done"]["State"]["Status"] == "exited"
        and found["loop"]["RestartCount"] >= 2
        and b"\n" in client.containers.get("long").logs()
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("dockerd")
    (folder / "daemon.json").write_text("{}")
    (folder / "certificates").mkdir()
    ours = made_certificates(folder / "certificates")
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command(folder, port), stdout=log, stderr=subprocess.STDOUT)
        door = folder / "docker.sock"
        try:
            wait_until(lambda: process.poll() is not None or answers(door), "dockerd answers")
            if process.poll() is not None:
                pytest.skip(f"dockerd cannot run here: {(folder / 'log').read_text().splitlines()[-1]}")
            client = docker.DockerClient(base_url=f"unix://{door}")
            filled(client)
            wait_until(lambda: settled(client), "all containers have come to what they were made for")
            yield Daemon(door, port, ours, bool(client.info()["MemoryLimit"]))
            for each in client.containers.list(all=True):
                each.remove(force=True)
            client.close()
        finally:
            process.terminate()
            process.wait(30)


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in probe.recv(64)
        except OSError:
            return False


@asynccontextmanager
async def connected(config: Config, clock: Clock = LOCAL) -> AsyncIterator[Integration]:
    wire = LiveWire("docker", config, clock, Random(1))
    try:
        yield connect(config, wire, clock)
    finally:
        await wire.aclose()


@pytest.fixture(params=["socket", "tls"])
async def integration(real: Daemon, request: pytest.FixtureRequest) -> AsyncIterator[Integration]:
    """The same daemon through each of its doors."""
    async with connected(real.doors[request.param]) as found:
        yield found


async def inventory(integration: Integration) -> dict[str, Resource]:
    assert integration.inventory
    reading = await integration.inventory.inventory()
    assert reading.completeness is Completeness.COMPLETE, reading.detail
    return {one.name: one for one in reading.value}


async def called(integration: Integration, tool: str, **given: object) -> ToolResult:
    return await {each.name: each for each in integration.tools}[tool].call(**given)


def last_hour(clock: Clock = LOCAL) -> Window:
    return Window.before(clock.now(), timedelta(hours=1))


async def lines(integration: Integration, **wanted: Any) -> Reading[tuple[LogLine, ...]]:
    assert integration.logs
    return await integration.logs.lines(LogFilter(**wanted), last_hour(), 500)


async def changes(integration: Integration, window: Window) -> tuple[Change, ...]:
    assert integration.changes
    return (await integration.changes.changes(window)).value


async def until(condition: Callable[[dict[str, Resource]], bool], integration: Integration) -> None:
    """Waits for a state of the containers, not for a time; the bound only ends a test that has failed."""
    for _ in range(300):
        if condition(await inventory(integration)):
            return
        await LOCAL.sleep(0.1)
    raise AssertionError("the containers never came to that state")


async def test_containers_are_seen_as_they_fare(real: Daemon, integration: Integration) -> None:
    found = await inventory(integration)
    (host,) = (one for one in found.values() if one.kind == "host")
    assert set(found) == {*NAMES, host.name}
    assert {one.host for one in found.values() if one.kind == "container"} == {host.name}
    assert (found["well"].health, found["well"].detail, found["well"].within) == ("ok", "", "site")
    assert found["well"].labels["service"] == "front"
    assert found["sick"].health == "failed"
    assert found["sick"].detail.endswith("times in a row: no room")
    assert found["loop"].figures["restarts"] >= 2
    assert found["loop"].health in {"failed", "warning"}  # it may just be between two ends
    assert (found["done"].state, found["done"].health, found["done"].figures["exit_code"]) == (
        "exited",
        "unknown",
        0.0,
    )
    if real.memory_limits:
        assert (found["oom"].health, found["oom"].figures["exit_code"]) == ("failed", 137.0)
        assert found["oom"].detail == "exit code 137, killed for want of memory"
        assert found["oom"].figures["memory_bytes"] == 16 * 1024**2
    now = LOCAL.now()
    assert all(one.since and one.since <= now for one in found.values() if one.kind == "container")


async def test_the_streams_of_a_log_are_told_apart(integration: Integration) -> None:
    reading = await lines(integration, container="well")
    streams = {one.labels["stream"]: one for one in reading.value}
    assert set(streams) == {"stdout", "stderr"}
    assert streams["stdout"].text.startswith("out ")
    assert (streams["stderr"].level, streams["stdout"].level) == ("error", "")
    assert [one.at for one in reading.value] == sorted(one.at for one in reading.value)
    assert {one.service for one in reading.value} == {"front"}
    assert len({one.text for one in reading.value}) == len(reading.value)


async def test_logs_come_whole_from_a_terminal_and_from_long_lines(integration: Integration) -> None:
    bare = (await lines(integration, container="tty")).value[0]
    (long,) = (await lines(integration, container="long")).value
    assert (bare.text, "stream" in bare.labels) == ("from a terminal", False)
    assert long.text == "x" * 40_000


async def test_a_window_in_the_past_holds_its_lines_alone(integration: Integration) -> None:
    whole = (await lines(integration, container="well")).value
    window = Window(whole[1].at, whole[2].at)
    # A window that ends within two seconds ends now, and its newest lines belong to it.
    await asyncio.sleep(max(0.0, 3 - (datetime.now(UTC) - window.end).total_seconds()))
    assert integration.logs
    part = await integration.logs.lines(LogFilter(container="well"), window, 500)
    assert [one.text for one in part.value] == [whole[1].text, whole[2].text]


async def test_lines_are_found_by_level_and_text(integration: Integration) -> None:
    errors = (await lines(integration, levels=("error",))).value
    assert {one.container for one in errors} == {"well"}
    booms = (await lines(integration, containing=("BOOM",))).value
    assert {(one.container, one.labels["stream"], one.text) for one in booms} == {("loop", "stderr", "boom")}


async def test_a_log_that_nobody_keeps_is_unsupported(integration: Integration) -> None:
    mute = await lines(integration, container="mute")
    everything = await lines(integration)
    assert mute.completeness is Completeness.UNSUPPORTED
    assert everything.completeness is Completeness.PARTIAL
    assert everything.detail == "the log driver keeps nothing that can be read: mute"


async def test_use_is_measured(integration: Integration) -> None:
    result = await called(integration, "docker_container_stats")
    used = {one.container: one for one in result.data}  # type: ignore[attr-defined]
    assert NAMES - {"loop", "done", "oom"} <= set(used)
    assert all(one.cpus is not None and one.cpus >= 0 for one in used.values())
    assert all(one.memory > 0 and one.limit is None for one in used.values())
    assert used["well"].processes >= 1


async def test_events_tell_what_went_wrong(real: Daemon, integration: Integration) -> None:
    told = await changes(integration, last_hour())
    texts = [one.text for one in told]
    assert f"die loop (exitCode=3, image={IMAGE})" in texts
    assert f"create well (image={IMAGE})" in texts
    assert f"health_status sick: unhealthy (image={IMAGE})" in texts
    outcomes = {one.text.split(" (")[0]: one.outcome for one in told}
    assert (outcomes["die loop"], outcomes["die done"]) == ("failed", "ok")
    if real.memory_limits:
        assert outcomes["oom oom"] == "failed"
    assert [one.at for one in told] == sorted(one.at for one in told)


async def test_a_container_is_restarted_stopped_and_started(integration: Integration) -> None:
    assert integration.actuator
    before = (await inventory(integration))["tty"]
    began = LOCAL.now()
    restarted = await integration.actuator.act("restart", "tty")
    assert restarted.value.said == "restarted tty"
    after = (await inventory(integration))["tty"]
    assert before.since
    assert after.since
    assert (after.state, after.since > before.since) == ("running", True)
    assert (await integration.actuator.act("start", "tty")).value.said == "tty was started already"
    assert (await integration.actuator.act("stop", "tty")).value.said == "stopped tty"
    stopped = (await inventory(integration))["tty"]
    assert (stopped.state, stopped.health) == ("exited", "unknown")
    assert (await integration.actuator.act("start", "tty")).value.said == "started tty"
    await until(lambda found: found["tty"].state == "running", integration)
    told = [one for one in await changes(integration, Window(began, LOCAL.now())) if one.subject == "tty"]
    assert {one.text.split()[0] for one in told} >= {"kill", "die", "stop", "start", "restart"}
    assert {one.outcome for one in told if one.text.startswith("die")} == {"unknown"}


async def test_what_is_shown_of_a_container_holds_no_secret(integration: Integration) -> None:
    result = await called(integration, "docker_inspect_container", container="front")
    assert "environment (values not shown): TOKEN" in result.text
    assert "hunter2" not in f"{result.text}{result.data}"


async def test_the_check_up_knows_both_doors(real: Daemon) -> None:
    async with connected(real.doors["socket"]) as near, connected(real.doors["tls"]) as far:
        by_socket, by_tls = await near.checkup(), await far.checkup()
    assert (by_socket.status, by_tls.status) == ("ok", "ok")
    assert by_socket.url == f"unix://{real.socket}"
    assert by_socket.version == by_tls.version
    assert by_tls.version.startswith("Docker Engine ")
    assert any(f"{real.socket} is root" in one.text for one in by_socket.findings)
    assert any(one.text.startswith("certificate verified") for one in by_tls.findings)
    assert any("no logs can be read of mute:" in one.text for one in by_tls.findings)
    assert any("GET /plugins" in one.text for one in by_tls.findings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "HTTP request to an HTTPS server"),
        ({"tls_verify": True}, "the certificate is not trusted"),
    ],
)
async def test_a_door_that_is_tried_wrongly_is_told(
    real: Daemon, settings: dict[str, Any], words: str
) -> None:
    async with connected(Config(url=f"tcp://127.0.0.1:{real.port}", **settings)) as integration:
        checkup = await integration.checkup()
    (error,) = (one for one in checkup.findings if one.level == "error")
    assert checkup.status == "down"
    assert words in error.text
    assert error.fix.startswith("DOCKER_")


async def test_the_simulated_daemon_gives_the_same_answers(real: Daemon) -> None:
    with Homelab(checked(Document(STORY, "story.yaml")), at="00:45") as homelab:
        clock = FixedClock(homelab.clock.now())
        mon, media = (Config(url=homelab.doors[f"docker-{host}"].url) for host in ("mon", "media"))
        async with connected(real.doors["socket"]) as daemon, connected(mon, clock) as first:
            await until(lambda found: found["loop"].state == "restarting", daemon)
            theirs, ours = await inventory(daemon), await inventory(first)
            told = await changes(daemon, last_hour())
            played = await changes(first, last_hour(clock))
        async with connected(media, clock) as second:
            sick = (await inventory(second))["jellyfin"]
    for real_name, name in (("loop", "loki"), ("done", "alloy")):
        one, other = theirs[real_name], ours[name]
        assert (one.state, one.health, one.figures["exit_code"]) == (
            other.state,
            other.health,
            other.figures["exit_code"],
        )
        assert set(one.figures) - {"memory_bytes"} == set(other.figures) - {"memory_bytes", "cpu_count"}
        assert set(one.labels) <= set(other.labels)
    assert theirs["sick"].detail.partition(" failed ")[0] == sick.detail.partition(" failed ")[0]
    died = {one.text.split(" (")[1].partition(",")[0] for one in told if one.text.startswith("die loop")}
    crashed = {one.text.split(" (")[1].partition(",")[0] for one in played if one.text.startswith("die loki")}
    assert died == {"exitCode=3"} == crashed
    assert {one.outcome for one in played if one.text.startswith("die loki")} == {"failed"}
