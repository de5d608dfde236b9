"""The cluster at a glance: nodes, guests and storages, from one call that shows what the token may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from sre_assistant.integrations.proxmox.shapes import ResourceItem, flag, number, whole, words
from sre_assistant.kit.codec import DecodeError

GuestKind: TypeAlias = Literal["qemu", "lxc"]

NODE_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
STORAGE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}", re.ASCII)
_SHORT: Final = {"qemu": "vm", "lxc": "ct"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A member of the cluster."""

    name: str
    status: str
    """``online``, ``offline``, or ``unknown`` where the token may not know."""
    cpu: float | None = None
    """Share of all its processors that is in use."""
    cpus: float | None = None
    memory: float | None = None
    memory_used: float | None = None
    disk: float | None = None
    disk_used: float | None = None
    uptime: float | None = None
    """Seconds."""

    @property
    def answers(self) -> bool:
        """Whether it is worth asking."""
        return self.status != "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A virtual machine or a container."""

    vmid: int
    kind: GuestKind
    name: str
    node: str
    status: str
    template: bool = False
    cpu: float | None = None
    cpus: float | None = None
    memory: float | None = None
    memory_used: float | None = None
    disk: float | None = None
    disk_used: float | None = None
    uptime: float | None = None
    tags: tuple[str, ...] = ()
    lock: str = ""
    pool: str = ""
    ha: str = ""

    @property
    def id(self) -> str:
        """As everything here names it: ``pve1/qemu/104``."""
        return f"{self.node}/{self.kind}/{self.vmid}"

    @property
    def short(self) -> str:
        """As backups name it: ``vm/104``."""
        return f"{_SHORT[self.kind]}/{self.vmid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A storage as one node sees it."""

    name: str
    node: str
    available: bool
    shared: bool
    kind: str
    content: frozenset[str]
    total: float | None = None
    used: float | None = None

    @property
    def id(self) -> str:
        """``nas-backup`` for a shared one, ``pve1/local`` for another."""
        return self.name if self.shared else f"{self.node}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """All of it."""

    nodes: tuple[Node, ...] = ()
    guests: tuple[Guest, ...] = ()
    places: tuple[Place, ...] = ()
    cut: tuple[str, ...] = field(default=())
    """Why this is not all, beside what the rights hide."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The nodes worth asking."""
        return tuple(node.name for node in self.nodes if node.answers)

    @property
    def away(self) -> tuple[str, ...]:
        """The nodes that are known to be offline."""
        return tuple(node.name for node in self.nodes if not node.answers)

    def by_vmid(self, vmid: int) -> Guest | None:
        """The guest of that number; there is one at most in a cluster."""
        return next((guest for guest in self.guests if guest.vmid == vmid), None)


Thing: TypeAlias = Node | Guest | Place | None


def thing_of(item: ResourceItem) -> Thing:
    """A node, a guest or a storage; None for anything else.

    Raises:
        DecodeError: it lacks what names it.
    """
    if item.type == "node":
        return _node(item)
    if item.type in {"qemu", "lxc"}:
        return _guest(item, "qemu" if item.type == "qemu" else "lxc")
    return _place(item) if item.type == "storage" else None


def estate_of(things: Sequence[Thing], cut: Iterable[str], *, first: str) -> Estate:
    """The things in order; the node that the operator named goes first."""
    nodes = {one.name: one for one in things if isinstance(one, Node)}
    guests = {one.id: one for one in things if isinstance(one, Guest)}
    places = {(one.node, one.name): one for one in things if isinstance(one, Place)}
    return Estate(
        nodes=tuple(sorted(nodes.values(), key=lambda one: (one.name != first, one.name))),
        guests=tuple(sorted(guests.values(), key=lambda one: (one.vmid, one.id))),
        places=tuple(sorted(places.values(), key=lambda one: (one.name, one.node != first, one.node))),
        cut=tuple(one for one in cut if one),
    )


def named(text: str | None, kind: re.Pattern[str], what: str) -> str:
    """The text, if it is such a name.

    Raises:
        DecodeError: it is none, so that it can be no part of a path either.
    """
    if text is None or not kind.fullmatch(text):
        raise DecodeError(f"{what} is {text!r}: no such name is possible")
    return text


def _node(item: ResourceItem) -> Node:
    return Node(
        name=named(item.node, NODE_NAME, "node"),
        status=words(item.status) or "unknown",
        cpu=number(item.cpu),
        cpus=number(item.maxcpu),
        memory=number(item.maxmem),
        memory_used=number(item.mem),
        disk=number(item.maxdisk),
        disk_used=number(item.disk),
        uptime=number(item.uptime),
    )


def _guest(item: ResourceItem, kind: GuestKind) -> Guest:
    vmid = whole(item.vmid)
    if vmid is None or vmid < 1:
        raise DecodeError(f"vmid is {item.vmid!r}: expected a number from 100 on")
    return Guest(
        vmid=vmid,
        kind=kind,
        name=words(item.name),
        node=named(item.node, NODE_NAME, "node"),
        status=words(item.status) or "unknown",
        template=flag(item.template),
        cpu=number(item.cpu),
        cpus=number(item.maxcpu),
        memory=number(item.maxmem),
        memory_used=number(item.mem),
        disk=number(item.maxdisk),
        disk_used=number(item.disk),
        uptime=number(item.uptime),
        tags=tuple(one for one in re.split(r"[;,\s]+", words(item.tags)) if one),
        lock=words(item.lock),
        pool=words(item.pool),
        ha=words(item.hastate),
    )


def _place(item: ResourceItem) -> Place:
    return Place(
        name=named(item.storage, STORAGE_NAME, "storage"),
        node=named(item.node, NODE_NAME, "node"),
        available=words(item.status) == "available",
        shared=flag(item.shared),
        kind=words(item.plugintype),
        content=frozenset(one for one in words(item.content).split(",") if one),
        total=number(item.maxdisk),
        used=number(item.disk),
    )
