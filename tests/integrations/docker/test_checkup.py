from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.integrations.docker import connect
from sre_assistant.integrations.docker.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from tests.integrations.docker.answers import (
    API,
    DONE_ID,
    INFO,
    INSPECTED,
    LOG,
    LOOP_ID,
    NOT_FOUND,
    NOW,
    VERSION,
    WEB_ID,
    WELL,
    running,
)
from tests.kit.certificates import authority, server_context
from tests.kit.hostile import answering, by_path, hostile

NO = answering("<html><body><h1>403 Forbidden</h1></body></html>", 403, "text/html")


def of(checkup: Checkup, check: str) -> list[Finding]:
    return [finding for finding in checkup.findings if finding.check == check]


def errors(checkup: Checkup) -> list[Finding]:
    return [finding for finding in checkup.findings if finding.level == "error"]


async def checked(config: Config) -> Checkup:
    wire = LiveWire("docker", config, FixedClock(NOW), Random(1))
    try:
        return await connect(config, wire, FixedClock(NOW)).checkup()
    finally:
        await wire.aclose()


async def test_a_daemon_that_is_well_is_told_so() -> None:
    async with running() as daemon:
        checkup = await daemon.integration.checkup()
    assert (checkup.status, checkup.version) == ("ok", "Docker Engine 27.3.1")
    assert checkup.url == daemon.server.url
    assert [finding for finding in checkup.findings if finding.level != "ok"] == []
    assert of(checkup, "reachable")[0].text == f"answers at {daemon.server.url}"
    assert of(checkup, "version")[0].text == "Docker Engine 27.3.1, API 1.47, spoken 1.47"
    assert of(checkup, "clock")[0].text == "its clock agrees with ours"
    assert checkup.rights == (
        "the daemon and its machine",
        "events",
        "containers",
        "inspection",
        "logs",
        "figures",
    )


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ({"ApiVersion": "1.40"}, "warning", "older than 1.41"),
        ({"ApiVersion": "1.41"}, "ok", "spoken 1.41"),
        ({"ApiVersion": "1.60", "MinAPIVersion": "1.47"}, "ok", "spoken 1.47"),
        ({"ApiVersion": "1.60", "MinAPIVersion": "1.48"}, "warning", "nothing as old as 1.47"),
        (
            {"ApiVersion": "1.41", "Version": "5.4.0", "Components": [{"Name": "Podman Engine"}]},
            "ok",
            "Podman 5.4.0, API 1.41, spoken 1.41; Podman's compatible API",
        ),
    ],
)
async def test_the_version_is_judged(version: dict[str, Any], level: str, words: str) -> None:
    spoken = f"/v{version['ApiVersion'] if version['ApiVersion'] < '1.47' else version.get('MinAPIVersion')}"
    moved = {path.replace(API, spoken): behaviour for path, behaviour in WELL.items()}
    async with running() as daemon:
        daemon.server.behaviour = by_path(moved | {"/version": answering(VERSION | version)}, NOT_FOUND)
        checkup = await daemon.integration.checkup()
    (finding,) = of(checkup, "version")
    assert (finding.level, checkup.status) == (level, "ok")
    assert words in finding.text


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [
        (0.05, "ok", "agrees"),
        (1.0, "ok", "ahead of"),
        (-10.0, "warning", "10 s behind"),
        (90.0, "error", "1 min 30 s ahead"),
    ],
)
async def test_the_clock_is_compared(ahead: float, level: str, words: str) -> None:
    theirs = (NOW + timedelta(seconds=ahead)).isoformat()
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"SystemTime": theirs})})
        (finding,) = of(await daemon.integration.checkup(), "clock")
    assert finding.level == level
    assert words in finding.text


async def test_a_daemon_that_does_not_tell_its_time_is_not_compared() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"SystemTime": ""})})
        assert of(await daemon.integration.checkup(), "clock") == []


@pytest.mark.parametrize(
    ("path", "what", "fix"),
    [
        ("/containers/json", "containers", "allow GET /containers/json in the proxy before the daemon"),
        ("/info", "the daemon and its machine", "allow GET /info in the proxy"),
        ("/events", "events", "(EVENTS=1, or in its -allowGET)"),
        (f"/containers/{WEB_ID}/logs", "logs", "allow GET /containers/NAME/logs"),
        (f"/containers/{WEB_ID}/stats", "figures", "allow GET /containers/NAME/stats"),
        (f"/containers/{WEB_ID}/json", "inspection", "allow GET /containers/NAME/json"),
    ],
)
async def test_each_part_that_a_proxy_hides_is_an_error_with_its_line(path: str, what: str, fix: str) -> None:
    async with running() as daemon:
        daemon.answers({path: NO})
        checkup = await daemon.integration.checkup()
    (denied,) = errors(checkup)
    assert checkup.status == "limited"
    assert denied.text.startswith(f"{what}: HTTP 403")
    assert fix in denied.fix
    assert what not in checkup.rights


async def test_a_hidden_version_is_a_warning_and_no_obstacle() -> None:
    bare = {path.removeprefix(API): behaviour for path, behaviour in WELL.items()}
    async with running() as daemon:
        daemon.server.behaviour = by_path(bare | {"/version": NO}, NOT_FOUND)
        checkup = await daemon.integration.checkup()
    (finding,) = of(checkup, "version")
    assert (checkup.status, checkup.version, finding.level) == ("ok", "", "warning")
    assert "VERSION=1" in finding.fix


