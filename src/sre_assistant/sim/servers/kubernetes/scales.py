"""How many pods a workload is to have, as an object of its own."""

from __future__ import annotations

from sre_assistant.sim.servers.kubernetes.status import Object


def scale(one: Object) -> Object:
    """The scale of a workload."""
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = one["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: one["metadata"][key] for key in kept},
        "spec": {"replicas": one["spec"]["replicas"]},
        "status": {"replicas": one["status"].get("replicas", 0), "selector": selector},
    }
