from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from sre_assistant.sim.faults.services import (
    BadUpdate,
    CrashLoop,
)
from sre_assistant.sim.servers.kubernetes.patches import patched
from sre_assistant.sim.servers.kubernetes.status import Refused
from tests.sim.kube import Answered, Lab


@pytest.fixture(scope="module")
def quiet() -> Iterator[Lab]:
    """A cluster in which nothing happens; for tests that only read."""
    with Lab(minutes=1) as lab:
        yield lab


def test_a_patch_of_an_unknown_type_is_refused(quiet: Lab) -> None:
    answer = quiet.change("PATCH", "/apis/apps/v1/namespaces/web/deployments/wiki", {})
    assert answer.status == 415
    assert answer.json["reason"] == "UnsupportedMediaType"


def restart(lab: Lab, name: str = "wiki") -> Answered:
    stamp = {"kubectl.kubernetes.io/restartedAt": "2026-11-15T01:00:00Z"}
    body = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    path = f"/apis/apps/v1/namespaces/web/deployments/{name}?fieldManager=kubectl-rollout"
    return lab.change("PATCH", path, body, "application/strategic-merge-patch+json")


def test_a_rollout_restart_replaces_the_pods_and_cures_what_it_cures() -> None:
    fault = CrashLoop(at="+1m", workload="web:wiki", cured_by=("restart workload/web:wiki",))
    with Lab(fault, minutes=10) as lab:
        before = set(lab.pods())
        answer = restart(lab)
        assert answer.status == 200
        assert (
            "kubectl.kubernetes.io/restartedAt" in answer.json["spec"]["template"]["metadata"]["annotations"]
        )
        assert answer.json["metadata"]["generation"] == 2
        lab.advance(2)
        assert lab.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][:4] == ["wiki", "2/2", 2, 2]
        assert {name for name in set(lab.pods()) & before if name.startswith("wiki-t")} == set()
        assert len(lab.events(reason="ScalingReplicaSet")) == 4


def test_a_reader_may_not_restart(quiet: Lab) -> None:
    answer = quiet.ask(
        "/apis/apps/v1/namespaces/web/deployments/wiki",
        method="PATCH",
        body={},
        content_type="application/merge-patch+json",
    )
    assert answer.status == 403


def test_pods_can_be_deleted_and_evicted_and_come_back() -> None:
    with Lab(minutes=1) as lab:
        api = client.CoreV1Api(lab.client(changes=True))
        name = next(name for name in lab.pods() if name.startswith("links"))
        answer = lab.change("DELETE", f"/api/v1/namespaces/web/pods/{name}", None)
        assert answer.json["metadata"]["deletionGracePeriodSeconds"] == 30
        assert lab.table("/api/v1/namespaces/web/pods")[name][2] == "Terminating"
        old = lab.pods()["wiki-db-0"]["metadata"]["uid"]
        eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="wiki-db-0", namespace="web"))
        api.create_namespaced_pod_eviction("wiki-db-0", "web", eviction)
        lab.advance(2)
        assert name not in lab.pods()
        assert lab.pods()["wiki-db-0"]["metadata"]["uid"] != old
        assert {pod["status"]["phase"] for pod in lab.pods().values()} == {"Running"}
        assert lab.change("DELETE", f"/api/v1/namespaces/web/pods/{name}", None).status == 404
        wrong = {"preconditions": {"uid": old}}
        assert lab.change("DELETE", "/api/v1/namespaces/web/pods/wiki-db-0", wrong).status == 409


def test_scales_are_read_and_written() -> None:
    path = "/apis/apps/v1/namespaces/web/deployments/wiki/scale"
    with Lab(minutes=1) as lab:
        scale = lab.get(path)
        assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == (
            "Scale",
            {"replicas": 2},
            "app=wiki",
        )
        merge = "application/merge-patch+json"
        assert lab.change("PATCH", path, {"spec": {"replicas": 3}}, merge).json["spec"]["replicas"] == 3
        lab.advance(1)
        assert lab.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][1] == "3/3"
        scale = lab.get(path)
        lab.change("PUT", path, scale | {"spec": {"replicas": 1}})
        lab.advance(1)
        assert lab.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][1] == "1/1"
        stale = lab.change("PUT", path, scale | {"spec": {"replicas": 2}})
        assert (stale.status, stale.json["reason"]) == (409, "Conflict")
        negative = lab.change("PATCH", path, {"spec": {"replicas": -1}}, merge)
        assert negative.status == 422
        assert negative.json["message"].endswith(
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
        )


def test_a_dry_run_changes_nothing() -> None:
    with Lab(minutes=1) as lab:
        path = "/apis/apps/v1/namespaces/web/deployments/wiki/scale?dryRun=All"
        answer = lab.change("PATCH", path, {"spec": {"replicas": 5}}, "application/merge-patch+json")
        assert answer.json["spec"]["replicas"] == 5
        lab.change("DELETE", "/api/v1/namespaces/web/pods/wiki-db-0?dryRun=All", None)
        assert lab.homelab.live.deeds == []


