from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any, cast

import pytest
from kubernetes import client

from sre_assistant.sim.faults.services import (
    CrashLoop,
    StopContainer,
)
from sre_assistant.sim.faults.systems import Deny
from sre_assistant.sim.servers.kubernetes import kubeconfig
from sre_assistant.sim.servers.kubernetes.resources import RESOURCES
from sre_assistant.sim.servers.kubernetes.rows import human
from tests.sim.kube import READER, TABLE, Lab


@pytest.fixture(scope="module")
def quiet() -> Iterator[Lab]:
    """A cluster in which nothing happens; for tests that only read."""
    with Lab(minutes=1) as lab:
        yield lab


# What a real server's objects have at least: a field of each, worked out from recorded answers.
SHAPES = {
    "/api/v1/pods": (
        *("metadata.name", "metadata.namespace", "metadata.uid", "metadata.resourceVersion"),
        *("metadata.creationTimestamp", "metadata.labels", "metadata.ownerReferences.kind"),
        *("metadata.ownerReferences.controller", "metadata.ownerReferences.uid"),
        *("spec.containers.image", "spec.containers.resources", "spec.containers.terminationMessagePath"),
        *("spec.containers.imagePullPolicy", "spec.restartPolicy", "spec.nodeName", "spec.dnsPolicy"),
        *("spec.tolerations.effect", "spec.schedulerName", "spec.terminationGracePeriodSeconds"),
        *("spec.priority", "spec.enableServiceLinks", "spec.preemptionPolicy", "spec.securityContext"),
        *("status.phase", "status.conditions.type", "status.conditions.lastTransitionTime", "status.hostIP"),
        *("status.conditions.lastProbeTime", "status.podIP", "status.podIPs.ip", "status.startTime"),
        *("status.containerStatuses.state.running.startedAt", "status.containerStatuses.lastState"),
        *("status.containerStatuses.ready", "status.containerStatuses.restartCount", "status.qosClass"),
        *("status.containerStatuses.image", "status.containerStatuses.imageID"),
        *("status.containerStatuses.started", "status.containerStatuses.containerID"),
    ),
    "/api/v1/nodes": (
        *("metadata.name", "metadata.labels", "metadata.annotations", "status.capacity.cpu"),
        *("status.capacity.memory", "status.capacity.pods", "status.capacity.ephemeral-storage"),
        *("status.allocatable.cpu", "status.conditions.lastHeartbeatTime", "status.conditions.reason"),
        *("status.conditions.lastTransitionTime", "status.conditions.message", "status.addresses.address"),
        *("status.daemonEndpoints.kubeletEndpoint.Port", "status.nodeInfo.kernelVersion"),
        *("status.nodeInfo.kubeletVersion", "status.nodeInfo.osImage", "status.nodeInfo.architecture"),
    ),
    "/apis/apps/v1/deployments": (
        *("metadata.generation", "metadata.annotations.deployment.kubernetes.io/revision", "spec.replicas"),
        *("spec.selector.matchLabels.app", "spec.template.spec.containers.image", "spec.strategy.type"),
        *("spec.strategy.rollingUpdate.maxSurge", "spec.progressDeadlineSeconds", "status.replicas"),
        *("status.observedGeneration", "status.updatedReplicas", "status.readyReplicas"),
        *("status.availableReplicas", "status.conditions.lastUpdateTime", "status.conditions.reason"),
    ),
    "/apis/apps/v1/replicasets": (
        *("metadata.labels.pod-template-hash", "metadata.annotations", "metadata.ownerReferences.name"),
        *("spec.replicas", "spec.selector.matchLabels", "spec.template.metadata.labels", "status.replicas"),
        *("status.fullyLabeledReplicas", "status.observedGeneration"),
    ),
}


