"""Virtual machines and containers of Proxmox VE: the part of a world file under ``guests``."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Share, Size


class GuestSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest; where a host of the same name exists, that is the system running in it."""

    vmid: int
    kind: Literal["qemu", "lxc"]
    node: str
    cpus: int
    memory: Size
    memory_used: Share = Share(0.5)
    load: Share = Share(0.05)
    disk: Size
    storage: str
    address: str = ""
    tags: tuple[str, ...] = ()
    onboot: bool = True
    running: bool = True
    """Whether it runs when nothing is wrong; a template or a spare does not."""
    template: bool = False
    title: str = ""
    """What Proxmox VE calls it, if that is not its name here; unlike this, it need not be unique."""
    snapshots: dict[str, str] = {}
    """Snapshots taken by hand: name to how long ago, e.g. ``before-upgrade: 90d``."""
