"""Real Kubernetes API servers, ours and somebody's, and what tests write into them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.kubernetes import connect
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.tls import tls_context

APPS = "apis/apps/v1"
RBAC = "apis/rbac.authorization.k8s.io/v1"
STRATEGIC = "application/strategic-merge-patch+json"
NOWHERE = {"sre-test/nowhere": "never"}
"""A node selector that no node fits, so that nothing runs anywhere."""


class Refused(AssertionError):
    """The API server said no."""

    def __init__(self, operation: str, code: int, body: bytes) -> None:
        super().__init__(f"{operation}: {code} {body!r}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, and the namespace of this run in it."""

    admin: Path
    viewer: Path
    """The same as ``admin`` where there is only one credential."""
    folder: Path
    kubelet: int = 0
    """Where the kubelet listens that gives out logs."""
    namespace: str = field(default_factory=lambda: f"sre-{uuid.uuid4().hex[:10]}")

    def ask(self, method: str, path: str, body: object = None, media: str = "application/json") -> Any:
        """What the API server answers to a call of an administrator."""
        settings = Config(kubeconfig=self.admin)
        data = None if body is None else json.dumps(body).encode()
        headers = {**settings.headers(), "Content-Type": media}
        request = urllib.request.Request(settings.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=tls_context(settings), timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"{method} {path}", error.code, error.read()) from error

    def make(self, path: str, name: str, **parts: object) -> Any:
        """A new object."""
        meta: Any = parts.pop("metadata", {})
        return self.ask("POST", path, {"metadata": {"name": name, **meta}, **parts})

    def remove(self, path: str) -> None:
        """Deletes an object at once, where nothing else has yet."""
        try:
            self.ask("DELETE", path, {"gracePeriodSeconds": 0})
        except Refused as error:
            if error.code != 404:
                raise

    def say(self, path: str, **status: object) -> None:
        """What an object says of itself."""
        self.ask("PATCH", f"{path}/status", {"status": status}, STRATEGIC)

    def here(self, plural: str, group: str = "api/v1") -> str:
        """Where objects of a kind are in the namespace of this run."""
        return f"/{group}/namespaces/{self.namespace}/{plural}"

    def settled(self) -> bool:
        """Whether pods can be made in that namespace, which takes controllers a moment."""
        names = [each["metadata"]["name"] for each in self.ask("GET", self.here("serviceaccounts"))["items"]]
        return "default" in names

    def pods(self) -> list[str]:
        """The pods in that namespace."""
        return [each["metadata"]["name"] for each in self.ask("GET", self.here("pods"))["items"]]


@asynccontextmanager
async def connected(settings: Config) -> AsyncIterator[Integration]:
    wire = open_wire("kube", settings, SystemClock(), Random(1))
    try:
        yield connect(settings, wire, SystemClock(), "kube")
    finally:
        await wire.aclose()


@contextmanager
def api_server(binaries: str, folder: Path) -> Iterator[Cluster]:
    """A real API server on loopback, with a kubelet that only gives out logs."""
    port = free_block()
    kube = [f"{binaries}/start-kube.sh", str(port), str(folder)]
    kubelet = [
        sys.executable,
        f"{binaries}/fake-kubelet.py",
        str(port + 9),
        f"{folder}/pki",
        f"{folder}/logs",
    ]
    with process(kube, folder / "kube.log") as log:
        wait_until(lambda: "READY" in log.read_text(), f"the API server is ready: {log}")
        with process([*kubelet, f"{folder}/pki", f"{folder}/logs"], folder / "kubelet.log"):
            found = Cluster(folder / "admin.kubeconfig", folder / "viewer.kubeconfig", folder, port + 9)
            found.make("/api/v1/namespaces", found.namespace)
            yield found


def template(image: str) -> dict[str, Any]:
    containers = [{"name": "app", "image": image, "env": [{"name": "PASSWORD", "value": "hunter2-env"}]}]
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": containers,
            "nodeSelector": NOWHERE,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
        },
    }


def pod(cluster: Cluster, name: str, status: dict[str, Any], *, owned: bool = True, **spec: object) -> None:
    """A pod that says of itself what we want; nothing runs."""
    meta: dict[str, Any] = {}
    if owned:
        uid = cluster.ask("GET", f"{cluster.here('deployments', APPS)}/web")["metadata"]["uid"]
        meta["ownerReferences"] = [owner("Deployment", "web", uid)]
    cluster.make(cluster.here("pods"), name, metadata=meta, spec={**template("web:1")["spec"], **spec})
    cluster.say(f"{cluster.here('pods')}/{name}", **status)


def owner(kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def deployment(cluster: Cluster, name: str, replicas: int = 0) -> Any:
    selector = {"matchLabels": {"app": "web"}}
    spec = {"replicas": replicas, "selector": selector, "template": template("web:1")}
    return cluster.make(cluster.here("deployments", APPS), name, spec=spec)


def node(cluster: Cluster, name: str, spec: object = None, **status: object) -> None:
    cluster.make("/api/v1/nodes", name, spec=spec)
    cluster.say(f"/api/v1/nodes/{name}", **status)


def kubelet(port: int) -> dict[str, Any]:
    """The status of a node whose kubelet listens on a loopback port."""
    return {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }


def container(state: dict[str, Any], last: dict[str, Any] | None = None, restarts: int = 0) -> dict[str, Any]:
    one = {"name": "app", "image": "web:1", "imageID": "", "ready": False, "restartCount": restarts}
    return {"containerStatuses": [{**one, "state": state, "lastState": last or {}}]}


def ended(reason: str, code: int) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ended = {
        "exitCode": code,
        "reason": reason,
        "startedAt": now,
        "finishedAt": now,
        "containerID": "containerd://x",
    }
    return {"terminated": ended}


def free_block() -> int:
    """The first of ten loopback ports that nobody listens on now."""
    for base in range(21_600, 22_600, 10):
        probes = [socket.socket() for _ in range(10)]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", base + number))
        except OSError:
            continue
        else:
            return base
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no ten free ports in a row from 21600 to 22600")


@contextmanager
def process(command: list[str], log: Path) -> Iterator[Path]:
    """A program for as long as the block lasts, ended by its own pid; what it says goes to a file."""
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield log
    finally:
        running.terminate()
        running.wait(timeout=60)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Waits for a state, not for a time; the bound only ends a test that has already failed."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited 90 s in vain until {what}")
