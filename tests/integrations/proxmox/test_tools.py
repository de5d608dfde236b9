from __future__ import annotations

import json

import pytest

from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import CallError, Denied
from sre_assistant.domain.reading import Completeness
from sre_assistant.kit.codec import encode
from tests.integrations.proxmox.answers import (
    AUDITOR,
    DISKS,
    FRIGATE,
    MEMBERS,
    NODES,
    PIHOLE,
    RESOURCES,
    SMART,
    data,
    refused,
    running,
)
from tests.kit.hostile import answering

MOST_SCHEMAS = 3_300
SECRETS = ("AAAAB3NzaC1yc2E", "hunter2", "correct horse", "tops3cret")


async def test_all_tools_together_are_told_in_few_words() -> None:
    async with running(allow_changes=True) as pve:
        tools = pve.integration.tools
    assert len(tools) == 10
    assert sum(len(json.dumps(tool.schema, separators=(",", ":"))) for tool in tools) < MOST_SCHEMAS


async def test_nothing_that_changes_exists_until_it_is_allowed() -> None:
    async with running() as pve:
        assert {tool.effect for tool in pve.integration.tools} == {Effect.READ}
        assert pve.integration.actuator is None


async def test_guests_of_all_nodes_are_listed_with_those_in_trouble_first() -> None:
    async with running() as pve:
        told = await pve.call("list_guests")
    assert told.text.splitlines() == [
        "2 running, 1 not. 3 guests; 3 match",
        "- pve1/lxc/201 pihole (container, running, up 9 d 23 h): disk 1.8 GiB of 8.0 GiB (22 %); "
        "locked (backup)",
        "- pve2/qemu/102 on-dead-node (VM, unknown): its state is unknown",
        "- pve1/qemu/104 frigate (VM, running, up 1 h): 4 vCPU 12 % busy; RAM 6.0 GiB of 8.0 GiB (75 %); "
        "disk 64.0 GiB; tags docker, prod",
        "Note: offline and not asked: pve2",
    ]
    assert told.data is not None


async def test_guests_of_one_kind_can_be_asked_for_and_no_other_word_is_taken() -> None:
    async with running() as pve:
        told = await pve.call("list_guests", guest_type="lxc")
        assert "pihole" in told.text
        assert "frigate" not in told.text
        with pytest.raises(CallError, match=r"guest_type is '../../access/users\?full=1#': give one of"):
            await pve.call("list_guests", guest_type="../../access/users?full=1#")
        assert not [path for path in pve.asked if "users" in path]


async def test_no_guests_without_the_right_are_denied() -> None:
    without = {name: 1 for name in AUDITOR if name != "VM.Audit"}
    changed = {"cluster/resources": data(NODES), "access/permissions": data({"/": without})}
    async with running(changed) as pve:
        told = await pve.call("list_guests")
        snapshots = await pve.call("list_snapshots")
    assert told.completeness is snapshots.completeness is Completeness.DENIED
    assert "pveum acl modify /vms --users sre@pve --tokens 'sre@pve!read' --roles PVEAuditor" in told.text


async def test_some_guests_without_all_rights_are_partial() -> None:
    paths = {"/": {"Sys.Audit": 1}, "/vms/104": {"VM.Audit": 1}, "/pool/lab": {"VM.Audit": 1}}
    changed = {"cluster/resources": data([*NODES, FRIGATE]), "access/permissions": data(paths)}
    async with running(changed) as pve:
        told = await pve.call("list_guests")
    assert told.completeness is Completeness.PARTIAL
    assert "only /pool/lab, /vms/104 can be seen of the guests" in told.text


async def test_a_configuration_is_found_by_number_or_name_whatever_its_type() -> None:
    async with running() as pve:
        by_number = await pve.call("get_guest_config", vmid=201, guest_type="qemu")
        by_name = await pve.call("get_guest_config", name="PiHole")
    assert by_number.text.startswith("pve1/lxc/201 pihole (container, running)\nDisks: mp0 = /tank/media")
    assert by_number.text.endswith("Note: 201 is lxc, not qemu")
    assert by_name.text == by_number.text.rpartition("\n")[0]
    assert by_name.provenance.query == "GET /api2/json/nodes/pve1/lxc/201/config"


async def test_no_secret_of_a_configuration_is_shown() -> None:
    async with running() as pve:
        machine = await pve.call("get_guest_config", vmid=104)
        container = await pve.call("get_guest_config", vmid=201)
    shown = f"{machine.text} {container.text} {encode(machine.data)!r} {encode(container.data)!r}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert "Not shown, may hold secrets: cipassword, description, sshkeys" in machine.text
    assert "net0 = virtio=BC:24:11:84:8C:BE,bridge=vmbr0" in machine.text
    assert "Other: hostname = pihole" in container.text