async def test_a_proxy_that_lets_nothing_through_is_denied() -> None:
    async with running() as daemon:
        daemon.server.behaviour = NO
        checkup = await daemon.integration.checkup()
    (denied,) = errors(checkup)
    assert (denied.check, checkup.status) == ("permission", "limited")
    assert "CONTAINERS=1" in denied.fix


async def test_logs_that_nobody_keeps_are_named() -> None:
    mute = answering({"message": "configured logging driver does not support reading"}, 501)
    looks = {
        key: answering(look | {"HostConfig": {"LogConfig": {"Type": driver}}})
        for (key, look), driver in zip(INSPECTED.items(), ("none", "gelf", "syslog"), strict=True)
    }
    async with running() as daemon:
        daemon.answers(
            {
                **{f"/containers/{key}/json": look for key, look in looks.items()},
                f"/containers/{WEB_ID}/logs": mute,
                f"/containers/{LOOP_ID}/logs": answering(LOG, content_type="application/x"),
                f"/containers/{DONE_ID}/logs": mute,
            }
        )
        checkup = await daemon.integration.checkup()
    (finding,) = of(checkup, "setting")
    assert finding.text == "no logs can be read of done, jellyfin: their log driver keeps nothing"
    assert (finding.level, errors(checkup)) == ("warning", [])
    assert "logs" in checkup.rights


@pytest.mark.parametrize("options", [None, {}, {"max-size": "-1"}, {"max-file": "3"}])
async def test_logs_that_grow_for_ever_are_named(options: dict[str, str] | None) -> None:
    look = INSPECTED[DONE_ID] | {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": options}}}
    async with running() as daemon:
        daemon.answers({f"/containers/{DONE_ID}/json": answering(look)})
        (finding,) = of(await daemon.integration.checkup(), "setting")
    assert finding.text == "the logs of done are never rotated and grow until the disk is full"
    assert '"max-size": "10m"' in finding.fix


async def test_what_the_daemon_warns_of_is_told() -> None:
    said = [
        "WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n   Access is root",
        *(f"WARNING: No swap limit support {n}" for n in range(5)),
    ]
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"Warnings": said})})
        texts = [finding.text for finding in of(await daemon.integration.checkup(), "setting")]
    assert texts == [f"the daemon warns: No swap limit support {n}" for n in range(3)]


async def test_a_daemon_without_any_proxy_is_more_than_is_needed() -> None:
    async with running() as daemon:
        daemon.answers({"/plugins": answering([])})
        checkup = await daemon.integration.checkup()
    (finding,) = (one for one in checkup.findings if one.level == "warning")
    assert "GET /plugins" in finding.text
    assert finding.fix.startswith("put a read-only socket proxy before it")


async def test_nothing_on_a_host_is_no_trouble() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering([])})
        checkup = await daemon.integration.checkup()
    assert checkup.status == "ok"
    assert "containers" in checkup.rights


async def test_an_open_port_beyond_this_machine_is_a_warning() -> None:
    async with running() as daemon:
        assert of(await daemon.integration.checkup(), "tls") == []
        far = Config(url=daemon.server.url.replace("127.0.0.1", "media.lan"))
        (finding,) = of(await connect(far, daemon.wire, daemon.clock).checkup(), "tls")
    assert finding.level == "warning"
    assert finding.fix.startswith("DOCKER_HOST=tcp://media.lan:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=")


@pytest.mark.parametrize(("known", "level", "status"), [(True, "ok", "ok"), (False, "error", "down")])
async def test_the_certificate_is_judged(tmp_path: Path, known: bool, level: str, status: str) -> None:
    async with hostile(by_path(WELL, NOT_FOUND), server_context(tmp_path)) as server:
        address = server.url.replace("https", "tcp")
        trusted = authority(tmp_path) if known else None
        checkup = await checked(Config(url=address, tls_verify=True, ca_cert=trusted))
    assert [one.level for one in of(checkup, "tls")] == [level]
    assert checkup.status == status


async def test_http_where_tls_is_spoken_is_mended_by_the_address(tmp_path: Path) -> None:
    refusal = answering("Client sent an HTTP request to an HTTPS server.\n", 400, "text/plain")
    async with hostile(refusal) as server:
        checkup = await checked(Config(url=server.url))
    (finding,) = errors(checkup)
    https = server.url.replace("http", "https")
    assert finding.fix == f"DOCKER_URL={https} DOCKER_CERT_PATH=/path/to/folder-with-ca-cert-and-key"


async def test_a_socket_that_is_not_there_names_the_service(tmp_path: Path) -> None:
    checkup = await checked(Config(url=f"unix://{tmp_path}/no.sock"))
    (finding,) = errors(checkup)
    assert (checkup.url, checkup.status) == (f"unix://{tmp_path}/no.sock", "down")
    assert "no such file or directory" in finding.text
    assert finding.fix == "sudo systemctl start docker"


async def test_calls_that_are_held_back_are_told() -> None:
    async with running() as daemon:
        daemon.server.behaviour = answering("no", 500, "text/plain")
        for _ in range(5):
            await daemon.integration.checkup()
        checkup = await daemon.integration.checkup()
    assert of(checkup, "breaker")[0].level == "warning"
    assert checkup.status == "down"
