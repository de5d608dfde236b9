"""The metrics of kube-state-metrics: kind and help."""

from __future__ import annotations

from typing import Final

ABOUT: Final[dict[str, tuple[str, str]]] = {
    "kube_node_info": ("gauge", "What a node is."),
    "kube_node_spec_unschedulable": ("gauge", "Whether a node takes no new pods."),
    "kube_node_status_condition": ("gauge", "The conditions of a node."),
    "kube_node_status_capacity": ("gauge", "What a node has."),
    "kube_node_status_allocatable": ("gauge", "What of a node pods can have."),
    "kube_pod_info": ("gauge", "What a pod is."),
    "kube_pod_owner": ("gauge", "What made a pod."),
    "kube_pod_created": ("gauge", "Unix time at which a pod was made."),
    "kube_pod_status_phase": ("gauge", "The phase of a pod."),
    "kube_pod_status_ready": ("gauge", "Whether a pod is ready."),
    "kube_pod_status_scheduled": ("gauge", "Whether a pod has a node."),
    "kube_pod_status_reason": ("gauge", "Why a pod is in its state."),
    "kube_pod_container_info": ("gauge", "What a container of a pod is."),
    "kube_pod_container_status_waiting": ("gauge", "Whether a container waits."),
    "kube_pod_container_status_waiting_reason": ("gauge", "Why a container waits."),
    "kube_pod_container_status_running": ("gauge", "Whether a container runs."),
    "kube_pod_container_status_terminated": ("gauge", "Whether a container has ended."),
    "kube_pod_container_status_last_terminated_reason": ("gauge", "Why a container ended the last time."),
    "kube_pod_container_status_last_terminated_exitcode": ("gauge", "The exit code of the last end."),
    "kube_pod_container_status_ready": ("gauge", "Whether a container is ready."),
    "kube_pod_container_status_restarts_total": ("counter", "How often a container was started again."),
    "kube_pod_container_resource_requests": ("gauge", "What a container is to have."),
    "kube_pod_container_resource_limits": ("gauge", "What a container may have."),
    "kube_deployment_spec_replicas": ("gauge", "Pods that a deployment is to have."),
    "kube_deployment_status_replicas": ("gauge", "Pods of a deployment."),
    "kube_deployment_status_replicas_ready": ("gauge", "Pods of a deployment that are ready."),
    "kube_deployment_status_replicas_available": ("gauge", "Pods of a deployment that serve."),
    "kube_deployment_status_replicas_unavailable": ("gauge", "Pods of a deployment that do not serve."),
    "kube_deployment_status_replicas_updated": ("gauge", "Pods of a deployment of the newest template."),
    "kube_statefulset_replicas": ("gauge", "Pods that a stateful set is to have."),
    "kube_statefulset_status_replicas": ("gauge", "Pods of a stateful set."),
    "kube_statefulset_status_replicas_ready": ("gauge", "Pods of a stateful set that are ready."),
    "kube_statefulset_status_replicas_updated": ("gauge", "Pods of a stateful set of the newest template."),
    "kube_daemonset_status_desired_number_scheduled": ("gauge", "Nodes that a daemon is to run on."),
    "kube_daemonset_status_current_number_scheduled": ("gauge", "Nodes that a daemon runs on."),
    "kube_daemonset_status_number_ready": ("gauge", "Nodes on which a daemon is ready."),
    "kube_daemonset_status_number_available": ("gauge", "Nodes on which a daemon serves."),
    "kube_daemonset_status_number_unavailable": ("gauge", "Nodes on which a daemon does not serve."),
    "kube_cronjob_status_last_schedule_time": ("gauge", "Unix time of the last start."),
    "kube_job_status_failed": ("gauge", "Pods of a job that failed."),
    "kube_job_status_succeeded": ("gauge", "Pods of a job that ended well."),
    "kube_job_complete": ("gauge", "Whether a job ended well."),
    "kube_job_failed": ("gauge", "Whether a job failed."),
    "kube_persistentvolumeclaim_info": ("gauge", "What a volume claim is."),
    "kube_persistentvolumeclaim_status_phase": ("gauge", "The phase of a volume claim."),
    "kube_persistentvolumeclaim_resource_requests_storage_bytes": ("gauge", "The size that is claimed."),
}
PHASES: Final = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
POD_REASONS: Final = ("Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError")
WAITS: Final = ("ContainerCreating", "CrashLoopBackOff", "ErrImagePull", "ImagePullBackOff")
"""Why the containers of this world can wait; a reason has a series only while it holds."""
ENDS: Final = ("OOMKilled", "Error", "Completed", "Unknown")
CONDITIONS: Final = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
