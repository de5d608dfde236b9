from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from sre_assistant.domain.inventory import Resource
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.inventory import Inventory
from sre_assistant.integrations.kubernetes.nodes import node_of
from sre_assistant.integrations.kubernetes.pods import pod_of
from sre_assistant.integrations.kubernetes.quantities import moment, quantity
from sre_assistant.integrations.kubernetes.volumes import volumes_of
from sre_assistant.integrations.kubernetes.workloads import (
    by_cron_job,
    cron_job_of,
    daemon_set_of,
    deployment_of,
    job_of,
    stateful_set_of,
)
from tests.integrations.kubernetes.answers import (
    BARE,
    CLAIM,
    CRASHING,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    FAILED_JOB,
    LOST_NODE,
    NODE,
    NOW,
    STATEFUL_SET,
    VOLUME,
    WELL_POD,
    Object,
    listed,
    owner,
    pod,
    running,
)
from tests.kit.hostile import answering


def read_pod(item: Object) -> Resource:
    return pod_of(msgspec.convert(item, shapes.Pod), NOW)


def waiting(reason: str, **more: Any) -> Object:
    """A pod whose container waits."""
    one = {"name": "wiki", "state": {"waiting": {"reason": reason}}, "restartCount": 0, **more}
    return pod("x", status={"phase": "Pending", "conditions": [], "containerStatuses": [one]})