def test_a_node_can_be_kept_free() -> None:
    with Lab(minutes=1) as lab:
        kind = "application/strategic-merge-patch+json"
        lab.change("PATCH", "/api/v1/nodes/kube3", {"spec": {"unschedulable": True}}, kind)
        lab.advance(1)
        assert lab.table("/api/v1/nodes")["kube3"][1] == "Ready,SchedulingDisabled"
        restart(lab)
        lab.advance(3)
        assert "kube3" not in {
            pod["spec"]["nodeName"]
            for name, pod in lab.pods().items()
            if name.startswith("wiki-") and "db" not in name
        }
        lab.change("PATCH", "/api/v1/nodes/kube3", {"spec": {"unschedulable": None}}, kind)
        assert "unschedulable" not in lab.get("/api/v1/nodes/kube3")["spec"]


def test_an_image_can_be_set_and_taken_back_by_a_json_patch() -> None:
    with Lab(BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3"), minutes=10) as lab:
        path = "/apis/apps/v1/namespaces/web/deployments/wiki"
        place = "/spec/template/spec/containers/0/image"
        steps = [
            {"op": "test", "path": place, "value": "requarks/wiki:3"},
            {"op": "replace", "path": place, "value": "requarks/wiki:2.5"},
        ]
        assert lab.change("PATCH", path, steps, "application/json-patch+json").status == 200
        again = lab.change("PATCH", path, steps, "application/json-patch+json")
        assert (again.status, again.json["reason"]) == (422, "Invalid")
        lab.advance(2)
        assert lab.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][:4] == ["wiki", "2/2", 2, 2]
        other = [{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": True}]
        assert lab.change("PATCH", path, other, "application/json-patch+json").status == 403


def test_changes_can_fail_be_slow_or_lose_their_answer() -> None:
    with Lab(minutes=1, mishaps={"restart workload/web:wiki": "fail"}) as lab:
        answer = restart(lab)
        assert (answer.status, answer.json["reason"]) == (500, "InternalError")
        assert lab.homelab.live.deeds == []
    with Lab(minutes=1, mishaps={"*": "lost"}) as lab:
        with pytest.raises((ConnectionError, urllib.error.URLError)):
            restart(lab)
        lab.advance(2)
        assert len(lab.events(reason="ScalingReplicaSet")) == 4
    with Lab(minutes=1, mishaps={"*": "slow"}) as lab:
        assert restart(lab).status == 200
        assert lab.events(reason="ScalingReplicaSet") == []
        lab.advance(3)
        assert len(lab.events(reason="ScalingReplicaSet")) == 4
    with Lab(minutes=1, mishaps={"*": "half"}) as lab:
        restart(lab)
        lab.advance(10)
        assert lab.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][:4] == ["wiki", "2/2", 1, 2]
        assert lab.events(reason="FailedCreatePodSandBox")


def test_a_body_that_is_too_large_or_no_json_is_refused() -> None:
    with Lab(minutes=1) as lab:
        path = "/apis/apps/v1/namespaces/web/deployments/wiki"
        large = lab.change("PATCH", path, "x" * 3_200_000, "application/merge-patch+json")
        assert (large.status, large.json["reason"]) == (413, "RequestEntityTooLarge")
        for body in (
            "{bad",
            "[]",
            '"text"',
            '{"spec": 7}',
            '{"metadata": {"name": "other"}}',
            '{"spec": null}',
        ):
            answer = lab.change("PATCH", path, body, "application/merge-patch+json")
            assert answer.status in {400, 422}, body
        assert lab.homelab.live.deeds == []


BEFORE = {"a": 1, "b": {"c": [1, 2]}, "containers": [{"name": "x", "image": "1"}, {"name": "y"}]}


@pytest.mark.parametrize(
    ("kind", "body", "changed"),
    [
        ("merge", {"a": None, "b": {"d": 3}}, {"b": {"c": [1, 2], "d": 3}, "a": ...}),
        ("merge", {"containers": [{"name": "z"}]}, {"containers": [{"name": "z"}]}),
        ("merge", {"b": 7}, {"b": 7}),
        (
            "strategic-merge",
            {"$setElementOrder/containers": [], "containers": [{"name": "x", "image": "2"}, {"name": "z"}]},
            {"containers": [{"name": "x", "image": "2"}, {"name": "y"}, {"name": "z"}]},
        ),
        (
            "strategic-merge",
            {"containers": [{"name": "x", "$patch": "delete"}], "a": None},
            {"containers": [{"name": "y"}], "a": ...},
        ),
        ("strategic-merge", {"b": {"$patch": "replace", "e": 1}}, {"b": {"e": 1}}),
        ("json", [{"op": "add", "path": "/b/c/-", "value": 3}], {"b": {"c": [1, 2, 3]}}),
        ("json", [{"op": "add", "path": "/b/c/0", "value": 0}], {"b": {"c": [0, 1, 2]}}),
        ("json", [{"op": "replace", "path": "/b/c/1", "value": 9}], {"b": {"c": [1, 9]}}),
        ("json", [{"op": "remove", "path": "/b/c/0"}], {"b": {"c": [2]}}),
        ("json", [{"op": "remove", "path": "/a"}], {"a": ...}),
        ("json", [{"op": "add", "path": "/x~1y~0", "value": 1}], {"x/y~": 1}),
    ],
)
def test_the_three_kinds_of_patches_do_what_their_documents_say(
    kind: str, body: Any, changed: dict[str, Any]
) -> None:
    after = patched(BEFORE, json.dumps(body).encode(), f"application/{kind}-patch+json; charset=utf-8")
    assert after == {key: value for key, value in (BEFORE | changed).items() if value is not ...}
    assert BEFORE["a"] == 1


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("merge", "[1]", 400),
        ("merge", "{", 400),
        ("merge", "[" * 100_000, 400),
        ("strategic-merge", '{"containers": [{"image": "2"}]}', 400),
        ("strategic-merge", '{"containers": [7]}', 400),
        ("json", "{}", 400),
        ("json", "[7]", 422),
        ("json", '[{"op": "remove", "path": "/nope"}]', 422),
        ("json", '[{"op": "replace", "path": "/nope", "value": 1}]', 422),
        ("json", '[{"op": "replace", "path": "", "value": 1}]', 422),
        ("json", '[{"op": "add", "path": "/b/c/7", "value": 1}]', 422),
        ("json", '[{"op": "add", "path": "/a/b", "value": 1}]', 422),
        ("json", '[{"op": "fly", "path": "/a"}]', 422),
        ("apply", "{}", 415),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(kind: str, body: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        patched(BEFORE, body.encode(), f"application/{kind}-patch+json")
    assert refused.value.code == code


@pytest.mark.real
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl (Debian: kubernetes-client) is missing")
class TestKubectl:
    """What people type, through the door of ``kubectl proxy``: kubectl sends no token over plain HTTP."""

    def kubectl(self, lab: Lab, *words: str, code: int = 0) -> str:
        server = lab.homelab.doors["kubernetes-proxy"].url
        done = subprocess.run(
            ["kubectl", "--server", server, "--cache-dir", "/nonexistent", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"HOME": "/nonexistent", "PATH": "/usr/bin:/usr/local/bin:/bin"},
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def test_it_gets_describes_and_reads_logs(self) -> None:
        with Lab(CrashLoop(at="+1m", workload="web:wiki"), minutes=11) as lab:
            pods = self.kubectl(lab, "get", "pods", "-A", "-o", "wide")
            assert "CrashLoopBackOff" in pods
            assert pods.splitlines()[0].split()[:4] == ["NAMESPACE", "NAME", "READY", "STATUS"]
            described = self.kubectl(lab, "describe", "pods", "-n", "web", "-l", "app=wiki")
            assert "Last State:     Terminated" in described
            assert "BackOff" in described
            events = self.kubectl(lab, "events", "-n", "web", "--types", "Warning")
            assert "Back-off restarting failed container wiki" in events
            log = self.kubectl(lab, "logs", "-n", "web", "deploy/wiki", "--previous", "--tail", "1")
            assert "FATAL" in log
            assert "kube1" in self.kubectl(lab, "top", "nodes")
            assert "Ready" in self.kubectl(lab, "describe", "node", "kube1")
            service = self.kubectl(lab, "describe", "service", "-n", "web", "wiki-db")
            assert ":5432" in next(line for line in service.splitlines() if line.startswith("Endpoints"))
            everything = self.kubectl(lab, "get", "all,pvc,pv,sc,ep,cm,ns,nodes", "-A")
            assert "statefulset.apps/wiki-db" in everything

    def test_it_restarts_scales_undoes_and_drains(self) -> None:
        with Lab(BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3"), minutes=15) as lab:
            assert "exceeded its progress deadline" in self.kubectl(
                lab, "rollout", "status", "-n", "web", "deploy/wiki", "--timeout", "2s", code=1
            )
            assert "rolled back" in self.kubectl(lab, "rollout", "undo", "-n", "web", "deploy/wiki")
            lab.advance(2)
            assert "successfully rolled out" in self.kubectl(
                lab, "rollout", "status", "-n", "web", "deploy/wiki", "--timeout", "5s"
            )
            assert "restarted" in self.kubectl(lab, "rollout", "restart", "-n", "web", "deploy/links")
            assert "scaled" in self.kubectl(lab, "scale", "-n", "web", "deploy/wiki", "--replicas", "3")
            assert "cordoned" in self.kubectl(lab, "cordon", "kube2")
            assert "deleted" in self.kubectl(lab, "delete", "pod", "-n", "web", "wiki-db-0", "--wait=false")
            lab.advance(3)
            rows = lab.table("/apis/apps/v1/namespaces/web/deployments")
            assert [rows[name][1] for name in ("links", "wiki")] == ["1/1", "3/3"]
            words = [deed.words for deed in lab.homelab.live.deeds]
            assert words == [
                "update workload/web:wiki",
                "restart workload/web:links",
                "scale workload/web:wiki",
                "cordon host/kube2",
                "delete workload/web:wiki-db",
            ]