def paths(value: Any, prefix: str = "") -> set[str]:
    if isinstance(value, list):
        return set().union(*(paths(one, prefix) for one in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        found |= {f"{prefix}{key}", *paths(inner, f"{prefix}{key}.")}
    return found


@pytest.mark.parametrize("path", SHAPES)
def test_every_object_has_the_fields_that_a_real_server_gives(quiet: Lab, path: str) -> None:
    listed = quiet.get(path)
    assert listed["kind"].endswith("List")
    for one in listed["items"]:
        assert set(SHAPES[path]) <= paths(one)
        assert "kind" not in one


def test_the_official_client_reads_every_kind(quiet: Lab) -> None:
    api = quiet.client()
    core: Any = client.CoreV1Api(api)
    apps: Any = client.AppsV1Api(api)
    batch: Any = client.BatchV1Api(api)
    assert len(core.list_pod_for_all_namespaces().items) == 13
    assert [one.metadata.name for one in core.list_node().items] == ["kube1", "kube2", "kube3"]
    assert {"web", "home", "kube-system"} <= {one.metadata.name for one in core.list_namespace().items}
    for read in (
        core.list_service_for_all_namespaces,
        core.list_endpoints_for_all_namespaces,
        core.list_persistent_volume_claim_for_all_namespaces,
        core.list_persistent_volume,
        core.list_config_map_for_all_namespaces,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        apps.list_stateful_set_for_all_namespaces,
        apps.list_daemon_set_for_all_namespaces,
        apps.list_controller_revision_for_all_namespaces,
        cast("Any", client.StorageV1Api(api)).list_storage_class,
    ):
        assert read().items
    for read in (
        core.list_event_for_all_namespaces,
        core.list_replication_controller_for_all_namespaces,
        batch.list_job_for_all_namespaces,
        batch.list_cron_job_for_all_namespaces,
        cast("Any", client.NetworkingV1Api(api)).list_ingress_for_all_namespaces,
    ):
        assert read().items == []
    assert client.VersionApi(api).get_code().git_version == "v1.31.2+k3s1"
    assert core.read_namespaced_pod("wiki-db-0", "web").status.phase == "Running"


def test_discovery_names_what_is_served(quiet: Lab) -> None:
    assert quiet.get("/api")["versions"] == ["v1"]
    groups = {one["name"] for one in quiet.get("/apis")["groups"]}
    assert {"apps", "batch", "events.k8s.io", "metrics.k8s.io"} <= groups
    listed = {one["name"]: one for one in quiet.get("/apis/apps/v1")["resources"]}
    assert listed["deployments"]["shortNames"] == ["deploy"]
    assert listed["deployments/scale"]["kind"] == "Scale"
    whole = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    answer = quiet.ask("/apis", accept=whole)
    assert "as=APIGroupDiscoveryList" in answer.headers["content-type"]
    assert {one["metadata"]["name"] for one in answer.json["items"]} == groups
    for path in ("/healthz", "/livez", "/readyz"):
        assert quiet.ask(path).body == b"ok"
    assert quiet.get("/openapi/v2")["swagger"] == "2.0"
    assert quiet.ask("/apis/nosuch.example/v1").body == b"404 page not found\n"


def test_a_wrong_token_and_none_are_unauthorised(quiet: Lab) -> None:
    for token in ("wrong", ""):
        answer = quiet.ask("/api/v1/pods", token=token)
        assert answer.status == 401
        assert answer.json == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "message"),
    [
        (
            *("GET", "/api/v1/namespaces/web/secrets", {}, 403),
            f'secrets is forbidden: User "{READER}" cannot list resource "secrets" in API group "" '
            'in the namespace "web"',
        ),
        (
            *("GET", "/api/v1/namespaces/web/secrets/db", {}, 403),
            f'secrets "db" is forbidden: User "{READER}" cannot get resource "secrets" in API group "" '
            'in the namespace "web"',
        ),
        (
            *("DELETE", "/api/v1/namespaces/web/pods/wiki-db-0", {}, 403),
            f'pods "wiki-db-0" is forbidden: User "{READER}" cannot delete resource "pods" in API group "" '
            'in the namespace "web"',
        ),
        (
            *("PATCH", "/apis/apps/v1/namespaces/web/deployments/wiki/scale", {}, 403),
            f'deployments.apps "wiki" is forbidden: User "{READER}" cannot patch resource '
            '"deployments/scale" in API group "apps" in the namespace "web"',
        ),
        (
            *("GET", "/apis/nosuch.example/v1/things", {}, 403),
            f'things.nosuch.example is forbidden: User "{READER}" cannot list resource "things" in API group '
            '"nosuch.example" at the cluster scope',
        ),
        ("GET", "/metrics", {}, 403, f'forbidden: User "{READER}" cannot get path "/metrics"'),
        ("GET", "/api/v1/namespaces/web/pods/nope", {}, 404, 'pods "nope" not found'),
        (
            *("GET", "/apis/apps/v1/namespaces/web/deployments/nope", {}, 404),
            'deployments.apps "nope" not found',
        ),
        ("GET", "/api/v1/namespaces/nope/pods/x", {}, 404, 'pods "x" not found'),
        (
            *("POST", "/api/v1/pods", {}, 405),
            "the server does not allow this method on the requested resource",
        ),
        (
            *("PUT", "/api/v1/namespaces/web/pods", {}, 405),
            "the server does not allow this method on the requested resource",
        ),
        (
            *("GET", "/api/v1/pods", {"accept": "text/html"}, 406),
            "only the following media types are accepted: application/json, application/yaml, "
            "application/vnd.kubernetes.protobuf",
        ),
        (
            *("GET", "/api/v1/pods?labelSelector=a%3D%3D%3Db", {}, 400),
            "unable to parse requirement: found '=', expected: identifier",
        ),
        ("GET", "/api/v1/pods?fieldSelector=foo%3Dbar", {}, 400, "field label not supported: foo"),
        (
            *("GET", "/api/v1/pods?fieldSelector=foo", {}, 400),
            "invalid selector: 'foo'; can't understand 'foo'",
        ),
        ("GET", "/api/v1/pods?limit=x", {}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            *("GET", "/api/v1/pods?resourceVersionMatch=Exact", {}, 422),
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is '
            "forbidden unless resourceVersion is provided",
        ),
    ],
)
def test_errors_are_worded_as_the_real_server_words_them(
    quiet: Lab, method: str, path: str, headers: dict[str, str], status: int, message: str
) -> None:
    answer = quiet.ask(path, method=method, accept=headers.get("accept", "*/*"))
    assert (answer.status, answer.json["message"]) == (status, message)
    assert (answer.json["kind"], answer.json["status"], answer.json["code"]) == ("Status", "Failure", status)