def preparing(*statuses: object, specs: list[Object] | None = None) -> Object:
    spec = {"initContainers": specs or []}
    return pod("x", spec=spec, status={"phase": "Pending", "initContainerStatuses": [*statuses]})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("128Mi", 134_217_728.0),
        ("1.5Gi", 1_610_612_736.0),
        ("100m", 0.1),
        ("1e3", 1000.0),
        ("12E", 1.2e19),
        ("500k", 500_000.0),
        (".5", 0.5),
        ("250u", 0.00025),
        (4, 4.0),
        ("-1Ki", -1024.0),
        ("", None),
        ("1KiB", None),
        ("x", None),
        ("1e999", None),
        ("9" * 50, None),
        (True, None),
        (None, None),
    ],
)
def test_quantities_are_read_as_kubernetes_writes_them(text: object, value: float | None) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01T02:14:05Z", NOW),
        ("2026-03-01T02:14:05.123456789Z", NOW.replace(microsecond=123456)),
        ("2026-03-01T03:14:05+01:00", NOW),
        ("2026-03-01T02:14:05", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_moments_are_read_with_and_without_a_fraction(text: str | None, when: datetime | None) -> None:
    assert moment(text) == when


def test_a_pod_that_runs_is_well_and_says_where_it_belongs() -> None:
    found = read_pod(WELL_POD)
    assert (found.kind, found.id, found.name, found.state, found.health) == (
        "pod",
        "web/wiki-db-0",
        "wiki-db-0",
        "Running",
        "ok",
    )
    assert (found.host, found.within, found.uses) == ("kube1", "statefulset/web/wiki-db", ("web/wiki",))
    assert found.addresses == ("192.0.2.77",)
    assert found.since == datetime(2026, 2, 20, 8, 0, 9, tzinfo=UTC)
    assert found.labels["image"] == "wiki:2.5"
    assert found.figures == {"restarts": 0.0, "containers": 1.0, "memory_limit_bytes": 536_870_912.0}
    assert found.detail == ""


def test_a_crash_loop_says_why_and_how_often() -> None:
    found = read_pod(CRASHING)
    assert (found.state, found.health) == ("CrashLoopBackOff", "failed")
    assert found.within == "deployment/web/wiki"
    assert found.figures["restarts"] == 12
    assert "wiki had 12 restarts, last ended OOMKilled, exit code 137 at 2026-03-01 02:11:00Z" in found.detail


@pytest.mark.parametrize(
    ("item", "state", "health"),
    [
        (waiting("ImagePullBackOff"), "ImagePullBackOff", "failed"),
        (waiting("CreateContainerConfigError"), "CreateContainerConfigError", "failed"),
        (waiting("ContainerCreating"), "ContainerCreating", "warning"),
        (pod("x", status={"phase": "Succeeded", "containerStatuses": None}), "Succeeded", "ok"),
        (
            pod(
                "x",
                status={
                    "phase": "Succeeded",
                    "containerStatuses": [{"name": "a", "state": {"terminated": {"reason": "Completed"}}}],
                },
            ),
            "Completed",
            "ok",
        ),
        (
            pod("x", status={"phase": "Failed", "reason": "Evicted", "containerStatuses": []}),
            "Evicted",
            "failed",
        ),
        (
            pod(
                "x",
                status={
                    "phase": "Failed",
                    "containerStatuses": [{"name": "a", "state": {"terminated": {"exitCode": 3}}}],
                },
            ),
            "ExitCode:3",
            "failed",
        ),
        (
            pod(
                "x",
                status={
                    "phase": "Failed",
                    "containerStatuses": [
                        {"name": "a", "state": {"terminated": {"exitCode": 139, "signal": 11}}}
                    ],
                },
            ),
            "Signal:11",
            "failed",
        ),
        (pod("x", status={"phase": "Unknown", "containerStatuses": []}), "Unknown", "failed"),
        (pod("x", status={"conditions": [{"type": "Ready", "status": "False"}]}), "NotReady", "warning"),
        (pod("x", metadata={"deletionTimestamp": "2026-03-01T02:00:00Z"}), "Terminating", "warning"),
        (
            pod(
                "x",
                status={
                    "phase": "Pending",
                    "containerStatuses": None,
                    "conditions": [
                        {
                            "type": "PodScheduled",
                            "status": "False",
                            "reason": "Unschedulable",
                            "message": "0/3 nodes",
                        }
                    ],
                },
            ),
            "Unschedulable",
            "failed",
        ),
        (preparing({"name": "a", "state": {"running": {}}}), "Init:0/1", "warning"),
        (
            preparing({"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}),
            "Init:CrashLoopBackOff",
            "failed",
        ),
        (
            preparing({"name": "a", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}),
            "Init:Error",
            "failed",
        ),
        (BARE, "Unknown", "unknown"),
    ],
)
def test_states_are_said_in_the_words_of_kubectl(item: Object, state: str, health: str) -> None:
    found = read_pod(item)
    assert (found.state, found.health) == (state, health)


def test_a_sidecar_that_has_started_holds_nothing_up() -> None:
    done = {"name": "setup", "state": {"terminated": {"exitCode": 0}}}
    beside = {"name": "proxy", "started": True, "state": {"running": {}}}
    item = preparing(done, beside, specs=[{"name": "setup"}, {"name": "proxy", "restartPolicy": "Always"}])
    item["status"]["phase"] = "Running"
    assert read_pod(item).state == "Running"
    item["spec"]["initContainers"][1].pop("restartPolicy")
    assert read_pod(item).state == "Init:1/2"


@pytest.mark.parametrize(
    ("finished", "health"), [("2026-03-01T02:00:00Z", "warning"), ("2026-02-27T02:00:00Z", "ok")]
)
def test_a_restart_is_a_warning_for_an_hour(finished: str, health: str) -> None:
    item = pod("x")
    item["status"]["containerStatuses"][0] |= {
        "restartCount": 1,
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": finished}},
    }
    found = read_pod(item)
    assert found.health == health
    assert ("OOMKilled" in found.detail) == (health == "warning")


@pytest.mark.parametrize(
    ("owners", "labels", "within"),
    [
        (owner("ReplicaSet", "wiki-7d9f"), {"pod-template-hash": "7d9f"}, "deployment/web/wiki"),
        (owner("ReplicaSet", "alone"), {}, "replicaset/web/alone"),
        (owner("DaemonSet", "agent"), {}, "daemonset/web/agent"),
        (owner("Node", "kube1"), {}, ""),
        ([{"kind": "StatefulSet", "name": "x"}], {}, ""),
        (None, None, ""),
    ],
)
def test_a_pod_belongs_to_what_would_make_it_again(owners: object, labels: object, within: str) -> None:
    assert read_pod(pod("x", metadata={"ownerReferences": owners, "labels": labels})).within == within


def test_an_nfs_directory_of_a_pod_is_what_it_stands_on() -> None:
    volumes = [
        {"name": "m", "nfs": {"server": "nas.lan", "path": "/mnt/tank"}},
        {"name": "c", "configMap": {}},
    ]
    assert read_pod(pod("x", spec={"volumes": volumes})).uses == ("nas.lan:/mnt/tank",)


def test_a_node_says_condition_capacity_and_versions() -> None:
    found = node_of(msgspec.convert(NODE, shapes.Node))
    assert (found.kind, found.id, found.state, found.health) == ("host", "kube1", "Ready", "ok")
    assert found.figures == {"cpu_count": 2.0, "memory_bytes": 6_442_450_944.0}
    assert found.labels == {
        "roles": "control-plane",
        "kubelet": "v1.31.2+k3s1",
        "os": "Debian GNU/Linux 12",
        "system_uuid": "3db8d8e5",
    }
    assert (found.addresses, found.since) == (("192.0.2.41",), datetime(2026, 2, 10, 22, 18, 56, tzinfo=UTC))


def test_a_lost_node_is_failed_and_says_what_presses_it() -> None:
    found = node_of(msgspec.convert(LOST_NODE, shapes.Node))
    assert (found.state, found.health) == ("NotReady,SchedulingDisabled", "failed")
    assert found.detail == (
        "not Ready: Kubelet stopped posting node status.; DiskPressure: kubelet has disk pressure"
    )


def test_a_node_that_says_nothing_is_unknown() -> None:
    found = node_of(msgspec.convert({"metadata": {"name": "x"}}, shapes.Node))
    assert (found.state, found.health, found.figures) == ("Unknown", "unknown", {})


def test_pressure_alone_is_a_warning() -> None:
    item = {
        **NODE,
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "PIDPressure", "status": "True"}]
        },
    }
    assert node_of(msgspec.convert(item, shapes.Node)).health == "warning"


