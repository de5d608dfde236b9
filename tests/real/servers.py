"""Real Prometheus, Alertmanager and exporters on free loopback ports, each ended by its own pid."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

BINARIES = (
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "prometheus-blackbox-exporter",
    "victoria-metrics",
)
_PATIENCE = 60.0


def missing() -> list[str]:
    """The Debian packages that are not installed here."""
    return [name for name in BINARIES if shutil.which(name) is None]


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str, **params: str) -> Any:
    """The JSON at a URL."""
    query = f"?{urlencode(params)}" if params else ""
    with urllib.request.urlopen(url + query, timeout=10) as answer:
        return json.load(answer)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Waits for a state, not for a time; the bound only ends a test that has already failed."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if condition():
                return
        time.sleep(0.2)
    raise AssertionError(f"waited {_PATIENCE:.0f} s in vain until {what}")


@dataclass
class Lab:
    """A monitored machine: this one."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Where a server of the lab listens."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def address(self, name: str) -> str:
        """The same as an ``instance`` label has it."""
        return f"127.0.0.1:{self.ports[name]}"

    def start(self, name: str, *command: str, ready: str = "/-/ready") -> None:
        """Starts a server and waits until it answers."""
        log = (self.folder / f"{name}.log").open("ab")
        self._running[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        log.close()
        wait_until(lambda: urllib.request.urlopen(self.url(name) + ready, timeout=5), f"{name} is ready")

    def stop(self, name: str) -> None:
        """Ends one server by its pid."""
        process = self._running.pop(name)
        process.terminate()
        process.wait(timeout=30)

    def stop_all(self) -> None:
        """Ends whatever still runs."""
        for name in list(self._running):
            self.stop(name)

    def start_node_exporter(self) -> None:
        """node_exporter, watching this machine."""
        self.start(
            "node",
            "prometheus-node-exporter",
            f"--web.listen-address={self.address('node')}",
            ready="/metrics",
        )

    def start_blackbox(self) -> None:
        """blackbox exporter with one HTTP module."""
        (self.folder / "blackbox.yml").write_text(
            "modules: {http_2xx: {prober: http, timeout: 2s, http: {preferred_ip_protocol: ip4}}}\n"
        )
        self.start(
            "blackbox",
            "prometheus-blackbox-exporter",
            "--config.file=blackbox.yml",
            f"--web.listen-address={self.address('blackbox')}",
            ready="/metrics",
        )

    def start_alertmanager(self) -> None:
        """Alertmanager that tells nobody."""
        (self.folder / "alertmanager.yml").write_text(
            "route: {receiver: nobody, group_wait: 1s, group_interval: 1s}\nreceivers: [{name: nobody}]\n"
        )
        self.start(
            "alertmanager",
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            "--storage.path=alertmanager",
            f"--web.listen-address={self.address('alertmanager')}",
            "--cluster.listen-address=",
        )

    def start_prometheus(
        self, rules: str, jobs: Mapping[str, Sequence[str]], probes: Sequence[str] = ()
    ) -> None:
        """Prometheus with these rules, scraping these addresses every second."""
        (self.folder / "rules.yml").write_text(rules)
        scrapes: list[dict[str, Any]] = [
            {"job_name": job, "static_configs": [{"targets": list(targets)}]} for job, targets in jobs.items()
        ]
        if probes:
            scrapes.append(
                {
                    "job_name": "probes",
                    "metrics_path": "/probe",
                    "params": {"module": ["http_2xx"]},
                    "static_configs": [{"targets": list(probes)}],
                    "relabel_configs": [
                        {"source_labels": ["__address__"], "target_label": "__param_target"},
                        {"source_labels": ["__param_target"], "target_label": "instance"},
                        {"target_label": "__address__", "replacement": self.address("blackbox")},
                    ],
                }
            )
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [self.address("alertmanager")]}]}]
            },
            "scrape_configs": scrapes,
        }
        (self.folder / "prometheus.yml").write_text(json.dumps(config))
        self.start_prometheus_again()

    def start_prometheus_again(self) -> None:
        """The same Prometheus with the data it had."""
        self.start(
            "prometheus",
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address={self.address('prometheus')}",
            "--rules.alert.resend-delay=2s",
        )

    def start_victoria_metrics(self, targets: Sequence[str]) -> None:
        """VictoriaMetrics in the place of Prometheus, scraping these addresses every second."""
        jobs = [{"job_name": "node", "static_configs": [{"targets": list(targets)}]}]
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
        (self.folder / "victoria.yml").write_text(json.dumps(config))
        self.start(
            "prometheus",
            "victoria-metrics",
            "-promscrape.config=victoria.yml",
            "-storageDataPath=victoria",
            "-search.latencyOffset=0s",
            f"-httpListenAddr={self.address('prometheus')}",
            ready="/health",
        )

    def start_page(self) -> None:
        """A web page worth probing."""
        (self.folder / "page").mkdir(exist_ok=True)
        port = str(self.ports["page"])
        self.start(
            "page",
            sys.executable,
            "-m",
            "http.server",
            "--directory=page",
            "--bind=127.0.0.1",
            port,
            ready="/",
        )

    def target_error(self, name: str) -> str:
        """What Prometheus says of its last scrape of a server."""
        targets = get(self.url("prometheus") + "/api/v1/targets")["data"]["activeTargets"]
        (error,) = [t["lastError"] for t in targets if t["labels"]["instance"] == self.address(name)]
        return str(error)

    def query(self, expression: str, at: str = "") -> list[dict[str, Any]]:
        """What Prometheus itself answers."""
        moment = {"time": at} if at else {}
        found = get(self.url("prometheus") + "/api/v1/query", query=expression, **moment)
        result = found["data"]["result"]
        assert isinstance(result, list)
        return result

    def alerts(self) -> set[str]:
        """Names of the alerts Alertmanager has."""
        return {a["labels"]["alertname"] for a in get(self.url("alertmanager") + "/api/v2/alerts")}

    def alerting(self, name: str) -> bool:
        """Whether Alertmanager has the alert."""
        return name in self.alerts()


@contextlib.contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """An empty lab; whatever was started in it is ended."""
    made = Lab(
        folder, {name: free_port() for name in ("node", "blackbox", "alertmanager", "prometheus", "page")}
    )
    try:
        yield made
    finally:
        made.stop_all()
