"""Answers as an API server gives them, and a server that gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.kubernetes import connect
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
Object = dict[str, Any]


def listed(*items: object, **metadata: object) -> Object:
    """A list as the API has it."""
    return {
        "kind": "List",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7", **metadata},
        "items": [*items],
    }


def status(code: int, reason: str, message: str) -> Behaviour:
    """An error as the API has it."""
    body = {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}
    return answering(body, code)


def forbidden(what: str, scope: str = "at the cluster scope") -> Behaviour:
    """What a credential without the right is told."""
    message = f'{what} is forbidden: User "reader" cannot list resource "{what}" in API group "" {scope}'
    return status(403, "Forbidden", message)


def owner(kind: str, name: str) -> list[Object]:
    """The reference to what looks after an object."""
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": True}]


def pod(name: str, **parts: Any) -> Object:
    """A pod of the deployment ``wiki`` that runs well, with parts replaced."""
    made: Object = {
        "metadata": {
            "name": name,
            "namespace": "web",
            "uid": f"uid-{name}",
            "labels": {"app": "wiki", "pod-template-hash": "7d9f"},
            "ownerReferences": owner("ReplicaSet", "wiki-7d9f"),
        },
        "spec": {
            "nodeName": "kube1",
            "containers": [
                {"name": "wiki", "image": "wiki:2.5", "resources": {"limits": {"memory": "512Mi"}}}
            ],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "wiki"}}],
        },
        "status": {
            "phase": "Running",
            "podIP": "192.0.2.77",
            "startTime": "2026-02-20T08:00:00Z",
            "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": None}],
            "containerStatuses": [
                {
                    "name": "wiki",
                    "ready": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": "2026-02-20T08:00:09Z"}},
                    "lastState": {},
                }
            ],
        },
    }
    for name_of, part in parts.items():
        made[name_of] = made[name_of] | part
    return made


WELL_POD = pod(
    "wiki-db-0", metadata={"labels": {"app": "wiki-db"}, "ownerReferences": owner("StatefulSet", "wiki-db")}
)
CRASHING = pod(
    "wiki-7d9f-bbbbb",
    spec={"nodeName": "kube2", "containers": [{"name": "wiki", "image": "wiki:2.5"}], "volumes": None},
    status={
        "conditions": [
            {"type": "Ready", "status": "False", "message": "containers with unready status: [wiki]"}
        ],
        "containerStatuses": [
            {
                "name": "wiki",
                "ready": False,
                "restartCount": 12,
                "state": {
                    "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed"}
                },
                "lastState": {
                    "terminated": {
                        "exitCode": 137,
                        "reason": "OOMKilled",
                        "finishedAt": "2026-03-01T02:11:00Z",
                    }
                },
            }
        ],
    },
)
BARE = {"metadata": {"name": "bare", "namespace": "web"}}
NODE: Object = {
    "metadata": {"name": "kube1", "labels": {"node-role.kubernetes.io/control-plane": "true"}},
    "spec": {},
    "status": {
        "capacity": {"cpu": "2", "memory": "6291456Ki"},
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-02-10T22:18:56Z"},
        ],
        "addresses": [{"type": "InternalIP", "address": "192.0.2.41"}],
        "nodeInfo": {
            "kubeletVersion": "v1.31.2+k3s1",
            "osImage": "Debian GNU/Linux 12",
            "systemUUID": "3db8d8e5",
        },
    },
}
LOST_NODE: Object = {
    "metadata": {"name": "kube2"},
    "spec": {"unschedulable": True},
    "status": {
        "conditions": [
            {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."},
            {"type": "DiskPressure", "status": "True", "message": "kubelet has disk pressure"},
        ]
    },
}
TEMPLATE = {
    "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-02-28T20:00:00Z"}},
    "spec": {
        "containers": [
            {"name": "wiki", "image": "wiki:2.5", "env": [{"name": "DB_PASSWORD", "value": "hunter2-in-env"}]}
        ]
    },
}
DEPLOYMENT: Object = {
    "metadata": {
        "name": "wiki",
        "namespace": "web",
        "generation": 4,
        "annotations": {
            "deployment.kubernetes.io/revision": "4",
            "kubectl.kubernetes.io/last-applied-configuration": '{"value":"hunter2-applied"}',
        },
    },
    "spec": {"replicas": 2, "template": TEMPLATE},
    "status": {
        "observedGeneration": 4,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "conditions": [
            {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
            {
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": "2026-03-01T01:40:10Z",
                "lastTransitionTime": "2026-02-20T08:00:00Z",
            },
        ],
    },
}
STATEFUL_SET: Object = {
    "metadata": {"name": "wiki-db", "namespace": "web"},
    "spec": {"replicas": 1},
    "status": {"readyReplicas": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
DAEMON_SET: Object = {
    "metadata": {"name": "agent", "namespace": "kube-system"},
    "spec": {},
    "status": {"desiredNumberScheduled": 2, "numberReady": 1, "updatedNumberScheduled": 2},
}


def replica_set(revision: int, digest: str, image: str, made: str, **notes: str) -> Object:
    """One revision of the deployment ``wiki``."""
    return {
        "metadata": {
            "name": f"wiki-{digest}",
            "namespace": "web",
            "creationTimestamp": made,
            "labels": {"pod-template-hash": digest},
            "annotations": {"deployment.kubernetes.io/revision": str(revision), **notes},
            "ownerReferences": owner("Deployment", "wiki"),
        },
        "spec": {
            "replicas": 2,
            "template": {"spec": {"containers": [{"name": "wiki", "image": image}]}},
        },
    }


OLD_SET = replica_set(3, "5c4b", "wiki:2.4", "2026-02-01T08:00:00Z")
NEW_SET = replica_set(4, "7d9f", "wiki:2.5", "2026-03-01T01:40:00Z")
REVISION: Object = {
    "metadata": {
        "name": "agent-x1",
        "namespace": "kube-system",
        "creationTimestamp": "2026-03-01T01:50:00Z",
        "ownerReferences": owner("DaemonSet", "agent"),
    },
    "revision": 2,
    "data": {"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:1.6"}]}}}},
}
FAILED_JOB: Object = {
    "metadata": {
        "name": "dump-29",
        "namespace": "web",
        "ownerReferences": owner("CronJob", "dump"),
    },
    "status": {
        "startTime": "2026-03-01T02:00:00Z",
        "failed": 3,
        "conditions": [
            {
                "type": "Failed",
                "status": "True",
                "reason": "BackoffLimitExceeded",
                "message": "Job has reached the specified backoff limit",
                "lastTransitionTime": "2026-03-01T02:06:00Z",
            }
        ],
    },
}
CRON_JOB: Object = {
    "metadata": {"name": "dump", "namespace": "web"},
    "spec": {"schedule": "0 2 * * *"},
    "status": {"lastScheduleTime": "2026-03-01T02:00:00Z"},
}
CLAIM: Object = {
    "metadata": {"name": "wiki", "namespace": "web"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
        "storageClassName": "nfs",
        "volumeName": "pv-1",
    },
    "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
}
VOLUME: Object = {
    "metadata": {"name": "pv-1"},
    "spec": {
        "capacity": {"storage": "10Gi"},
        "nfs": {"server": "nas.lan", "path": "/mnt/tank/wiki"},
        "claimRef": {"namespace": "web", "name": "wiki"},
    },
    "status": {"phase": "Bound"},
}
BACK_OFF: Object = {
    "metadata": {"name": "wiki-7d9f-bbbbb.1", "namespace": "web", "uid": "event-1"},
    "involvedObject": {"kind": "Pod", "namespace": "web", "name": "wiki-7d9f-bbbbb"},
    "reason": "BackOff",
    "message": "Back-off restarting failed container token=s3cr3t-value",
    "source": {"component": "kubelet", "host": "kube2"},
    "firstTimestamp": "2026-03-01T01:41:00Z",
    "lastTimestamp": "2026-03-01T02:13:00Z",
    "count": 42,
    "type": "Warning",
    "eventTime": None,
}
SCHEDULED: Object = {
    "metadata": {"name": "wiki-7d9f-bbbbb.2", "namespace": "web"},
    "involvedObject": {"kind": "ReplicaSet", "namespace": "web", "name": "wiki-7d9f"},
    "reason": "SuccessfulCreate",
    "message": "Created pod: wiki-7d9f-bbbbb",
    "firstTimestamp": None,
    "lastTimestamp": None,
    "count": None,
    "type": "Normal",
    "eventTime": "2026-03-01T01:40:01.123456Z",
    "reportingComponent": "replicaset-controller",
}
NAMESPACES = [{"metadata": {"name": name}} for name in ("home", "web")]
LOG = "2026-03-01T02:10:58.123456789Z starting\n2026-03-01T02:10:59Z password=hunter2 refused \x1b[31m\n"
READING = ["get", "list", "watch"]
RULES: Object = {
    "resourceRules": [
        {
            "verbs": READING,
            "apiGroups": [""],
            "resources": ["pods", "pods/log", "events", "persistentvolumeclaims"],
        },
        {"verbs": READING, "apiGroups": ["apps", "batch"], "resources": ["*"]},
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
    ],
    "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/version"]}],
    "incomplete": False,
}
REVIEWS = "/apis/authorization.k8s.io/v1"
WELL: dict[str, Behaviour] = {
    "/version": answering(
        {"major": "1", "gitVersion": "v1.31.2+k3s1"}, Date=format_datetime(NOW, usegmt=True)
    ),
    "/api/v1/nodes": answering(listed(NODE, LOST_NODE)),
    "/api/v1/namespaces": answering(listed(*NAMESPACES)),
    "/api/v1/namespaces/web": answering(NAMESPACES[1]),
    "/api/v1/pods": answering(listed(WELL_POD, CRASHING)),
    "/api/v1/events": answering(listed(BACK_OFF, SCHEDULED)),
    "/api/v1/persistentvolumeclaims": answering(listed(CLAIM)),
    "/api/v1/persistentvolumes": answering(listed(VOLUME)),
    "/apis/apps/v1/deployments": answering(listed(DEPLOYMENT)),
    "/apis/apps/v1/namespaces/web/deployments": answering(listed(DEPLOYMENT)),
    "/apis/apps/v1/statefulsets": answering(listed(STATEFUL_SET)),
    "/apis/apps/v1/daemonsets": answering(listed(DAEMON_SET)),
    "/apis/apps/v1/replicasets": answering(listed(OLD_SET, NEW_SET)),
    "/apis/apps/v1/namespaces/web/replicasets": answering(listed(OLD_SET, NEW_SET)),
    "/apis/apps/v1/controllerrevisions": answering(listed(REVISION)),
    "/apis/apps/v1/namespaces/web/controllerrevisions": answering(listed()),
    "/apis/batch/v1/jobs": answering(listed(FAILED_JOB)),
    "/apis/batch/v1/cronjobs": answering(listed(CRON_JOB)),
    "/api/v1/namespaces/web/pods/wiki-db-0/log": answering(LOG, content_type="text/plain"),
    "/api/v1/namespaces/web/pods/wiki-7d9f-bbbbb/log": answering(LOG, content_type="text/plain"),
    f"{REVIEWS}/selfsubjectaccessreviews": answering({"status": {"allowed": True}}, 201),
    f"{REVIEWS}/selfsubjectrulesreviews": answering({"status": RULES}, 201),
}
NOT_FOUND = status(404, "NotFound", "the server could not find the requested resource")
EXAMPLES = {"pod": "wiki-db-0", "workload": "deployment/web/wiki"}


def credentials(token: Secret, password: Secret) -> list[dict[str, Any]]:
    """The ways to say who we are that need no file."""
    return [{"token": token}, {"token": token, "change_token": password}]


class Running:
    """A connected cluster and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.config = config
        self.integration: Integration = connect(config, wire, clock, "kube")
        self.client = Client("kube", config, wire, clock)

    def answers(self, changed: Mapping[str, Behaviour]) -> None:
        """Changes the answers of some paths."""
        self.server.behaviour = by_path({**WELL, **changed}, NOT_FOUND)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[tool].called(arguments)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """A cluster that answers well until told otherwise."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        config = Config(url=server.url, **settings)
        wire = LiveWire("kube", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