def deployment(**status: Any) -> Resource:
    item = {**DEPLOYMENT, "status": {**DEPLOYMENT["status"], **status}}
    return deployment_of(msgspec.convert(item, shapes.Workload))


def test_a_deployment_says_how_many_are_ready_and_what_its_controller_complains_of() -> None:
    found = deployment()
    assert (found.id, found.state, found.health) == ("deployment/web/wiki", "1/2 ready", "warning")
    assert found.figures == {"replicas": 2.0, "ready": 1.0, "updated": 2.0, "available": 1.0}
    assert found.detail == "Available=False, MinimumReplicasUnavailable"
    assert found.labels["revision"] == "4"
    assert found.labels["restarted_at"] == "2026-02-28T20:00:00Z"


STUCK = [
    {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
]
QUOTA = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}]


@pytest.mark.parametrize(
    ("status", "health", "says"),
    [
        ({"readyReplicas": 2, "conditions": None}, "ok", ""),
        ({"readyReplicas": 0, "conditions": []}, "failed", ""),
        (
            {"readyReplicas": 2, "conditions": STUCK},
            "failed",
            "Progressing=False, ProgressDeadlineExceeded: timed out",
        ),
        (
            {"readyReplicas": 2, "conditions": QUOTA},
            "failed",
            "ReplicaFailure=True, FailedCreate: exceeded quota",
        ),
        (
            {"readyReplicas": 2, "updatedReplicas": 1, "conditions": []},
            "warning",
            "1 of 2 are of the newest revision",
        ),
        (
            {"readyReplicas": 2, "observedGeneration": 3, "conditions": []},
            "warning",
            "its controller has not seen the latest change",
        ),
    ],
)
def test_a_rollout_that_does_not_get_on_is_said(status: Object, health: str, says: str) -> None:
    found = deployment(**status)
    assert (found.health, found.detail) == (health, says)


