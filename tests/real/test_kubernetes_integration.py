"""The Kubernetes integration against real API servers, and the same reads against the simulated one.

    SRE_TEST_KUBECONFIG=~/.kube/config pytest tests/real/test_kubernetes_integration.py
    SRE_TEST_KUBE_BIN=/path/to/kube pytest tests/real/test_kubernetes_integration.py

The first is any cluster: it is only read, but for a namespace of this run alone, made and deleted where the
credential allows. The second names a folder with ``start-kube.sh`` (``PORT FOLDER``: etcd and an API server
without controllers, on loopback) and ``fake-kubelet.py``; what it starts is stopped again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.errors import CallError, Denied, Unauthorised, Unreachable
from sre_assistant.domain.inventory import LogFilter, Resource
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.integrations.kubernetes.grants import GRANT, GRANT_CHANGES
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.kubernetes import kubeconfig
from tests.real.kube import (
    APPS,
    RBAC,
    Cluster,
    Refused,
    api_server,
    connected,
    container,
    deployment,
    ended,
    kubelet,
    node,
    owner,
    pod,
    template,
    wait_until,
)

GIVEN = os.environ.get("SRE_TEST_KUBECONFIG", "")  # noqa: TID251  tests are told by whoever runs them
BIN = os.environ.get("SRE_TEST_KUBE_BIN", "")  # noqa: TID251
NFS = {"server": "nas.lan", "path": "/mnt/tank/web"}
pytestmark = pytest.mark.real
given = pytest.mark.skipif(not GIVEN, reason="SRE_TEST_KUBECONFIG is not set: the kubeconfig of a cluster")
started = pytest.mark.skipif(not BIN, reason="SRE_TEST_KUBE_BIN is not set: the folder with start-kube.sh")


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a cluster and nothing of what the others here need."""


def hour() -> Window:
    return Window.before(datetime.now(UTC) + timedelta(minutes=1), timedelta(hours=1))


async def called(integration: Integration, tool: str, **given: object) -> str:
    (found,) = (each for each in integration.tools if each.name == tool)
    return (await found.called(given)).text


