"""A house of one real machine, and faults that can really be made on it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.real.servers import Lab, lab, wait_until

SRE = Path(sys.executable).with_name("sre")
MIB = 2**20
_LEAST_TAKEN = 1024 * MIB
_TARGETS = 5


@dataclass
class House:
    """The machine as its servers see it."""

    lab: Lab
    state: Path
    settings: Mapping[str, str]

    def sre(self, *arguments: str, expected: int = 0) -> str:
        """Runs the command as a user would; its standard output."""
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251  the child needs a PATH
            "HOME": str(self.state),
            **self.settings,
        }
        done = subprocess.run(
            [SRE, *arguments], capture_output=True, text=True, env=environment, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == expected, done.stderr
        return done.stdout

    def investigate(self) -> list[dict[str, Any]]:
        """The diagnoses of everything that alerts."""
        found = json.loads(self.sre("investigate", "--all", "--json"))
        assert found["schema"] == 1
        diagnoses = found["diagnoses"]
        assert isinstance(diagnoses, list)
        return diagnoses

    def diagnosis(self, alert: str) -> dict[str, Any]:
        """The one diagnosis of an alert that has reached Alertmanager."""
        wait_until(lambda: self.lab.alerting(alert), f"{alert} reaches Alertmanager")
        (found,) = [d for d in self.investigate() if d["case"]["title"] == alert]
        return found

    def at_peace(self) -> None:
        """Waits until no alert but the heartbeat is active, and everything is scraped."""
        wait_until(lambda: not self.lab.query('ALERTS{alertname!="Watchdog"}'), "all alerts are over")
        wait_until(lambda: self.lab.alerts() <= {"Watchdog"}, "Alertmanager has forgotten them")
        self.all_seen()

    def all_seen(self) -> None:
        """Waits until every target has been scraped for a few seconds: what is cited is never the latest."""
        wait_until(
            lambda: len(self.lab.query("min_over_time(up[4s]) == 1 and up offset 4s")) == _TARGETS,
            "all is seen",
        )


def disagreements(house: House, diagnosis: dict[str, Any]) -> list[str]:
    """Cited values that are not what Prometheus itself answers to the cited query at the cited moment."""
    wrong = []
    for evidence in diagnosis["evidence"]:
        if evidence["value"] is None:
            continue
        answer = house.lab.query(evidence["query"], evidence["observed_at"])
        values = [float(series["value"][1]) for series in answer]
        if values != [evidence["value"]]:
            wrong.append(
                f"{evidence['id']} {evidence['query']}: cited {evidence['value']}, answered {values}"
            )
    return wrong


@contextlib.contextmanager
def monitored(folder: Path) -> Iterator[House]:
    """This machine with its exporters, Prometheus and Alertmanager, once all of it is seen and quiet."""
    for name in ("small", "crowded", "filling"):
        (folder / name).mkdir()
    available = _memory_available()
    rules = Path(__file__).with_name("rules.yml").read_text()
    with lab(folder) as servers:
        servers.start_page()
        servers.start_node_exporter()
        servers.start_blackbox()
        servers.start_alertmanager()
        servers.start_prometheus(
            rules.replace("MEMORY_LIMIT", str(available - _LEAST_TAKEN // 2)),
            {
                "node": [servers.address("node")],
                "blackbox-exporter": [servers.address("blackbox")],
                "prometheus": [servers.address("prometheus")],
                "alertmanager": [servers.address("alertmanager")],
            },
            [servers.url("page")],
        )
        state = folder / "home"
        state.mkdir()
        settings = {
            "PROMETHEUS_URL": servers.url("prometheus"),
            "ALERTMANAGER_URL": servers.url("alertmanager"),
        }
        made = House(servers, state, settings)
        made.all_seen()
        yield made


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system in memory; needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def memory_taken() -> Iterator[None]:
    """A process that holds a gibibyte."""
    code = (
        f"import sys; held = bytearray({_LEAST_TAKEN}); held[::4096] = b'x' * len(held[::4096]);"
        "print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        process.communicate()


@contextlib.contextmanager
def cpus_busy() -> Iterator[None]:
    """One spinning process more than there are CPUs; each ends by itself after a minute."""
    code = "import time; end = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", code]) for _ in range((os.cpu_count() or 1) + 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait(timeout=30)


def _memory_available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    raise AssertionError("the kernel does not say how much memory is available")
