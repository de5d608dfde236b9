"""The changes that a cluster can be asked for: pods replaced by a rollout, or one of them."""

from __future__ import annotations

from typing import Final

from sre_assistant.contracts.sources import Action
from sre_assistant.domain.errors import CallError, Missing
from sre_assistant.domain.inventory import Receipt
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.kinds import PODS, RESTARTED
from sre_assistant.integrations.kubernetes.pods import controller
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.wire import Request

RESTART: Final = Action(
    name="restart",
    kind="workload",
    says="Replaces all pods of a deployment, stateful set or daemon set, as its rollout strategy allows.",
)
DELETE: Final = Action(
    name="delete",
    kind="pod",
    says="Deletes one pod; what looks after it makes a new one, perhaps on another node.",
)
_STRATEGIC: Final = "application/strategic-merge-patch+json"
_STAMP: Final = "kubectl.kubernetes.io/restartedAt"
_WHO: Final = ("fieldManager", "sre-assistant")


class Actions:
    """What may be changed, where the operator allowed it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that can be asked for."""
        return (RESTART, DELETE)

    async def act(self, action: str, target: str) -> Reading[Receipt]:
        """Asks once, after a look at the target; a pod that nobody would make again is not deleted."""
        if action == RESTART.name:
            return await self._restart(target)
        if action == DELETE.name:
            return await self._delete(target)
        known = ", ".join(each.name for each in self.actions)
        raise CallError(f"there is no action {bounded(action, 60)!r}: give one of {known}.")

    async def _restart(self, target: str) -> Reading[Receipt]:
        parts = target.split("/")
        if len(parts) != 3 or parts[0] not in RESTARTED or not all(parts):
            raise CallError(
                f"target is {bounded(target, 120)!r}: give one of {', '.join(RESTARTED)}, its namespace "
                "and its name, e.g. deployment/web/wiki."
            )
        kind, namespace, name = RESTARTED[parts[0]], parts[1], parts[2]
        try:
            found = await self._client.one(kind, namespace, name)
        except Missing as error:
            raise CallError(f"there is no {target} in {self.name}: {error.detail}") from error
        if found.spec and found.spec.paused:
            raise CallError(f"the rollout of {target} is paused: resume it first (kubectl rollout resume).")
        moment = self._client.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        request = Request(
            method="PATCH",
            path=kind.path(namespace, name),
            params=(_WHO,),
            json={"spec": {"template": {"metadata": {"annotations": {_STAMP: moment}}}}},
            media_type=_STRATEGIC,
            repeatable=False,
            purpose="change",
        )
        changed = await self._client.changed(request, shapes.Workload)
        return self._receipt(
            RESTART,
            target,
            request,
            f"restart noted as of {moment}, generation {changed.metadata.generation}",
        )

    async def _delete(self, target: str) -> Reading[Receipt]:
        namespace, slash, name = target.partition("/")
        if not (namespace and slash and name) or "/" in name:
            raise CallError(
                f"target is {bounded(target, 120)!r}: give its namespace and its name, e.g. web/wiki-7d9f-x2."
            )
        try:
            pod = await self._client.one(PODS, namespace, name)
        except Missing as error:
            raise CallError(f"there is no pod {target} in {self.name}: {error.detail}") from error
        owner = controller(pod.metadata)
        if owner is None or owner.kind == "Node":
            raise CallError(f"pod {target} has nothing that would make it again: it is not deleted.")
        # With its uid, so that a pod of the same name that came in between is left alone.
        conditions = {"preconditions": {"uid": pod.metadata.uid}} if pod.metadata.uid else {}
        request = Request(
            method="DELETE",
            path=PODS.path(namespace, name),
            json={"apiVersion": "v1", "kind": "DeleteOptions", **conditions},
            repeatable=False,
            purpose="change",
        )
        await self._client.changed(request, dict[str, object])
        return self._receipt(
            DELETE, target, request, f"deletion accepted; {owner.kind} {owner.name} makes another"
        )

    def _receipt(self, action: Action, target: str, request: Request, said: str) -> Reading[Receipt]:
        receipt = Receipt(action=action.name, target=target, said=bounded(said, 200))
        return self._client.api.reading(receipt, request.operation)
