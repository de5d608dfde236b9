from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.domain.errors import Unreachable
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Completeness, Reading
from tests.integrations.proxmox.answers import AUDITOR, FRIGATE, NODES, NOW, RESOURCES, data, refused, running
from tests.kit.hostile import answering


async def inventory(changed: dict[str, object] | None = None) -> Reading[tuple[Resource, ...]]:
    async with running() as pve:
        pve.answers({path: data(value) for path, value in (changed or {}).items()})
        assert pve.integration.inventory
        return await pve.integration.inventory.inventory()


def named(reading: Reading[tuple[Resource, ...]]) -> dict[str, Resource]:
    return {one.id: one for one in reading.value}


async def test_everything_is_there_under_the_names_that_others_join_on() -> None:
    reading = await inventory()
    assert [(one.kind, one.id) for one in reading.value] == [
        ("host", "pve1"),
        ("host", "pve2"),
        ("guest", "pve2/qemu/102"),
        ("guest", "pve1/qemu/104"),
        ("guest", "pve1/lxc/201"),
        ("storage", "pbs"),
        ("storage", "pve1/local-zfs"),
        ("disk", "pve1//dev/sda"),
        ("disk", "pve1//dev/nvme0n1"),
        ("pool", "pve1/tank"),
    ]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "offline and not asked: pve2"
    assert reading.provenance.link.endswith("/")


async def test_a_guest_says_what_it_stands_on_and_how_it_is_reached() -> None:
    found = named(await inventory())
    frigate, pihole = found["pve1/qemu/104"], found["pve1/lxc/201"]
    assert (frigate.name, frigate.host, frigate.within) == ("frigate", "pve1", "lab")
    assert frigate.uses == ("pve1/local-zfs",)
    assert frigate.macs == ("bc:24:11:84:8c:be",)
    assert frigate.addresses == ("192.0.2.54",)
    assert frigate.since == NOW - timedelta(hours=1)
    assert frigate.labels == {"vmid": "104", "type": "qemu", "tags": "docker;prod", "ha": "started"}
    assert frigate.figures["memory_used_bytes"] == 6442450944
    assert "disk_used_bytes" not in frigate.figures
    assert pihole.uses == ("pve1/local-zfs", "/tank/media")
    assert (pihole.addresses, pihole.macs) == (("192.0.2.53",), ("bc:24:11:00:00:01",))
    assert pihole.figures["disk_used_bytes"] == 1887436800
    assert pihole.detail == "locked (backup)"


async def test_health_is_what_the_system_says_and_no_more() -> None:
    found = named(await inventory())
    assert {name: one.health for name, one in found.items()} == {
        "pve1": "ok",
        "pve2": "failed",
        "pve2/qemu/102": "unknown",
        "pve1/qemu/104": "ok",
        "pve1/lxc/201": "ok",
        "pbs": "ok",
        "pve1/local-zfs": "ok",
        "pve1//dev/sda": "ok",
        "pve1//dev/nvme0n1": "failed",
        "pve1/tank": "warning",
    }
    assert found["pve1//dev/nvme0n1"].figures["wear_ratio"] == 0.31
    assert "serial" not in found["pve1//dev/nvme0n1"].labels
    assert found["pve1//dev/sda"].labels["wwn"] == "0x5000c5007e000000"


async def test_a_storage_is_as_well_as_the_nodes_that_answer_see_it() -> None:
    share = {"type": "storage", "storage": "nas", "content": "backup", "plugintype": "nfs", "shared": 1}
    pve3 = {"type": "node", "node": "pve3", "status": "online"}
    places = [
        share | {"node": "pve1", "status": "available", "maxdisk": 10, "disk": 5},
        share | {"node": "pve2", "status": "unknown"},
        share | {"node": "pve3", "status": "unknown"},
        {"type": "storage", "storage": "usb", "node": "pve1", "status": "unknown"},
    ]
    found = named(await inventory({"cluster/resources": [*NODES, pve3, *places]}))
    assert (found["nas"].health, found["nas"].detail) == ("warning", "not available on pve3")
    assert found["nas"].figures == {"size_bytes": 10, "used_bytes": 5}
    assert (found["pve1/usb"].health, found["pve1/usb"].host) == ("failed", "pve1")


