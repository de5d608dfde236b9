"""Guests found by what people call them, and started or stopped where the operator allows it."""

from __future__ import annotations

import difflib
import re
from typing import Final

from sre_assistant.contracts.sources import Action
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.inventory import Receipt
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.estate import Estate, Guest
from sre_assistant.kit.redaction import bounded, redact

ACTIONS: Final = (
    Action(name="start", kind="guest", says="Starts the guest.", undo="shutdown"),
    Action(
        name="shutdown",
        kind="guest",
        says="Asks the guest's system to shut down and waits for it.",
        undo="start",
    ),
    Action(name="reboot", kind="guest", says="Asks the guest's system to shut down, then starts it again."),
    Action(
        name="stop", kind="guest", says="Cuts the guest's power: what is not written is lost.", undo="start"
    ),
)
_ID: Final = re.compile(r"(?:[A-Za-z0-9-]{1,63}/)?(qemu|lxc|vm|ct)/([0-9]{1,9})", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_KINDS: Final = {"vm": "qemu", "ct": "lxc"}
_MOST_NAMED: Final = 8


class Control:
    """One cluster whose guests may be started and stopped."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that can be asked for."""
        return ACTIONS

    async def act(self, action: str, target: str) -> Reading[Receipt]:
        """Asks once for a guest to be started or stopped; the receipt names the task that does it.

        Args:
            action: one of ``actions``.
            target: a guest's ``Resource.id``; it is found by its number, also after a migration.

        Raises:
            CallError: there is no such action or no such guest.
            SourceError: it was refused, or it is unknown whether it was done.
        """
        _check_action(action)
        if not _ID.fullmatch(target):
            raise CallError(f"{bounded(target, 60)!r} is no guest: give an id such as pve1/qemu/104.")
        return await self.ask(action, find(await self._client.estate(), target))

    async def ask(self, action: str, guest: Guest) -> Reading[Receipt]:
        """The same for a guest that was found already."""
        _check_action(action)
        call, task = await self._client.control(guest, action)
        said = bounded(redact(task), 200)
        return self._client.api.reading(
            Receipt(action=action, target=guest.id, said=f"task {said}", task=said),
            call,
            link=self._client.link,
        )


def find(estate: Estate, wanted: str) -> Guest:
    """The one guest of that number, id or name.

    Raises:
        CallError: there is none, or there are several.
    """
    text = wanted.strip()
    if by_id := _ID.fullmatch(text):
        kind = _KINDS.get(by_id[1], by_id[1])
        found = [one for one in estate.guests if one.vmid == int(by_id[2]) and one.kind == kind]
    elif _NUMBER.fullmatch(text):
        found = [one for one in estate.guests if one.vmid == int(text)]
    else:
        found = []
    if not found:
        found = [one for one in estate.guests if one.name.casefold() == text.casefold()]
    if len(found) == 1:
        return found[0]
    shown = repr(bounded(redact(wanted), 60))
    if found:
        ids = ", ".join(one.id for one in found[:_MOST_NAMED])
        raise CallError(f"{len(found)} guests are called {shown}: {ids}. Give the number of the one meant.")
    raise CallError(f"There is no guest {shown} among those that can be seen. {_hint(estate, text)}")


def _hint(estate: Estate, wanted: str) -> str:
    """What else there is."""
    if not estate.guests:
        return "None can be seen: see proxmox_list_guests."
    names = {one.name.casefold(): one for one in estate.guests if one.name}
    close = [names[name] for name in difflib.get_close_matches(wanted.casefold()[:100], names, n=3)]
    some = close or sorted(estate.guests, key=lambda one: one.vmid)[:_MOST_NAMED]
    told = ", ".join(f"{one.vmid} {bounded(redact(one.name), 40)}" for one in some)
    return f"Close: {told}." if close else f"There is, for example: {told}."


def _check_action(action: str) -> None:
    if action not in {one.name for one in ACTIONS}:
        known = ", ".join(one.name for one in ACTIONS)
        raise CallError(f"action is {bounded(action, 40)!r}: give one of {known}.")