def test_a_deployment_of_none_is_well() -> None:
    item = {**DEPLOYMENT, "spec": {"replicas": 0}, "status": {"observedGeneration": 4}}
    found = deployment_of(msgspec.convert(item, shapes.Workload))
    assert (found.state, found.health) == ("0/0 ready", "ok")


def test_a_deployment_without_a_status_is_unknown() -> None:
    item = {"metadata": {"name": "wiki", "namespace": "web"}}
    found = deployment_of(msgspec.convert(item, shapes.Workload))
    assert (found.state, found.health) == ("0/1 ready", "unknown")


def test_stateful_and_daemon_sets_count_in_their_own_fields() -> None:
    stateful = stateful_set_of(msgspec.convert(STATEFUL_SET, shapes.Workload))
    assert (stateful.id, stateful.state, stateful.health) == ("statefulset/web/wiki-db", "1/1 ready", "ok")
    daemon = daemon_set_of(msgspec.convert(DAEMON_SET, shapes.Workload))
    assert (daemon.id, daemon.state, daemon.health) == ("daemonset/kube-system/agent", "1/2 ready", "warning")


def test_a_cron_job_tells_of_its_last_job() -> None:
    job = msgspec.convert(FAILED_JOB, shapes.Job)
    found = cron_job_of(msgspec.convert(CRON_JOB, shapes.CronJob), by_cron_job([job]))
    assert (found.id, found.state, found.health) == ("cronjob/web/dump", "Scheduled", "failed")
    assert found.detail.startswith("the last job failed: BackoffLimitExceeded: Job has reached")
    assert found.labels["schedule"] == "0 2 * * *"
    assert cron_job_of(msgspec.convert(CRON_JOB, shapes.CronJob), {}).health == "unknown"


def test_only_the_latest_job_that_ended_counts() -> None:
    later = {
        "metadata": {**FAILED_JOB["metadata"], "name": "dump-30"},
        "status": {
            "startTime": "2026-03-01T03:00:00Z",
            "conditions": [{"type": "Complete", "status": "True"}],
        },
    }
    running_now = {
        "metadata": {**FAILED_JOB["metadata"], "name": "dump-31"},
        "status": {"startTime": "2026-03-01T04:00:00Z"},
    }
    jobs = [msgspec.convert(item, shapes.Job) for item in (running_now, later, FAILED_JOB)]
    assert cron_job_of(msgspec.convert(CRON_JOB, shapes.CronJob), by_cron_job(jobs)).health == "ok"


@pytest.mark.parametrize(
    ("status", "spec", "state", "health"),
    [
        (FAILED_JOB["status"], {}, "Failed", "failed"),
        ({"conditions": [{"type": "Complete", "status": "True"}]}, {}, "Complete", "ok"),
        ({"active": 1}, {}, "Running", "unknown"),
        (None, {"suspend": True}, "Suspended", "unknown"),
        (None, None, "Pending", "unknown"),
    ],
)
def test_a_job_of_its_own_is_a_workload(status: object, spec: object, state: str, health: str) -> None:
    item = {"metadata": {"name": "once", "namespace": "web"}, "status": status, "spec": spec}
    found = job_of(msgspec.convert(item, shapes.Job))
    assert (found.id, found.state, found.health) == ("job/web/once", state, health)


def stored(claims: list[Object], volumes: list[Object]) -> tuple[Resource, ...]:
    return volumes_of(
        msgspec.convert(claims, list[shapes.Claim]), msgspec.convert(volumes, list[shapes.PersistentVolume])
    )


