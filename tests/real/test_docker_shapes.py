"""The simulated Docker daemon beside a real one: the same fields, statuses and words."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import checked
from tests.real.servers import free_port, wait_until

PROGRAMS = ("dockerd", "containerd", "runc", "busybox")
FREE_FORM = {
    "Runtimes",
    "Labels",
    "Networks",
    "Ports",
    "PortBindings",
    "Attributes",
    "ExposedPorts",
    "LogConfig",
    "stats",
}
"""Objects whose members are names that somebody chose, or that depend on the kernel's cgroups."""
STORY = """
name: beside
title: A crash loop and a stopped container
start: 2026-11-15T00:30:00Z
timeline:
  - {fault: crash-loop, at: "00:31", container: "mon:loki", code: 3}
  - {fault: stop-container, at: "00:31", container: "mon:alloy"}
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        os.geteuid() != 0 or any(shutil.which(name) is None for name in PROGRAMS),
        reason="needs root and dockerd (Debian packages docker.io and busybox-static)",
    ),
]


def ask(base: str, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(base + path, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def said(base: str, path: str, method: str = "GET", body: object = None) -> Any:
    status, text = ask(base, path, method, None if body is None else json.dumps(body).encode())
    assert status < 300, text
    return json.loads(text) if text else None


def image(program: str) -> bytes:
    """A root file system with one program, as a tar archive."""
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as archive:
        archive.add(program, "bin/busybox")
        link = tarfile.TarInfo("bin/sh")
        link.type, link.linkname = tarfile.SYMTYPE, "busybox"
        archive.addfile(link)
    return found.getvalue()


def container(base: str, name: str, command: str, **more: object) -> None:
    config = {"Image": "tools/busybox:1", "Cmd": ["/bin/sh", "-c", command], **more}
    said(base, f"/containers/create?name={name}", "POST", config)
    said(base, f"/containers/{name}/start", "POST")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("docker")
    port = free_port()
    config = folder / "daemon.json"
    config.write_text("{}")
    command = [str(shutil.which("dockerd")), "--config-file", str(config), "-H", f"tcp://127.0.0.1:{port}"]
    command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--tls=false"]
    command += ["--pidfile", str(folder / "pid"), "--storage-driver", "vfs", "--bridge=none"]
    command += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
    log = (folder / "log").open("w+")
    daemon = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: daemon.poll() is not None or ask(base, "/_ping")[0] == 200, "dockerd answers")
        if daemon.poll() is not None:
            pytest.skip(f"dockerd cannot run here: {(folder / 'log').read_text().splitlines()[-1]}")
        status, text = ask(
            base,
            "/images/create?fromSrc=-&repo=tools/busybox&tag=1",
            "POST",
            image(str(shutil.which("busybox"))),
        )
        assert status == 200, text
        alone = {"HostConfig": {"NetworkMode": "none"}}
        check = {"Test": ["CMD-SHELL", "/bin/busybox true"], "Interval": 10**9}
        container(
            base, "well", "while :; do echo out; /bin/busybox sleep 1; done", Healthcheck=check, **alone
        )
        again = {"NetworkMode": "none", "RestartPolicy": {"Name": "always"}}
        container(base, "loop", "echo boom >&2; exit 3", HostConfig=again)
        container(base, "done", "exit 0", **alone)
        wait_until(
            lambda: said(base, "/containers/well/json")["State"]["Health"]["Log"], "a health check ran"
        )
        wait_until(
            lambda: said(base, "/containers/done/json")["State"]["Status"] == "exited", "one has ended"
        )
        yield base
        for name in ("well", "loop", "done"):
            ask(base, f"/containers/{name}?force=1", "DELETE")
    finally:
        daemon.terminate()
        daemon.wait(30)
        log.close()


@pytest.fixture(scope="module")
def played() -> Iterator[str]:
    with Homelab(checked(Document(STORY, "story.yaml")), at="00:45") as homelab:
        yield homelab.doors["docker-mon"].url


def shape(value: object, name: str = "") -> object:
    """The members of objects, all the way down; of a list, those of its first."""
    if isinstance(value, dict):
        return "chosen" if name in FREE_FORM else {key: shape(one, key) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def lacking(real: object, played: object, path: str = "") -> list[str]:
    """Members that the real daemon shows and the simulated one does not."""
    if isinstance(real, dict) and isinstance(played, dict):
        missing = [f"{path}.{key}" for key in real if key not in played]
        return missing + [
            one for key in real if key in played for one in lacking(real[key], played[key], f"{path}.{key}")
        ]
    if isinstance(real, list) and isinstance(played, list) and real and played:
        return lacking(real[0], played[0], f"{path}[]")
    return []


NEVERTHELESS = {
    # what only the old cgroups have, or only images that were imported here
    *(f".{part}.cpu_usage.percpu_usage" for part in ("cpu_stats", "precpu_stats")),
    ".memory_stats.max_usage",
    ".memory_stats.failcnt",
    ".Config.ArgsEscaped",
    ".Container",
    ".ContainerConfig",
    ".Variant",
}


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        ("/version", "/version"),
        ("/info", "/info"),
        ("/containers/json?all=1&size=1", "/containers/json?all=1&size=1"),
        ("/containers/loop/json", "/containers/loki/json"),
        ("/containers/done/json?size=1", "/containers/alloy/json?size=1"),
        ("/containers/well/stats?stream=false", "/containers/grafana/stats?stream=false"),
        ("/containers/done/stats?stream=false", "/containers/alloy/stats?stream=false"),
        ("/containers/well/top", "/containers/grafana/top"),
        ("/images/json", "/images/json"),
        ("/images/tools%2Fbusybox:1/json", "/images/grafana%2Floki:3.2.1/json"),
        ("/networks", "/networks"),
        ("/volumes", "/volumes"),
        ("/system/df", "/system/df"),
        ("/v1.40/containers/json", "/v1.40/containers/json"),
    ],
)
def test_no_field_of_the_real_daemon_is_lacking(real: str, played: str, path: str, twin: str) -> None:
    missing = lacking(shape(said(real, path)), shape(said(played, twin)))
    assert [one for one in missing if one not in NEVERTHELESS] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/containers/nosuch/json"),
        ("GET", "/containers/nosuch/logs?stdout=1"),
        ("GET", "/containers/{well}/logs"),
        ("GET", "/containers/{well}/logs?stdout=1&since=x"),
        ("GET", "/containers/json?filters=%7B%22colour%22:%5B%22red%22%5D%7D"),
        ("GET", "/containers/json?filters=%7B%22status%22:%5B%22asleep%22%5D%7D"),
        ("GET", "/containers/json?filters=%5B1%5D"),
        ("GET", "/containers/json?limit=x"),
        ("GET", "/images/nosuch/json"),
        ("GET", "/networks/nosuch"),
        ("GET", "/volumes/nosuch"),
        ("GET", "/nowhere"),
        ("GET", "/v1.99/info"),
        ("GET", "/v1.11/info"),
        ("GET", "/services"),
        ("GET", "/events?since=20&until=10"),
        ("POST", "/containers/nosuch/restart"),
        ("POST", "/containers/{well}/start"),
        ("POST", "/containers/{done}/stop"),
        ("POST", "/containers/{done}/kill"),
        ("POST", "/containers/{done}/pause"),
        ("POST", "/containers/{well}/unpause"),
        ("GET", "/containers/{done}/top"),
        ("DELETE", "/containers/{well}"),
        ("DELETE", "/containers/nosuch"),
    ],
)
def test_refusals_have_the_same_status_and_words(real: str, played: str, method: str, path: str) -> None:
    def refused(base: str, **names: str) -> tuple[int, str]:
        ids = {one["Names"][0]: one["Id"] for one in said(base, "/containers/json?all=1")}
        status, body = ask(base, path.format(**names), method)
        text = body.decode()
        for role, name in names.items():
            text = text.replace(name, f"<{role}>").replace(ids[f"/{name}"], f"<id of {role}>")
        return status, text.strip()

    assert refused(played, well="grafana", done="alloy") == refused(real, well="well", done="done")


def test_logs_are_framed_alike(real: str, played: str) -> None:
    for base, name in ((real, "loop"), (played, "loki")):
        status, body = ask(base, f"/containers/{name}/logs?stderr=1&tail=2")
        assert status == 200
        assert body[:4] == b"\x02\x00\x00\x00"
        assert int.from_bytes(body[4:8], "big") == body.index(b"\n", 8) - 7


def test_events_have_the_same_fields(real: str, played: str) -> None:
    dead = "filters=%7B%22event%22:%5B%22die%22%5D%7D"
    _, body = ask(played, f"/events?since=1&until=1794703500&{dead}")
    second = json.loads(body.splitlines()[-1])
    with urllib.request.urlopen(f"{real}/events?since=1&{dead}", timeout=30) as stream:
        first = json.loads(stream.readline())
    assert list(first) == list(second)
    assert {"exitCode", "image", "name"} <= set(first["Actor"]["Attributes"]) & set(
        second["Actor"]["Attributes"]
    )
