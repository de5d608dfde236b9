"""The API of a Kubernetes 1.31 cluster, as k3s serves it."""

from sre_assistant.sim.servers.kubernetes.app import Kubernetes
from sre_assistant.sim.servers.kubernetes.rights import change_token, kubeconfig

__all__ = ["Kubernetes", "change_token", "kubeconfig"]