def test_an_unknown_namespace_is_empty_and_no_error(quiet: Lab) -> None:
    assert quiet.get("/api/v1/namespaces/nope/pods")["items"] == []


def test_a_list_comes_in_pages_of_one_moment() -> None:
    with Lab(StopContainer(at="+2m", workload="web:wiki"), minutes=1) as lab:
        whole = lab.get("/api/v1/pods")
        first = lab.get("/api/v1/pods", limit=5)
        assert first["metadata"]["remainingItemCount"] == 8
        lab.advance(3)  # two pods are gone by now
        second = lab.get("/api/v1/pods", limit=5, **{"continue": first["metadata"]["continue"]})
        third = lab.get("/api/v1/pods", limit=5, **{"continue": second["metadata"]["continue"]})
        names = [one["metadata"]["name"] for part in (first, second, third) for one in part["items"]]
        assert names == [one["metadata"]["name"] for one in whole["items"]]
        assert "continue" not in third["metadata"]
        assert {part["metadata"]["resourceVersion"] for part in (first, second, third)} == {
            first["metadata"]["resourceVersion"]
        }
        lab.advance(5)
        late = lab.ask("/api/v1/pods?" + urllib.parse.urlencode({"continue": first["metadata"]["continue"]}))
        assert (late.status, late.json["reason"]) == (410, "Expired")
        rest = lab.get("/api/v1/pods", **{"continue": late.json["metadata"]["continue"]})
        assert len(rest["items"]) == 6
        broken = lab.ask("/api/v1/pods?continue=abc")
        assert broken.status == 400
        assert broken.json["message"].startswith("continue key is not valid")


