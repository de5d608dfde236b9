"""What one daemon can be asked to change; exists only where the operator allowed it."""

from __future__ import annotations

from typing import Final

from sre_assistant.contracts.sources import Action
from sre_assistant.domain.errors import CallError, Missing, Unreachable
from sre_assistant.domain.inventory import Receipt
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.inventory import Inventory
from sre_assistant.integrations.docker.parse import Container

ACTIONS: Final = (
    Action(
        name="restart",
        kind="container",
        says="Stops the container, after its grace period by force, and starts it again; its data stays.",
    ),
    Action(name="start", kind="container", says="Starts the container as it was set up.", undo="stop"),
    Action(
        name="stop",
        kind="container",
        says="Stops the container, after its grace period by force; it stays down until it is started.",
        undo="start",
    ),
)
_DONE: Final = {"restart": "restarted", "start": "started", "stop": "stopped"}
_CERTAINLY_NOT: Final = ("HTTP ", "not asked")
"""How an error begins that says the order was refused, or never went out."""
_NO_TIME: Final = "no answer within"


class Orders:
    """The changes that one daemon can be asked for.

    Args:
        client: asks the daemon.
        inventory: knows its containers.
        timeout: seconds a call may take, for errors.
    """

    def __init__(self, client: Client, inventory: Inventory, timeout: float) -> None:
        self._client = client
        self._inventory = inventory
        self._timeout = timeout

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that can be asked for."""
        return ACTIONS

    async def act(self, action: str, target: str) -> Reading[Receipt]:
        """Asks once; the daemon answers when it is done.

        Args:
            action: ``restart``, ``start`` or ``stop``.
            target: the exact name of a container.

        Raises:
            CallError: there is no such action, or no such container.
            SourceError: it was refused, or it is unknown whether it was done.
        """
        if action not in _DONE:
            raise CallError(f"There is no action {action[:80]!r}: give one of {', '.join(_DONE)}.")
        try:
            found = await self._inventory.find(target)
        except Missing as error:
            raise CallError(f"Nothing was done: {error.detail}") from error
        if found.name != target:
            raise CallError(f"Nothing was done: {target[:80]!r} is no name. Did you mean {found.name}?")
        return await self.order(action, found)

    async def order(self, action: str, found: Container) -> Reading[Receipt]:
        """As ``act``, for a container that was found already."""
        try:
            changed = await self._client.order(action, found)
        except Unreachable as error:
            if error.detail.startswith(_CERTAINLY_NOT):
                raise
            said = f"{error.detail}: {self._unknown(error.detail)}"
            raise Unreachable(error.system, error.operation, said) from error
        said = f"{_DONE[action]} {found.name}" if changed else f"{found.name} was {_DONE[action]} already"
        receipt = Receipt(action=action, target=found.name, said=said)
        return self._client.reading(receipt, f"POST /containers/{found.short_id}/{action}")

    def _unknown(self, detail: str) -> str:
        said = "it is unknown whether it was done"
        if _NO_TIME not in detail:
            return said
        return f"{said}; perhaps its grace period is longer than DOCKER_TIMEOUT={self._timeout:g}"