def test_a_claim_says_where_its_volume_really_is() -> None:
    (found,) = stored([CLAIM], [VOLUME])
    assert (found.kind, found.id, found.state, found.health) == ("volume", "web/wiki", "Bound", "ok")
    assert found.uses == ("pv-1", "nas.lan:/mnt/tank/wiki")
    assert found.figures == {"size_bytes": 10_737_418_240.0, "requested_bytes": 10_737_418_240.0}
    assert found.labels["storage_class"] == "nfs"


@pytest.mark.parametrize(("phase", "health"), [("Pending", "warning"), ("Lost", "failed"), (None, "unknown")])
def test_a_claim_that_has_no_volume_is_not_well(phase: str | None, health: str) -> None:
    (found,) = stored([{"metadata": CLAIM["metadata"], "status": {"phase": phase}}], [])
    assert (found.health, found.uses) == (health, ())


def test_a_volume_whose_claim_is_gone_is_shown_and_a_bound_one_only_once() -> None:
    released = {"metadata": {"name": "pv-2"}, "spec": VOLUME["spec"], "status": {"phase": "Released"}}
    found = stored([CLAIM], [VOLUME, released])
    assert [(each.id, each.state, each.health) for each in found] == [
        ("web/wiki", "Bound", "ok"),
        ("pv-2", "Released", "warning"),
    ]
    assert found[1].labels["claim"] == "web/wiki"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ({"iscsi": {"targetPortal": "nas.lan:3260", "iqn": "iqn.x"}}, "nas.lan:3260/iqn.x"),
        ({"local": {"path": "/data"}}, "path:/data"),
        ({"hostPath": {"path": "/srv"}}, "path:/srv"),
        (
            {"csi": {"driver": "nfs.csi.k8s.io", "volumeAttributes": {"server": "nas.lan", "share": "/t"}}},
            "nas.lan:/t",
        ),
        (
            {"csi": {"driver": "d", "volumeAttributes": {"portal": "nas.lan:3260", "iqn": "i"}}},
            "nas.lan:3260/i",
        ),
        ({"csi": {"driver": "smb", "volumeAttributes": {"source": "//nas.lan/x"}}}, "//nas.lan/x"),
        ({"csi": {"driver": "d", "volumeHandle": "h", "volumeAttributes": {"secret": "hunter2"}}}, "d/h"),
    ],
)
def test_volumes_of_every_driver_say_where_they_are(source: Object, place: str) -> None:
    (found,) = stored([], [{"metadata": {"name": "pv"}, "spec": source, "status": {"phase": "Available"}}])
    assert found.uses == (place,)


async def test_the_inventory_holds_everything_and_pods_of_jobs_belong_to_their_cron_job() -> None:
    of_job = pod("dump-29-x", metadata={"ownerReferences": owner("Job", "dump-29"), "labels": None})
    async with running() as kube:
        kube.answers({"/api/v1/pods": answering(listed(WELL_POD, of_job))})
        reading = await Inventory(kube.client).inventory()
    found = {(each.kind, each.id): each for each in reading.value}
    assert reading.completeness == "complete"
    assert set(found) == {
        ("host", "kube1"),
        ("host", "kube2"),
        ("workload", "deployment/web/wiki"),
        ("workload", "statefulset/web/wiki-db"),
        ("workload", "daemonset/kube-system/agent"),
        ("workload", "cronjob/web/dump"),
        ("pod", "web/wiki-db-0"),
        ("pod", "web/dump-29-x"),
        ("volume", "web/wiki"),
    }
    assert found["pod", "web/dump-29-x"].within == "cronjob/web/dump"


async def test_nothing_secret_of_an_object_is_kept() -> None:
    async with running() as kube:
        reading = await Inventory(kube.client).inventory()
    assert "hunter2" not in repr(reading)


async def test_pods_of_one_node_are_asked_for_by_a_selector() -> None:
    async with running() as kube:
        reading = await Inventory(kube.client).pods(node="kube2")
    assert [each.host for each in reading.value] == ["kube2"]
    assert "fieldSelector=spec.nodeName%3Dkube2" in kube.server.seen[0].target
