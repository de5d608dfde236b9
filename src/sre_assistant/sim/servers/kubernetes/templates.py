"""Pod templates: what all pods of a workload have in common."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.house import WorkloadSpec
from sre_assistant.sim.servers.kubernetes.objects import Times, cores_text, size_text
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.things.pods import Pod, Revision, Workload, identity

GRACE: Final = 30
"""Seconds that a pod has to end."""
PROBE_PATH: Final = "/healthz"
_CRITICAL: Final = {"coredns": "system-cluster-critical", "metrics-server": "system-node-critical"}
_AWAY: Final = ("not-ready", "unreachable")
_OF_DAEMONS: Final = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")


def owner_uid(kind: str, workload: Workload, name: str) -> str:
    """The identity of what looks after pods."""
    return identity(kind, workload.namespace, name, str(workload.seed))


def pod_labels(workload: Workload, pod: Pod) -> dict[str, str]:
    """The labels of a pod."""
    labels = {"app": workload.name}
    kind = workload.spec.kind
    if kind == "deployment":
        labels["pod-template-hash"] = pod.revision
    elif kind == "statefulset":
        labels["apps.kubernetes.io/pod-index"] = str(pod.number)
        labels["controller-revision-hash"] = f"{workload.name}-{pod.revision}"
        labels["statefulset.kubernetes.io/pod-name"] = pod.name
    elif kind == "daemonset":
        labels["controller-revision-hash"] = pod.revision
        labels["pod-template-generation"] = str(pod.template.number)
    else:
        job = pod.name.rpartition("-")[0]
        own = owner_uid("Job", workload, job)
        labels |= {"batch.kubernetes.io/controller-uid": own, "batch.kubernetes.io/job-name": job}
        labels |= {"controller-uid": own, "job-name": job}
    return labels


def restarted(times: Times, revision: Revision) -> dict[str, str]:
    """The annotation that replaces all pods."""
    if revision.restarted is None:
        return {}
    return {"kubectl.kubernetes.io/restartedAt": times.whole(revision.restarted)}


def pod_spec(workload: Workload, revision: Revision) -> Object:
    """What a template says of its pods."""
    work = workload.spec
    requests = {"cpu": cores_text(work.cpu_request), "memory": size_text(revision.memory_request)}
    resources: Object = {"requests": requests}
    if work.memory_limit is not None:
        resources = {"limits": {"memory": size_text(work.memory_limit)}} | resources
    container: Object = {"name": workload.name, "image": revision.image}
    if work.port is not None:
        container["ports"] = [{"name": "main", "containerPort": work.port, "protocol": "TCP"}]
    container["resources"] = resources
    volumes: list[Object] = []
    if work.claim is not None:
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": workload.name}}]
    if work.port is not None:
        probe: Object = {"tcpSocket": {"port": "main"}}
        if work.kind == "deployment":
            probe = {"httpGet": {"path": PROBE_PATH, "port": "main", "scheme": "HTTP"}}
        every = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 1}
        container["readinessProbe"] = probe | every
    container |= {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    made: Object = {"volumes": volumes} if volumes else {}
    made |= {
        "containers": [container],
        "restartPolicy": "Never" if work.kind == "cronjob" else "Always",
        "terminationGracePeriodSeconds": GRACE,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    if workload.namespace == "kube-system" and workload.name in _CRITICAL:
        made["priorityClassName"] = _CRITICAL[workload.name]
    return made


def projected() -> Object:
    """The volume with the pod's own token."""
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        ],
        "defaultMode": 420,
    }


def tolerations(spec: WorkloadSpec) -> list[Object]:
    """What a pod bears of its node."""
    if spec.kind != "daemonset":
        return [
            {
                "key": f"node.kubernetes.io/{what}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for what in _AWAY
        ]
    always = [(what, "NoExecute") for what in _AWAY] + [(what, "NoSchedule") for what in _OF_DAEMONS]
    return [
        {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": effect}
        for what, effect in always
    ]