def test_a_list_can_be_had_as_it_was_but_not_as_it_will_be(quiet: Lab) -> None:
    number = int(quiet.get("/api/v1/pods")["metadata"]["resourceVersion"])
    then = quiet.get("/api/v1/pods", resourceVersion=number - 30_000, resourceVersionMatch="Exact")
    assert then["metadata"]["resourceVersion"] == str(number - 30_000)
    old = quiet.ask(f"/api/v1/pods?resourceVersion={number - 400_000}&resourceVersionMatch=Exact")
    assert (old.status, old.json["reason"]) == (410, "Expired")
    future = quiet.ask(f"/api/v1/pods?resourceVersion={number + 400_000}")
    assert (future.status, future.json["reason"]) == (504, "Timeout")
    assert future.json["details"]["retryAfterSeconds"] == 1


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ({"labelSelector": "app=links"}, ["links"]),
        ({"labelSelector": "app in (links, wiki-db),app!=links"}, ["wiki-db"]),
        ({"labelSelector": "!pod-template-hash,app"}, ["node-agent", "wiki-db"]),
        ({"labelSelector": "app notin (links,wiki,wiki-db)", "namespaced": "web"}, []),
        ({"fieldSelector": "metadata.name=wiki-db-0,status.phase=Running"}, ["wiki-db"]),
        ({"fieldSelector": "status.phase!=Running"}, []),
    ],
)
def test_selectors_choose(quiet: Lab, selectors: dict[str, str], names: list[str]) -> None:
    path = "/api/v1/namespaces/web/pods" if selectors.pop("namespaced", "") else "/api/v1/pods"
    found = quiet.get(path, **selectors)["items"]
    assert sorted({one["metadata"]["labels"]["app"] for one in found}) == names


def test_pods_can_be_chosen_by_their_node(quiet: Lab) -> None:
    found = quiet.get("/api/v1/pods", fieldSelector="spec.nodeName=kube1")["items"]
    assert found
    assert {one["spec"]["nodeName"] for one in found} == {"kube1"}


def test_lists_come_as_tables_for_people(quiet: Lab) -> None:
    row = quiet.table("/api/v1/namespaces/web/pods")["wiki-db-0"]
    assert row == ["wiki-db-0", "1/1", "Running", "0", "13d"]
    assert quiet.table("/apis/apps/v1/namespaces/web/deployments")["wiki"][:4] == ["wiki", "2/2", 2, 2]
    assert quiet.table("/api/v1/nodes")["kube1"][1:3] == ["Ready", "control-plane,master"]
    one = quiet.ask("/api/v1/namespaces/web/pods/wiki-db-0?includeObject=Object", accept=TABLE).json
    assert one["rows"][0]["object"]["spec"]["nodeName"]
    for resource in RESOURCES:
        if "list" in resource.verbs and resource.name not in {"secrets", "serviceaccounts"}:
            root = f"/apis/{resource.group}" if resource.group else "/api"
            found = quiet.ask(f"{root}/{resource.version}/{resource.name}", accept=TABLE).json
            widths = {len(row["cells"]) for row in found["rows"]} | {len(found["columnDefinitions"])}
            assert len(widths) == 1, resource.full


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0s"), (119, "119s"), (120, "2m"), (599, "9m59s"), (600, "10m"), (10_799, "179m")),
        *((10_800, "3h"), (12_000, "3h20m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d")),
        *((176_400, "2d1h"), (691_200, "8d"), (63_072_000, "2y"), (66_000_000, "2y33d"), (-9, "0s")),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(seconds: float, text: str) -> None:
    assert human(seconds) == text


