"""What a person or a model may call on a Proxmox VE cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.proxmox import backed, configs, control, overviews, texts
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.control import Control
from sre_assistant.integrations.proxmox.estate import Guest
from sre_assistant.integrations.proxmox.history import History, guest_of
from sre_assistant.integrations.proxmox.holdings import Holdings
from sre_assistant.integrations.proxmox.saves import Saves
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.listing import counted, fitting
from sre_assistant.kit.redaction import bounded

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary and notes a result stays near 1,500 tokens."""
_GuestKind: TypeAlias = Literal["any", "qemu", "lxc"]
_Power: TypeAlias = Literal["start", "shutdown", "reboot", "stop"]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(
    client: Client, holdings: Holdings, history: History, saves: Saves, power: Control | None
) -> tuple[Tool, ...]:
    """All tools of one cluster; the one that changes only where changes are allowed."""
    calls = (*_of_guests(client, holdings), *_of_nodes(client, history), *_of_data(client, saves))
    reading = tuple(Tool(call=call, effect=Effect.READ) for call in calls)
    if power is None:
        return reading
    return (*reading, Tool(call=_changing(client, power), effect=Effect.CHANGE))


def _of_guests(client: Client, holdings: Holdings) -> tuple[_Call, ...]:
    async def proxmox_list_guests(
        guest_type: Annotated[_GuestKind, "Only VMs (qemu) or containers (lxc)."] = "any",
    ) -> ToolResult:
        """VMs and containers of all nodes: state, CPU, RAM, disk, tags, locks; trouble first."""
        check_choice("guest_type", guest_type, _GuestKind)
        reading = await holdings.guests()
        kept = [one for one in reading.value if guest_type in {"any", one.kind}]
        kept.sort(key=overviews.urgency)
        lines = fitting((texts.guest(one) for one in kept), most=MOST_SHOWN, room=ROOM)
        text = counted("guest", len(reading.value), len(kept), lines)
        running = sum(one.status == "running" for one in kept)
        if kept:
            text = f"{running} running, {len(kept) - running} not. {text}"
        hint = () if reading.value or reading.detail else ("make one in the web interface, or check the URL",)
        return told(reading, text, notes=hint, data=kept)

    async def proxmox_get_guest_config(
        vmid: Annotated[int | None, "The guest's number."] = None,
        name: Annotated[str | None, "Or its name."] = None,
        guest_type: Annotated[_GuestKind, "Found out when left out."] = "any",
    ) -> ToolResult:
        """Configuration of one guest: compute, disks, network, boot, OS; secrets are left out."""
        check_choice("guest_type", guest_type, _GuestKind)
        wanted = str(vmid) if vmid is not None else name
        if not wanted:
            guests = await holdings.guests()
            known = fitting(
                (f"- {one.vmid} {texts.short(one.name)}" for one in guests.value), most=50, room=ROOM
            )
            return told(guests, "\n".join(("Which guest is meant? Give vmid or name.", *known)))
        one = control.find(await client.estate(), wanted)
        if vmid is not None and name is not None and one.name.casefold() != name.strip().casefold():
            raise CallError(f"Guest {vmid} is called {texts.short(one.name)!r}, not {texts.short(name)!r}.")
        reading = await overviews.config(client, one)
        sections, hidden = configs.shown(reading.value)
        lines = texts.config(one, configs.title_of(reading.value), sections, hidden)
        other = guest_type not in {"any", one.kind}
        notes = (f"{one.vmid} is {one.kind}, not {guest_type}",) if other else ()
        shown = fitting((bounded(line, 1_200) for line in lines), most=12, room=ROOM)
        return told(reading, "\n".join(shown), notes=notes, data=sections)

    return (proxmox_list_guests, proxmox_get_guest_config)


