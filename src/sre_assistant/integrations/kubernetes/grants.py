"""The commands that make the accounts which this integration needs, and no wider ones."""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = "sre-assistant"
READ: Final = (
    "nodes,namespaces,pods,pods/log,events,persistentvolumes,persistentvolumeclaims,deployments.apps,"
    "statefulsets.apps,daemonsets.apps,replicasets.apps,controllerrevisions.apps,jobs.batch,cronjobs.batch"
)
ROLE: Final = f"kubectl create clusterrole {ACCOUNT} --verb=get,list --resource={READ}"
BINDING: Final = (
    f"kubectl create clusterrolebinding {ACCOUNT} --clusterrole={ACCOUNT} "
    f"--serviceaccount={ACCOUNT}:{ACCOUNT}"
)
TOKEN: Final = (
    f"kubectl -n {ACCOUNT} create token {ACCOUNT} --duration=8760h > kubernetes-token"
    "  # the cluster may shorten it; sre doctor tells when it ends"
)
GRANT: Final = (
    f"kubectl create namespace {ACCOUNT}",
    f"kubectl -n {ACCOUNT} create serviceaccount {ACCOUNT}",
    ROLE,
    BINDING,
    TOKEN,
)
GRANT_CHANGES: Final = (
    f"kubectl -n {ACCOUNT} create serviceaccount {ACCOUNT}-changes",
    f"kubectl create clusterrole {ACCOUNT}-restarts --verb=patch "
    "--resource=deployments.apps,statefulsets.apps,daemonsets.apps",
    f"kubectl create clusterrole {ACCOUNT}-deletes --verb=delete --resource=pods",
    f"kubectl -n NAMESPACE create rolebinding {ACCOUNT}-restarts --clusterrole={ACCOUNT}-restarts "
    f"--serviceaccount={ACCOUNT}:{ACCOUNT}-changes",
    f"kubectl -n NAMESPACE create rolebinding {ACCOUNT}-deletes --clusterrole={ACCOUNT}-deletes "
    f"--serviceaccount={ACCOUNT}:{ACCOUNT}-changes",
    f"kubectl -n {ACCOUNT} create token {ACCOUNT}-changes --duration=8760h > kubernetes-change-token",
)
