"""Everything that a large homelab holds, read from all its systems at once; and what integrations cost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml
from docker import DockerClient
from kubernetes import client as kubernetes

from figures import Figure, python, run_seconds, side_by_side
from serving import sre_environment
from sre_assistant.cli.door import program_on_machine
from sre_assistant.domain.events import Event
from sre_assistant.runtime.settings import Settings, load

_HOUSE = str(Path(__file__).with_name("large_house.py"))
_ROUNDS = 7
_IMPORT_NONE = """
import sre_assistant.runtime.program
from sre_assistant.runtime.discovery import manifests
found = manifests()
"""
_IMPORT_ALL = f"""{_IMPORT_NONE}
from importlib import import_module
for manifest in found:
    import_module(f"sre_assistant.integrations.{{manifest.kind}}")
"""
_SCHEMAS = """
import json, sys, time
from datetime import UTC, datetime
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.runtime.discovery import config_type, connector, manifests
clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
systems = [
    connector(m.kind)(config_type(m.kind)(url="http://x.example"), ReplayWire("x", ()), clock, m.kind)
    for m in manifests()
]
began = time.perf_counter()
json.dumps([tool.schema for system in systems for tool in system.tools])
print(time.perf_counter() - began)
"""


def measure() -> list[Figure]:
    """An inventory over all systems, and the price of the integrations themselves."""
    with tempfile.TemporaryDirectory() as folder, _large_house() as config:
        document: dict[str, Any] = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
        settings = load(sre_environment(folder, SRE_CONFIG=config))
        count, ours = asyncio.run(_taken(settings))
        theirs = min(_by_clients(document) for _ in range(3))
    return [
        Figure(
            what="an inventory of all systems, connections and parsing included",
            value=ours * 1e3,
            unit="ms",
            bound=1500,
            peer="only guests, containers, pods, by requests and the docker and kubernetes clients",
            peer_value=theirs * 1e3,
            note=f"{count:,} things: 200 guests, 150 containers, 60 pods and what they stand on",
        ),
        *_start(),
    ]


async def _taken(settings: Settings) -> tuple[int, float]:
    """How much there is, and the median time to read it; each round opens its own connections."""
    spans, count = [], 0
    for _ in range(_ROUNDS):
        async with program_on_machine(settings) as program:
            began = time.perf_counter()
            found = await program.inventory(emit=_unheard)
            spans.append(time.perf_counter() - began)
        count = sum(len(one.resources) for one in found.systems)
        if any(not one.completeness.answered for one in found.systems):
            raise RuntimeError(f"not all systems answered: {[(s.system, s.detail) for s in found.systems]}")
    return count, sorted(spans)[_ROUNDS // 2]


def _by_clients(document: Mapping[str, list[Mapping[str, str]]]) -> float:
    """The lists of guests, containers and pods as a script with the official clients takes them."""
    began = time.perf_counter()
    (proxmox,) = document["proxmox"]
    token = {"Authorization": f"PVEAPIToken={proxmox['api_token']}"}
    requests.get(f"{proxmox['url']}/api2/json/cluster/resources", headers=token, timeout=60).json()
    for host in document["docker"]:
        DockerClient(base_url=host["url"]).api.containers(all=True)
    (cluster,) = document["kubernetes"]
    settings = kubernetes.Configuration(host=cluster["url"])
    settings.api_key = {"authorization": f"Bearer {cluster['token']}"}
    core = kubernetes.CoreV1Api(kubernetes.ApiClient(settings))
    core.list_pod_for_all_namespaces(_preload_content=False)
    core.list_node(_preload_content=False)
    return time.perf_counter() - began


def _start() -> list[Figure]:
    """What importing all integrations adds to a start, and how long all schemas take."""
    every, none = side_by_side(
        lambda: run_seconds(python(_IMPORT_ALL)), lambda: run_seconds(python(_IMPORT_NONE))
    )
    schemas = float(subprocess.run(python(_SCHEMAS), check=True, capture_output=True, text=True).stdout)
    return [
        Figure(
            what="importing all integrations, beyond the program",
            value=max(0.0, every - none) * 1e3,
            unit="ms",
            bound=150,
            peer="the program with none configured",
            peer_value=none * 1e3,
        ),
        Figure(
            what="building the schemas of all tools",
            value=schemas * 1e3,
            unit="ms",
            bound=50,
            peer="an empty Python program",
            peer_value=run_seconds([sys.executable, "-c", "pass"]) * 1e3,
        ),
    ]


@contextmanager
def _large_house() -> Iterator[str]:
    """The large homelab, running; yields its config file."""
    process = subprocess.Popen(
        [sys.executable, _HOUSE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(60)


def _unheard(event: Event) -> None:
    """Nobody watches."""