async def test_nothing_is_taken_for_all_there_is_when_rights_are_missing() -> None:
    without = {name: 1 for name in AUDITOR if name != "VM.Audit"}
    reading = await inventory({"cluster/resources": NODES, "access/permissions": {"/": without}})
    assert reading.completeness is Completeness.PARTIAL
    assert "guests cannot be seen: VM.Audit is missing on /vms; grant it with: pveum acl" in reading.detail


async def test_parts_that_fail_are_told_and_the_rest_is_kept() -> None:
    async with running() as pve:
        pve.answers(
            {
                "nodes/pve1/disks/list": refused(500, "smartctl is not installed"),
                "nodes/pve1/qemu/104/config": refused(500, "unable to read config"),
                "cluster/status": answering("", 595),
            }
        )
        assert pve.integration.inventory
        reading = await pve.integration.inventory.inventory()
    assert len(reading.value) == 8
    assert "disks of pve1: HTTP 500: smartctl is not installed" in reading.detail
    assert "configuration of pve1/qemu/104: HTTP 500" in reading.detail
    assert "addresses of the nodes: HTTP 595: Whatever" in reading.detail


async def test_refusals_are_not_repeated_where_the_rights_tell_already() -> None:
    async with running() as pve:
        denied = refused(403, "Permission check failed (/nodes/pve1, Sys.Audit)")
        paths = ("nodes/pve1/disks/list", "nodes/pve1/disks/zfs", "cluster/status")
        pve.answers(
            dict.fromkeys(paths, denied)
            | {"access/permissions": data({"/": {"VM.Audit": 1, "Datastore.Audit": 1}})}
        )
        assert pve.integration.inventory
        reading = await pve.integration.inventory.inventory()
    assert "Sys.Audit is missing on /nodes; grant it with: pveum acl modify /nodes" in reading.detail
    assert "Permission check failed" not in reading.detail


async def test_rights_that_cannot_be_asked_are_said_not_assumed() -> None:
    async with running({"access/permissions": refused(501, "not implemented")}) as pve:
        assert pve.integration.inventory
        reading = await pve.integration.inventory.inventory()
    assert "what the token may see could not be asked (rights: HTTP 501" in reading.detail


async def test_rights_are_asked_once_and_again_after_a_failure() -> None:
    async with running({"access/permissions": refused(500, "busy")}) as pve:
        assert pve.integration.inventory
        await pve.integration.inventory.inventory()
        pve.answers({})
        await pve.integration.inventory.inventory()
        await pve.integration.inventory.inventory()
        assert pve.asked.count("/access/permissions") == 2


async def test_an_odd_entry_is_counted_and_a_name_that_is_none_never_reaches_a_path() -> None:
    odd = [{"type": "node", "node": "../../access", "status": "online"}, FRIGATE | {"vmid": "x"}, 7]
    async with running({"cluster/resources": data([*RESOURCES, *odd])}) as pve:
        assert pve.integration.inventory
        reading = await pve.integration.inventory.inventory()
        assert not [path for path in pve.asked if "access/" in path and "permissions" not in path]
    assert "3 of 11 entries could not be read" in reading.detail
    assert "pve1/qemu/104" in named(reading)


async def test_configurations_are_read_of_so_many_guests_and_no_more() -> None:
    many = [FRIGATE | {"vmid": number, "name": f"vm{number}"} for number in range(1000, 1100)]
    configs = {f"nodes/pve1/qemu/{one['vmid']}/config": data({"name": one["name"]}) for one in many}
    async with running({"cluster/resources": data([NODES[0], *many])} | configs) as pve:
        assert pve.integration.inventory
        reading = await pve.integration.inventory.inventory()
        assert sum(path.endswith("/config") for path in pve.asked) == 48
    assert "addresses and storages of 52 of 100 guests were not asked for" in reading.detail


async def test_a_first_call_that_fails_is_an_error_not_an_empty_house() -> None:
    async with running({"cluster/resources": answering("", 595)}) as pve:
        assert pve.integration.inventory
        with pytest.raises(Unreachable, match="HTTP 595: Whatever"):
            await pve.integration.inventory.inventory()