async def resources(integration: Integration) -> dict[str, Resource]:
    assert integration.inventory
    return {f"{each.kind} {each.id}": each for each in (await integration.inventory.inventory()).value}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server of our own."""
    with api_server(BIN, tmp_path_factory.mktemp("kube")) as found:
        yield found


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Somebody's cluster, with a namespace of our own in it for as long as the tests last."""
    path = Path(GIVEN).expanduser()
    cluster = Cluster(path, path, tmp_path_factory.mktemp("lent"))
    try:
        cluster.make("/api/v1/namespaces", cluster.namespace)
    except Refused as error:
        pytest.skip(f"the credential of SRE_TEST_KUBECONFIG may not make a namespace: {error}")
    try:
        wait_until(cluster.settled, "its namespace has a service account")
        yield cluster
    finally:
        cluster.remove(f"/api/v1/namespaces/{cluster.namespace}")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of the simulated cluster, while nodes and pods of it are in trouble."""
    path = tmp_path_factory.mktemp("sim") / "kubeconfig"
    with Homelab("pod-crash-loop", at="shows", start=datetime.now(UTC) - timedelta(hours=10)) as homelab:
        path.write_text(kubeconfig(homelab.doors["kubernetes"].url, homelab.live.credentials["kubernetes"]))
        yield path


@pytest.fixture(params=[pytest.param("lent", marks=given), pytest.param("running", marks=started)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Each of the real ones, where we may write."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture(
    params=[
        pytest.param("given", marks=given),
        pytest.param("running", marks=started),
        pytest.param("simulated"),
    ]
)
def readable(request: pytest.FixtureRequest) -> Path:
    """The kubeconfig of each one that can be read."""
    if request.param == "given":
        return Path(GIVEN).expanduser()
    found: Cluster | Path = request.getfixturevalue(request.param)
    return found.viewer if isinstance(found, Cluster) else found


async def test_everything_that_is_read_can_be_read(readable: Path) -> None:
    async with connected(Config(kubeconfig=readable)) as kube:
        assert kube.inventory
        assert kube.changes
        assert kube.logs
        inventory = await kube.inventory.inventory()
        changes = await kube.changes.changes(hour())
        for reading in (inventory, changes):
            assert reading.completeness in {"complete", "partial", "empty", "denied"}
            assert "could not be read" not in reading.detail
        for tool in ("pods", "nodes", "workloads", "volumes", "events"):
            assert await called(kube, f"kubernetes_list_{tool}")
        ids = [(each.kind, each.id) for each in inventory.value]
        assert len(ids) == len(set(ids))
        checkup = await kube.checkup()
    assert checkup.version.startswith("Kubernetes v1.")
    assert checkup.status != "down"
    assert checkup.rights


async def test_it_sees_the_same_as_the_official_client(readable: Path) -> None:
    theirs = listed(readable)
    ours: set[str] = set()
    for _ in range(3):  # a living cluster may change between the two looks
        async with connected(Config(kubeconfig=readable)) as kube:
            ours = {name for name in await resources(kube) if name.startswith(tuple(theirs))}
        if ours == set().union(*theirs.values()):
            break
        theirs = listed(readable)
    assert ours == set().union(*theirs.values())


def listed(path: Path) -> dict[str, set[str]]:
    """What the official client lists, of the kinds that the credential may list, by how we call them."""
    api = config.new_client_from_config(str(path))  # type: ignore[no-untyped-call]
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    lists: dict[str, Callable[[], Any]] = {
        "host ": core.list_node,
        "pod ": core.list_pod_for_all_namespaces,
        "workload deployment/": apps.list_deployment_for_all_namespaces,
        "workload daemonset/": apps.list_daemon_set_for_all_namespaces,
    }
    found: dict[str, set[str]] = {}
    for start, ask in lists.items():
        with contextlib.suppress(client.exceptions.ForbiddenException):
            metas = [each.metadata for each in ask().items]
            found[start] = {start + "/".join(filter(None, (meta.namespace, meta.name))) for meta in metas}
    return found


@pytest.fixture
def web(cluster: Cluster) -> Iterator[str]:
    """A deployment of nothing in the namespace of this run, and whatever pods a test makes there."""
    deployment(cluster, "web")
    try:
        yield cluster.namespace
    finally:
        cluster.remove(f"{cluster.here('deployments', APPS)}/web")
        for name in cluster.pods():
            cluster.remove(f"{cluster.here('pods')}/{name}")
        wait_until(lambda: not cluster.pods(), "the pods are gone")


async def test_pods_in_trouble_are_told_as_such(cluster: Cluster, web: str) -> None:
    waiting = {
        "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    }
    pod(cluster, "crash", {"phase": "Running", **container(waiting, ended("Error", 1), 7)})
    pod(cluster, "oom", {"phase": "Running", **container({"running": {}}, ended("OOMKilled", 137), 3)})
    pod(cluster, "evicted", {"phase": "Failed", "reason": "Evicted", "message": "node low on memory"})
    async with connected(Config(kubeconfig=cluster.viewer, namespaces=web)) as kube:
        found = await resources(kube)
        text = await called(kube, "kubernetes_list_pods", status="problem")
    crash, oom, evicted = (found[f"pod {web}/{name}"] for name in ("crash", "oom", "evicted"))
    assert (crash.state, crash.health, crash.figures["restarts"]) == ("CrashLoopBackOff", "failed", 7)
    assert "last ended Error, exit code 1" in crash.detail
    assert (oom.health, "OOMKilled, exit code 137" in oom.detail) == ("warning", True)
    assert (evicted.state, evicted.health) == ("Evicted", "failed")
    assert "node low on memory" in evicted.detail
    assert {each.within for each in (crash, oom)} == {f"deployment/{web}/web"}
    assert "hunter2" not in text + repr(found)
    assert text.splitlines()[1].startswith("  [CrashLoopBackOff]") or "Evicted" in text.splitlines()[1]


async def test_events_of_core_v1_are_read_with_and_without_an_event_time(cluster: Cluster, web: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    subject = {"kind": "Deployment", "namespace": web, "name": "web", "apiVersion": "apps/v1"}
    old = {"firstTimestamp": now, "lastTimestamp": now, "count": 4, "source": {"component": "sre-test"}}
    new = {"eventTime": now.replace("Z", ".000000Z"), "action": "Test", "reportingComponent": "sre-test"}
    new |= {"reportingInstance": "sre-test"}
    for reason, more in (("BackOff", old), ("Rejected", new)):
        said = {"type": "Warning", "reason": reason, "message": f"{reason} of web", **more}
        name = f"web.{uuid.uuid4().hex[:9]}"
        cluster.make(cluster.here("events"), name, involvedObject=subject, **said)
    async with connected(Config(kubeconfig=cluster.viewer, namespaces=web)) as kube:
        assert kube.changes
        changes = [each for each in (await kube.changes.changes(hour())).value if each.actor == "sre-test"]
        text = await called(kube, "kubernetes_list_events", type="warning")
    assert {(each.subject, each.text, each.outcome) for each in changes} >= {
        (f"deployment/{web}/web", "BackOff: BackOff of web (×4)", "failed"),
        (f"deployment/{web}/web", "Rejected: Rejected of web", "failed"),
    }
    assert "[Warning] Deployment" in text


async def test_a_restart_is_taken_by_the_server_and_only_where_it_is_allowed(
    cluster: Cluster, web: str
) -> None:
    async with connected(Config(kubeconfig=cluster.admin)) as kube:
        assert kube.actuator is None
    async with connected(Config(kubeconfig=cluster.admin, namespaces=web, allow_changes=True)) as kube:
        said = await called(kube, "kubernetes_rollout_restart", workload="web")
    assert said.startswith(f"restart of deployment/{web}/web asked for: restart noted as of ")
    after = cluster.ask("GET", f"{cluster.here('deployments', APPS)}/web")["spec"]["template"]
    assert "kubectl.kubernetes.io/restartedAt" in after["metadata"]["annotations"]
    assert after["spec"]["containers"][0]["env"][0]["value"] == "hunter2-env"


async def test_a_pod_is_deleted_only_where_something_makes_it_again(cluster: Cluster, web: str) -> None:
    pod(cluster, "owned", {"phase": "Pending"})
    pod(cluster, "bare", {"phase": "Pending"}, owned=False)
    async with connected(Config(kubeconfig=cluster.admin, namespaces=web, allow_changes=True)) as kube:
        assert kube.actuator
        with pytest.raises(CallError, match="has nothing that would make it again"):
            await kube.actuator.act("delete", f"{web}/bare")
        await kube.actuator.act("delete", f"{web}/owned")
        with pytest.raises(CallError, match="there is no pod"):
            await kube.actuator.act("delete", f"{web}/gone")
    await asyncio.to_thread(wait_until, lambda: cluster.pods() == ["bare"], "the owned pod alone is gone")


@started
async def test_revisions_and_their_images_are_told(running: Cluster) -> None:
    space, sets = running.namespace, running.here("replicasets", APPS)
    uid = deployment(running, "shop", replicas=2)["metadata"]["uid"]
    for number, image in (("1", "web:1"), ("2", "web:2")):
        meta = {
            "annotations": {"deployment.kubernetes.io/revision": number},
            "ownerReferences": [owner("Deployment", "shop", uid)],
        }
        spec = {"selector": {"matchLabels": {"app": "web"}}, "replicas": 2, "template": template(image)}
        running.make(sets, f"shop-{number}", metadata=meta, spec=spec)
    stuck = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    shop = f"{running.here('deployments', APPS)}/shop"
    running.say(shop, observedGeneration=1, replicas=2, conditions=[{**stuck, "message": "timed out"}])
    async with connected(Config(kubeconfig=running.viewer)) as kube:
        history = await called(kube, "kubernetes_rollout_history", workload="shop")
        unwell = await called(kube, "kubernetes_list_workloads", unhealthy=True)
        assert kube.changes
        changes = (await kube.changes.changes(hour())).value
    assert "revision 2 (now), 2 pods wanted: app: web:1 -> web:2" in history
    assert f"[0/2 ready] deployment/{space}/shop" in unwell
    assert "Progressing=False, ProgressDeadlineExceeded: timed out" in unwell
    told = [change.text for change in changes if change.subject == f"deployment/{space}/shop"]
    assert "revision 2: app: web:1 -> web:2" in told


@started
async def test_a_lost_node_and_a_bound_claim_are_told(running: Cluster) -> None:
    away = {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting."}
    full = {"type": "MemoryPressure", "status": "True", "message": "little left"}
    node(running, "lost", {"unschedulable": True}, conditions=[away, full], capacity={"memory": "4Gi"})
    modes = {"accessModes": ["ReadWriteOnce"], "storageClassName": "nfs"}
    running.make(
        "/api/v1/persistentvolumes", "pv-web", spec={**modes, "capacity": {"storage": "5Gi"}, "nfs": NFS}
    )
    wanted = {**modes, "volumeName": "pv-web", "resources": {"requests": {"storage": "5Gi"}}}
    claims = running.here("persistentvolumeclaims")
    running.make(claims, "data", spec=wanted)
    running.say(f"{claims}/data", phase="Bound", capacity={"storage": "5Gi"})
    async with connected(Config(kubeconfig=running.admin)) as kube:
        found = await resources(kube)
    lost, data = found["host lost"], found[f"volume {running.namespace}/data"]
    assert (lost.state, lost.health) == ("NotReady,SchedulingDisabled", "failed")
    assert lost.detail == "not Ready: Kubelet stopped posting.; MemoryPressure: little left"
    assert lost.figures["memory_bytes"] == 4 * 1024**3
    assert (data.state, data.uses) == ("Bound", ("pv-web", "nas.lan:/mnt/tank/web"))


@started
async def test_logs_come_through_the_api_server_from_the_kubelet(running: Cluster) -> None:
    folder = running.folder / "logs" / running.namespace / "talker"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    stamps = [(now - timedelta(seconds=9 - number)).isoformat().replace("+00:00", "Z") for number in range(4)]
    (folder / "app").write_text("".join(f"{stamp} line {number}\n" for number, stamp in enumerate(stamps)))
    (folder / "app.previous").write_text(f"{stamps[0]} panic: password=hunter2\n")
    node(running, "talking", **kubelet(running.kubelet))
    state = container({"running": {"startedAt": stamps[1]}}, ended("Error", 1), 1)
    pod(running, "talker", {"phase": "Running", **state}, owned=False, nodeName="talking")
    async with connected(Config(kubeconfig=running.viewer)) as kube:
        assert kube.logs
        reading = await kube.logs.lines(LogFilter(container="talker"), hour(), 100)
        tail = await called(kube, "kubernetes_pod_logs", pod="talker", tail=2)
        before = await called(kube, "kubernetes_pod_logs", pod="talker", previous=True)
    assert [line.text for line in reading.value] == [
        "line 0",
        "panic: password=hunter2",
        "line 1",
        "line 2",
        "line 3",
    ]
    assert {(line.host, line.container) for line in reading.value} == {("talking", "app")}
    assert [line.partition("Z ")[2] for line in tail.splitlines()[1:]] == ["line 2", "line 3"]
    assert before.splitlines()[1].endswith("panic: password=[hidden]")


@started
async def test_a_kubelet_that_is_gone_and_a_pod_without_a_node_are_told(running: Cluster) -> None:
    node(running, "silent", **kubelet(1))
    pod(running, "mute", container({"running": {}}), owned=False, nodeName="silent")
    async with connected(Config(kubeconfig=running.viewer)) as kube:
        with pytest.raises(Unreachable, match="connection refused"):
            await called(kube, "kubernetes_pod_logs", pod="mute")


@started
async def test_a_wrong_token_and_a_narrow_right_are_told_apart(running: Cluster) -> None:
    url = Config(kubeconfig=running.admin).url
    authority = running.folder / "pki" / "ca.crt"
    deployment(running, "kept")
    async with connected(Config(url=url, ca_cert=authority, token=Secret("wrong-token"))) as kube:
        with pytest.raises(Unauthorised):
            await called(kube, "kubernetes_list_pods")
        assert (await kube.checkup()).status == "down"
    async with connected(Config(kubeconfig=running.viewer, allow_changes=True)) as kube:
        assert kube.actuator
        with pytest.raises(Denied, match="cannot patch"):
            await kube.actuator.act("restart", f"deployment/{running.namespace}/kept")
        checkup = await kube.checkup()
    said = [finding.text for finding in checkup.findings if finding.level != "ok"]
    assert "the credential may not list persistentvolumes" in said
    assert any(text.startswith("for changes the credential may not patch deployments.apps") for text in said)


@started
@pytest.mark.skipif(not shutil.which("kubectl"), reason="not installed: kubectl (Debian: kubernetes-client)")
async def test_the_commands_that_are_printed_make_the_credential_that_is_needed(running: Cluster) -> None:
    space = running.namespace
    for line in (*GRANT, *GRANT_CHANGES):
        command = line.replace("NAMESPACE", space)
        environ = {"KUBECONFIG": str(running.admin), "PATH": os.defpath}
        await asyncio.to_thread(
            subprocess.run, command, shell=True, check=True, cwd=running.folder, env=environ
        )
    other = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template("web:1")}
    running.make("/apis/apps/v1/namespaces/default/deployments", "other", spec=other)
    tokens = [
        Secret((running.folder / name).read_text())
        for name in ("kubernetes-token", "kubernetes-change-token")
    ]
    url, authority = Config(kubeconfig=running.admin).url, running.folder / "pki" / "ca.crt"
    settings = Config(url=url, ca_cert=authority, token=tokens[0], change_token=tokens[1], allow_changes=True)
    async with connected(settings) as kube:
        checkup = await kube.checkup()
        assert kube.inventory
        inventory = await kube.inventory.inventory()
        assert kube.actuator
        with pytest.raises(CallError, match="there is no"):
            await kube.actuator.act("restart", f"deployment/{space}/never")
        with pytest.raises(Denied, match="cannot patch"):
            await kube.actuator.act("restart", "deployment/default/other")
    permissions = [f for f in checkup.findings if f.check == "permission" and f.level != "ok"]
    assert [f.text for f in permissions if not f.text.startswith("for changes")] == []
    assert not any("credential may not" in part for part in inventory.detail.split("; "))
    assert [f for f in checkup.findings if f.check == "tls" and f.level == "ok"]


@started
async def test_rights_in_one_namespace_show_that_namespace(running: Cluster) -> None:
    space, accounts = running.namespace, running.here("serviceaccounts")
    running.make(accounts, "narrow")
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    names = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]}
    subjects = [{"kind": "ServiceAccount", "name": "narrow", "namespace": space}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"}
    running.make(running.here("roles", RBAC), "narrow", rules=[pods])
    running.make(running.here("rolebindings", RBAC), "narrow", roleRef=role, subjects=subjects)
    token = running.ask("POST", f"{accounts}/narrow/token", {"spec": {"audiences": []}})["status"]["token"]
    url, authority = Config(kubeconfig=running.admin).url, running.folder / "pki" / "ca.crt"
    settings = Config(url=url, ca_cert=authority, token=Secret(token))
    async with connected(settings) as kube:
        with pytest.raises(Denied, match="name them in KUBERNETES_NAMESPACES"):
            await called(kube, "kubernetes_list_pods")
        running.make(f"/{RBAC}/clusterroles", "sre-names", rules=[names])
        role |= {"kind": "ClusterRole", "name": "sre-names"}
        running.make(f"/{RBAC}/clusterrolebindings", "sre-names", roleRef=role, subjects=subjects)
        text = await eventually(kube, "kubernetes_list_pods")
    assert "the credential may not list pods in default" in text
    assert not [line for line in text.splitlines()[1:] if line.startswith("  [") and f"{space}/" not in line]
    async with connected(replace(settings, namespaces=space)) as kube:
        assert "may not" not in await called(kube, "kubernetes_list_pods")


async def eventually(kube: Integration, tool: str) -> str:
    """What a tool says once a right that was just given has reached the authoriser."""
    for _ in range(50):
        try:
            return await called(kube, tool)
        except Denied:
            await asyncio.sleep(0.2)
    return await called(kube, tool)
