"""What there is on a cluster: nodes, guests, storages, disks and ZFS pools."""

from __future__ import annotations

import asyncio
from typing import Final

from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.proxmox import resources, shapes
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.configs import Wiring, wiring_of
from sre_assistant.integrations.proxmox.estate import Estate, Guest
from sre_assistant.integrations.proxmox.parts import (
    away,
    by_node,
    hidden,
    items,
    needed,
    odd,
    pairs,
    part,
    problems,
    unknown,
)
from sre_assistant.integrations.proxmox.rights import CLUSTER, GUESTS, NODES, STORAGES

MOST_CONFIGS: Final = 48
"""Guests whose configuration is read for an inventory: one call each."""
_ASKED: Final = (
    "GET /api2/json/cluster/resources, /cluster/status, /nodes/*/disks/list, /nodes/*/disks/zfs, "
    "/nodes/*/{qemu,lxc}/*/config"
)


class Holdings:
    """One cluster as a source of inventory."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        """Everything the token may see, and what it may not."""
        client, estate = self._client, await self._client.estate()
        rights, members, disks, pools, (wirings, unwired) = await asyncio.gather(
            part("rights", client.rights()),
            part("addresses of the nodes", client.members()),
            by_node(estate, "disks", client.disks),
            by_node(estate, "ZFS pools", client.pools),
            self._wirings(estate),
        )
        now = client.clock.now()
        addresses = {shapes.words(one.name): shapes.words(one.ip) for one in items(members)}
        found = (
            *(resources.host(node, addresses.get(node.name, ""), now) for node in estate.nodes),
            *(resources.guest(one, wirings.get(one.vmid), now) for one in estate.guests),
            *resources.storages(estate),
            *(resources.disk(node, item) for node, item in pairs(disks)),
            *(resources.pool(node, item) for node, item in pairs(pools)),
        )
        unseen = hidden(rights, GUESTS, STORAGES, NODES, CLUSTER)
        failed = problems((members, *disks.values(), *pools.values()), explained=bool(unseen))
        unread = (*odd((members,)), *odd(disks.values()), *odd(pools.values()))
        return client.api.reading(
            tuple({(one.kind, one.id): one for one in found}.values()),
            _ASKED,
            link=client.link,
            cut=(*estate.cut, *unseen, *away(estate), *failed, *unread, *unwired),
            note="; ".join(unknown(rights)),
        )

    async def guests(self) -> Reading[tuple[Guest, ...]]:
        """The guests of all nodes; ``denied`` when there are none because the token sees none."""
        asked, rights = await asyncio.gather(
            part("guests", self._client.estate()), part("rights", self._client.rights())
        )
        estate = needed(asked)
        return self._client.api.reading(
            estate.guests,
            "GET /api2/json/cluster/resources",
            link=self._client.link,
            cut=estate.cut,
            denied="; ".join(hidden(rights, GUESTS)),
            note="; ".join((*unknown(rights), *away(estate))),
        )

    async def _wirings(self, estate: Estate) -> tuple[dict[int, Wiring], tuple[str, ...]]:
        """What the configurations of the first guests tell, and why that is not all."""
        there = [guest for guest in estate.guests if guest.node in estate.asked]
        asked = sorted(there, key=lambda one: (one.template, one.status != "running"))[:MOST_CONFIGS]
        parts = await asyncio.gather(
            *(part(f"configuration of {one.id}", self._client.guest_config(one)) for one in asked)
        )
        found = {
            one.vmid: wiring_of(got.value, one, estate.places)
            for one, got in zip(asked, parts, strict=True)
            if got.value is not None
        }
        left = len(there) - len(asked)
        more = (f"addresses and storages of {left:,} of {len(there):,} guests were not asked for",)
        return found, (*problems(parts), *(more if left else ()))