async def test_without_a_guest_the_question_is_which() -> None:
    async with running() as pve:
        told = await pve.call("get_guest_config")
    assert told.text.splitlines()[:2] == ["Which guest is meant? Give vmid or name.", "- 102 on-dead-node"]


async def test_two_guests_with_one_name_are_both_named() -> None:
    twin = PIHOLE | {"vmid": 202, "node": "pve2"}
    async with running({"cluster/resources": data([*RESOURCES, twin])}) as pve:
        for tool in ("get_guest_config", "list_snapshots", "list_backups"):
            named = {"name": "pihole"} if tool == "get_guest_config" else {"guest": "pihole"}
            with pytest.raises(CallError, match="2 guests are called 'pihole': pve1/lxc/201, pve2/lxc/202"):
                await pve.call(tool, **named)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("frigat", "There is no guest 'frigat' among those that can be seen. Close: 104 frigate"),
        ("999", "There is no guest '999'"),
        ("../../access/users?full=1#", "There is no guest '../../access/users"),
        ("zzz", "There is, for example: 102 on-dead-node, 104 frigate, 201 pihole"),
    ],
)
async def test_a_guest_that_is_not_there_is_the_callers_mistake(wanted: str, says: str) -> None:
    async with running() as pve:
        with pytest.raises(CallError) as caught:
            await pve.call("list_snapshots", guest=wanted)
        assert len(pve.asked) == 1
    assert says in str(caught.value)


async def test_number_and_name_must_be_of_one_guest() -> None:
    async with running() as pve:
        with pytest.raises(CallError, match="Guest 104 is called 'frigate', not 'pihole'"):
            await pve.call("get_guest_config", vmid=104, name="pihole")


async def test_nodes_tell_how_they_are_and_which_are_away() -> None:
    async with running() as pve:
        told = await pve.call("node_status")
    assert told.text.splitlines() == [
        "2 nodes; 2 match",
        "- pve2: OFFLINE",
        "- pve1: online, up 10 d; CPU 43 % of 6 threads; waiting for I/O 11 %; load 3.41 2.90 2.22; "
        "RAM 28.5 GiB of 31.3 GiB (91 %); swap 6.0 GiB of 8.0 GiB (75 %); "
        "root 89.4 GiB of 93.9 GiB (95 %); Intel(R) Core(TM) i5-8500T; pve-manager/9.1.2; "
        "kernel Linux 6.17.2-1-pve",
    ]


async def test_one_node_can_be_asked_for_and_an_unknown_one_is_the_callers_mistake() -> None:
    async with running() as pve:
        told = await pve.call("node_status", node="pve1")
        assert "pve2" not in told.text
        with pytest.raises(CallError, match=r"There is no node 'pve9'\. There is: pve1, pve2"):
            await pve.call("node_status", node="pve9")


async def test_the_node_of_the_settings_goes_first() -> None:
    nodes = [NODES[0], {"type": "node", "node": "pve0", "status": "online"}]
    changed = {"cluster/resources": data(nodes), "nodes/pve0/status": data({"cpu": 0.5})}
    async with running(changed, node="pve1") as pve:
        assert (await pve.call("node_status")).text.splitlines()[1].startswith("- pve1:")
    async with running(changed) as pve:
        assert (await pve.call("node_status")).text.splitlines()[1].startswith("- pve0:")


async def test_the_cluster_tells_quorum_ha_and_replication_with_trouble_first() -> None:
    async with running() as pve:
        told = await pve.call("cluster_status")
    lines = told.text.splitlines()
    assert lines[0] == "Cluster home: quorate, 1 of 2 nodes online"
    assert lines[1] == "- node pve2 (192.0.2.12): OFFLINE"
    assert lines[3] == "HA: 2 services"
    assert lines[5] == "- HA vm:102 on pve2: fence, wanted started"
    assert lines[7] == "Replication: 2 jobs, 1 failing"
    assert lines[8].startswith(
        "- replication 104-0 of vm/104 to pve2: at */15; last 2026-03-01 02:09:05Z failed"
    )
    assert "102-0" in lines[9]