def review(lab: Lab, **attributes: str) -> bool:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    body = {"spec": {"resourceAttributes": attributes}}
    answer = lab.ask(path, method="POST", body=body, content_type="application/json")
    assert answer.status == 201
    return bool(answer.json["status"]["allowed"])


def test_lost_rights_are_refused_and_reviews_tell_of_them() -> None:
    faults = (
        Deny(at="+1m", system="kubernetes", privilege="pods/log"),
        Deny(at="+1m", system="kubernetes", privilege="events", path="/web"),
    )
    with Lab(*faults) as lab:
        assert review(lab, verb="get", resource="pods", subresource="log", namespace="web")
        lab.advance(2)
        log = lab.ask("/api/v1/namespaces/web/pods/wiki-db-0/log")
        assert log.status == 403
        assert f'User "{READER}" cannot get resource "pods/log"' in log.json["message"]
        assert lab.ask("/api/v1/pods").status == 200
        assert lab.ask("/api/v1/namespaces/web/events").status == 403
        assert lab.ask("/api/v1/namespaces/home/events").status == 200
        assert lab.ask("/api/v1/events").status == 403, "rights in some namespaces are none in all"
        assert not review(lab, verb="get", resource="pods", subresource="log", namespace="web")
        assert not review(lab, verb="list", resource="events", namespace="web")
        assert review(lab, verb="list", resource="events", namespace="home")
        for namespace, offered in (("web", False), ("home", True)):
            path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
            body = {"spec": {"namespace": namespace}}
            status = lab.ask(path, method="POST", body=body, content_type="application/json").json["status"]
            rules = {(one["apiGroups"][0], one["resources"][0]) for one in status["resourceRules"]}
            assert (("", "events") in rules) is offered
            assert ("", "pods/log") not in rules
            assert ("", "pods") in rules


def test_a_review_without_a_namespace_is_no_review(quiet: Lab) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    answer = quiet.ask(path, method="POST", body={"spec": {}}, content_type="application/json")
    assert (answer.status, answer.json["message"]) == (400, "no namespace on request")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/web/pods/..%2f..%2fsecrets",
        "/api/v1/namespaces/web%2Fpods/secrets",
        "/api/v1/namespaces/web/pods/%00",
        "/api/v1/namespaces/web/pods/wiki%27%3B%20--",
        "/api/v1/namespaces/web/pods/%F0%9F%92%A5",
        "/api/v1/namespaces/web/pods/a/b/c/d",
        "/api/v1/../../etc/passwd",
        "//api//v1/secrets",
    ],
)
def test_odd_paths_are_refused_as_json_and_reach_nothing(quiet: Lab, path: str) -> None:
    answer = quiet.ask(path)
    assert answer.status in {403, 404}
    assert b"apiVersion" in answer.body or answer.body == b"404 page not found\n"


def test_the_same_seed_gives_the_same_bytes() -> None:
    def content() -> list[bytes]:
        with Lab(CrashLoop(at="+1m", workload="web:wiki"), minutes=9) as lab:
            kinds = ("pods", "nodes", "events", "persistentvolumeclaims")
            return [lab.ask(f"/api/v1/{kind}").body for kind in kinds]

    assert content() == content()


def test_the_date_above_an_answer_is_the_simulated_one(quiet: Lab) -> None:
    assert quiet.ask("/version").headers["date"] == "Sun, 15 Nov 2026 00:31:00 GMT"


def test_answers_are_indented_for_people_and_written_as_yaml_on_demand(quiet: Lab) -> None:
    assert quiet.ask("/version", user_agent="curl/8.5").body.startswith(b'{\n  "major": "1"')
    answer = quiet.ask("/api/v1/namespaces/web", accept="application/yaml")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert b"kind: Namespace\n" in answer.body


def test_a_kubeconfig_names_server_and_token() -> None:
    text = kubeconfig("https://kube.lan:6443", "secret", "Q0E=")
    assert "server: https://kube.lan:6443" in text
    assert "token: secret" in text
    assert "certificate-authority-data: Q0E=" in text