def _of_nodes(client: Client, history: History) -> tuple[_Call, ...]:
    async def proxmox_node_status(
        node: Annotated[str | None, "Only this node; all when left out."] = None,
    ) -> ToolResult:
        """CPU, I/O wait, load, RAM, swap, root disk, uptime, version and kernel of the nodes."""
        return _listed("node", await overviews.nodes(client, node))

    async def proxmox_list_tasks(
        limit: Annotated[int, "Most tasks, 1 to 50."] = 20,
        errors_only: Annotated[bool, "Only those that failed."] = False,
    ) -> ToolResult:
        """Newest tasks of all nodes: backups, starts, stops, migrations, with time, user and outcome."""
        check_range("limit", limit, 1, 50)
        reading, estate = await history.tasks(limit, errors_only=errors_only)
        rows = ((one, guest_of(one, estate)) for one in reading.value)
        lines = [texts.task(one, guest.id if guest else "") for one, guest in rows]
        shown = fitting(lines, most=MOST_SHOWN, room=ROOM)
        head = f"The newest {len(lines)} {'failed tasks' if errors_only else 'tasks'} of all nodes"
        text = f"{head}\n{_cut(lines, shown)}" if lines else f"No {'failed task' if errors_only else 'task'}."
        return told(reading, text, data=reading.value if len(shown) < len(lines) else None)

    async def proxmox_cluster_status() -> ToolResult:
        """Quorum, nodes, HA services and replication jobs with their state; trouble first."""
        reading = await overviews.cluster(client)
        shown = fitting(reading.value, most=MOST_SHOWN, room=ROOM)
        cut = len(shown) < len(reading.value)
        return told(reading, _cut(reading.value, shown), data=reading.value if cut else None)

    async def proxmox_disk_status() -> ToolResult:
        """Disks of all nodes: health, wear, SMART error counts, temperature; ZFS pools; bad ones first."""
        reading = await overviews.disks(client)
        lines = reading.value.lines
        shown = fitting(lines, most=MOST_SHOWN, room=ROOM)
        count = texts.number_of
        head = f"{count(reading.value.disks, 'disk')}, {count(reading.value.pools, 'ZFS pool')}"
        return told(reading, f"{head}\n{_cut(lines, shown)}", data=lines if len(shown) < len(lines) else None)

    return (proxmox_node_status, proxmox_list_tasks, proxmox_cluster_status, proxmox_disk_status)


def _of_data(client: Client, saves: Saves) -> tuple[_Call, ...]:
    async def proxmox_storage_status() -> ToolResult:
        """Storages of all nodes: whether they are active, how full, what they hold; worst first."""
        return _listed("storage", await overviews.storages(client))

    async def proxmox_list_snapshots(
        guest: Annotated[str | None, "Number or name of a guest; all when left out."] = None,
    ) -> ToolResult:
        """Snapshots of one guest or of all, the oldest first, with time and description."""
        return _listed("snapshot", await overviews.snapshots(client, guest))

    async def proxmox_list_backups(
        guest: Annotated[str | None, "Number or name of a guest; all when left out."] = None,
    ) -> ToolResult:
        """Backups per guest: newest, count, size, protected, verified, job; unsaved guests first."""
        found = await backed.backed(client, saves, guest)
        lines = [*backed.summary(found, client.clock.now())]
        shown = fitting(lines, most=MOST_SHOWN, room=ROOM)
        return told(found.guests, _cut(lines, shown), data=found if len(shown) < len(lines) else None)

    return (proxmox_storage_status, proxmox_list_snapshots, proxmox_list_backups)


def _changing(client: Client, power: Control) -> _Call:
    async def proxmox_control_guest(
        guest: Annotated[str, "Its number or name."],
        action: Annotated[_Power, "shutdown and reboot ask its system; stop cuts its power."],
    ) -> ToolResult:
        """Start, shut down, reboot or stop one guest; names the task that does it."""
        check_choice("action", action, _Power)
        one: Guest = control.find(await client.estate(), guest)
        reading = await power.ask(action, one)
        text = f"Asked for: {action} of {one.id} {texts.short(one.name)}, {reading.value.said}."
        return told(reading, text, notes=("whether it worked is in proxmox_list_tasks",))

    return proxmox_control_guest


def _listed(what: str, reading: Reading[tuple[str, ...]]) -> ToolResult:
    """Lines under their number; all of them behind the text when it shows a part."""
    lines = reading.value
    shown = fitting(lines, most=MOST_SHOWN, room=ROOM)
    text = counted(what, len(lines), len(lines), shown)
    return told(reading, text, data=lines if len(shown) < len(lines) else None)


def _cut(lines: Sequence[str], shown: Sequence[str]) -> str:
    """The lines that are shown, and how many are not."""
    left = len(lines) - len(shown)
    return "\n".join((*shown, f"… and {left:,} more") if left else shown)