async def test_a_lost_quorum_is_loud_and_a_single_node_is_no_cluster() -> None:
    lost = [MEMBERS[0] | {"quorate": 0}, *MEMBERS[1:]]
    async with running({"cluster/status": data(lost)}) as pve:
        told = await pve.call("cluster_status")
        pve.answers({"cluster/status": data(MEMBERS[1:2]), "cluster/ha/status/current": data([])})
        alone = await pve.call("cluster_status")
    assert "Cluster home: NO QUORUM, nothing can be changed, 1 of 2 nodes online" in told.text
    assert alone.text.startswith("No cluster: one node stands alone\n")
    assert "HA: no service is managed" in alone.text


async def test_a_cluster_that_may_not_be_asked_is_denied_with_the_right_that_is_missing() -> None:
    async with running({"cluster/status": refused(403, "Permission check failed (/, Sys.Audit)")}) as pve:
        with pytest.raises(Denied, match=r"Permission check failed \(/, Sys.Audit\)") as caught:
            await pve.call("cluster_status")
    line = "pveum acl modify / --users sre@pve --tokens 'sre@pve!read' --roles PVEAuditor"
    assert caught.value.detail.endswith(f"; grant it with: {line}")


async def test_storages_tell_what_is_down_and_what_is_full_first() -> None:
    async with running() as pve:
        told = await pve.call("storage_status")
    assert told.text.splitlines()[1:3] == [
        "- nfs-iso (nfs, shared): INACTIVE ON PVE1; holds iso",
        "- pve1/local-zfs (zfspool, on pve1): used 970 B of 1000 B (97 %); free 30 B; holds images",
    ]


async def test_disks_tell_health_wear_and_what_smart_counts() -> None:
    text = "\nTemperature:                        62 Celsius\nMedia and Data Integrity Errors:    3\n"
    changed = {"nodes/pve1/disks/smart": data(SMART | {"text": text, "attributes": None})}
    async with running() as pve:
        table = await pve.call("disk_status")
        pve.answers(changed)
        written = await pve.call("disk_status")
    lines = table.text.splitlines()
    assert lines[0] == "2 disks, 1 ZFS pool"
    assert lines[1] == "- pool pve1/tank: DEGRADED; used 3.4 TiB of 3.6 TiB (93 %)"
    assert lines[2].startswith(
        "- pve1//dev/nvme0n1: FAILED; nvme Samsung SSD 970; 465.8 GiB; 31 % of its life used;"
    )
    assert lines[3] == (
        "- pve1//dev/sda: PASSED; hdd ST4000DM000-1F2168; 3.6 TiB; serial Z300; used for ZFS; "
        "pending sectors 48; Airflow_Temperature_Cel failed Past; 45.0 °C"
    )
    assert written.text.splitlines()[3].endswith("media errors 3; 62.0 °C")


async def test_smart_tables_are_read_of_so_many_disks_and_no_more() -> None:
    many = [DISKS[0] | {"devpath": f"/dev/sd{number}"} for number in range(40)]
    async with running({"nodes/pve1/disks/list": data(many)}) as pve:
        told = await pve.call("disk_status")
        assert sum("/disks/smart" in path for path in pve.asked) == 32
    assert "the SMART tables of 8 disks were not asked for" in told.text
    assert told.completeness is Completeness.PARTIAL


async def test_snapshots_come_the_oldest_first_without_the_present() -> None:
    later = {"name": "x", "snaptime": 1772331000, "vmstate": 1, "description": "a\nb"}
    async with running({"nodes/pve1/lxc/201/snapshot": data([later])}) as pve:
        told = await pve.call("list_snapshots")
        one = await pve.call("list_snapshots", guest="104")
    assert told.text.splitlines()[:3] == [
        "2 snapshots; 2 match",
        "- pve1/qemu/104 frigate: before_upgrade, 2026-02-19 02:14:05Z (10 d ago)",
        "- pve1/lxc/201 pihole: x, 2026-03-01 02:10:00Z (4 min 5 s ago); with RAM; a b",
    ]
    assert one.text.splitlines()[0] == "1 snapshot; 1 match"
    assert one.completeness is Completeness.COMPLETE


async def test_an_older_version_tells_why_in_the_status_line_alone() -> None:
    async with running({"nodes/pve1/qemu/104/config": answering({"data": None}, 403)}) as pve:
        with pytest.raises(Denied, match="HTTP 403: not permitted"):
            await pve.call("get_guest_config", vmid=104)
        pve.answers({"nodes/pve1/qemu/104/config": answering({"data": None}, 418)})
        with pytest.raises(Exception, match="HTTP 418 is not part of its API: Whatever"):
            await pve.call("get_guest_config", vmid=104)
