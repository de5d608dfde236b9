from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Iterator

import numpy as np
import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox import disks
from sre_assistant.sim.servers.proxmox.access import CHANGE, USER
from tests.sim.proxmox_wire import BEGUN, Wire, advance, named, story


@pytest.fixture(scope="module")
def changer() -> Iterator[Wire]:
    """A healthy house and the token for changes, for tests that only read."""
    with Homelab("healthy") as homelab:
        yield Wire(homelab, token=CHANGE)


def cookie(wire: Wire) -> dict[str, str]:
    """What the user itself sends, with more rights than its tokens."""
    login = {"username": USER, "password": wire.homelab.live.credentials["proxmox"]}
    ticket = wire.ask("POST", "access/ticket", {}, form=login).data["ticket"]
    return {"Cookie": f"PVEAuthCookie={ticket}"}


def test_the_agent_answers_in_guests_that_have_one_and_run(changer: Wire) -> None:
    place = "nodes/pve1/qemu/110/agent"
    [root] = changer.get(f"{place}/get-fsinfo")["result"]
    assert (root["mountpoint"], root["total-bytes"]) == ("/", 120 * 2**30)
    assert changer.get(f"{place}/get-host-name")["result"] == {"host-name": "media"}
    assert changer.get(f"{place}/get-time")["result"] == BEGUN * 10**9
    assert changer.get(f"{place}/get-osinfo")["result"]["kernel-release"] == "6.1.0-26-amd64"
    addresses = changer.get(f"{place}/network-get-interfaces")["result"][1]["ip-addresses"]
    assert addresses[0]["ip-address"] == "192.0.2.31"
    assert changer.post(f"{place}/ping") == {"result": {}}
    refused = changer.ask("GET", "nodes/pve2/qemu/102/agent/info")
    assert (refused.status, refused.reason) == (500, "No QEMU guest agent configured")
    assert changer.get("nodes/pve1/lxc/201/interfaces")[0]["inet"] == "192.0.2.53/24"


def test_the_agent_is_silent_in_guests_that_are_down_or_suspended() -> None:
    with Homelab("healthy") as homelab:
        wire = Wire(homelab, token=CHANGE)
        for word, reason in (
            ("suspend", "QEMU guest agent is not running"),
            ("stop", "VM 110 is not running"),
        ):
            wire.post(f"nodes/pve1/qemu/110/status/{word}")
            advance(homelab, seconds=5)
            assert wire.ask("GET", "nodes/pve1/qemu/110/agent/info").reason == reason


def test_the_user_sees_more_than_its_tokens(changer: Wire) -> None:
    user = cookie(changer)
    assert changer.get("nodes/pve1/storage/local-lvm/content") == []
    rows = changer.ask("GET", "nodes/pve1/storage/local-lvm/content", user).data
    assert rows[0]["volid"] == "local-lvm:vm-110-disk-0"
    assert {row["content"] for row in rows} == {"images", "rootdir"}
    assert changer.ask("GET", "storage/pbs").status == 403
    assert changer.ask("GET", "storage/pbs", user).data["datastore"] == "main"
    missing = changer.ask("GET", "storage/nope", user)
    assert (missing.status, missing.reason) == (500, "storage 'nope' does not exist")


def test_storages_can_be_asked_for_by_what_they_hold(changer: Wire) -> None:
    assert set(named(changer.get("nodes/pve1/storage", content="backup"), "storage")) == {"nas-backup", "pbs"}
    assert [row["storage"] for row in changer.get("storage", type="nfs")] == ["nas-backup"]
    assert [row["content"] for row in changer.get("nodes/pve1/storage/nas-backup/content")] == ["iso"]


def test_backups_on_files_have_names_of_files_and_few_are_kept() -> None:
    job = {
        "kind": "backup",
        "schedule": "daily 02:00",
        "storage": "nas-backup",
        "guests": ["apps"],
        "takes": "10m",
    }
    with Homelab(story(adds={"jobs": {"apps-to-nas": job}})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        rows = wire.get("nodes/pve2/storage/nas-backup/content", content="backup")
        assert len(rows) == 7
        assert rows[-1]["volid"] == "nas-backup:backup/vzdump-qemu-111-2026_11_14-02_00_00.vma.zst"
        assert rows[-1]["format"] == "vma.zst"
        [task] = wire.tasks("pve2", vmid=111, typefilter="vzdump", since=BEGUN - 86400)
        assert any(
            line.startswith("INFO: creating vzdump archive '/mnt/pve/nas-backup/dump/vzdump-qemu-111")
            for line in wire.log(task["upid"], "pve2")
        )
        told = next(one for one in wire.get("cluster/backup") if one["comment"] == "apps-to-nas")
        assert (told["vmid"], "all" in told, told["prune-backups"]) == ("111", False, {"keep-last": "7"})


def test_logs_are_for_who_may_read_them(changer: Wire) -> None:
    lines = [row["t"] for row in changer.get("nodes/pve1/syslog", limit=500)]
    assert any("end task UPID:pve1:" in line and line.endswith(" OK") for line in lines)
    assert changer.get("nodes/pve1/journal", lastentries=2) == lines[-2:]
    cluster = changer.get("cluster/log", max=5)
    assert len(cluster) == 5
    assert [row["time"] for row in cluster] == sorted((row["time"] for row in cluster), reverse=True)


def test_every_kind_of_task_has_something_to_say() -> None:
    offline = {"fault": "lose-device", "at": "00:40", "device": "isp"}
    reboot = {"fault": "reboot", "at": "01:00", "host": "pve1"}
    with Homelab(story(offline, reboot), at="01:10") as homelab:
        wire = Wire(homelab, token=CHANGE)
        wire.post("nodes/pve1/qemu/110/snapshot", snapname="one")
        wire.post("nodes/pve1/qemu/110/status/reboot")
        advance(homelab, hours=6)
        tasks = {task["type"]: task for task in wire.tasks(limit=500)}
        said = {kind: wire.log(task["upid"], "pve1") for kind, task in tasks.items()}
        assert "Starting VM 110" in said["startall"]
        assert "Starting CT 201" in said["startall"]
        assert said["aptupdate"][-1] == "TASK ERROR: command 'apt-get update' failed: exit code 100"
        assert said["qmreboot"] == ["Requesting reboot of 110", "TASK OK"]
        assert said["qmsnapshot"][-2].endswith('"snap_vm-110-disk-0_one" created.')
        assert said["qmstart"] == ["TASK OK"]
        part = wire.get(f"nodes/pve1/tasks/{tasks['vzdump']['upid']}/log", start=1, limit=2)
        assert [line["n"] for line in part] == [2, 3]


def test_tasks_can_be_asked_for_by_window_user_and_page(changer: Wire) -> None:
    everything = changer.tasks(since=0, limit=0)
    assert everything == []  # as the real one: no tasks, not all
    first, second = changer.tasks(since=0, limit=2), changer.tasks(since=0, limit=2, start=2)
    assert not set(named(first, "upid")) & set(named(second, "upid"))
    early = changer.tasks(since=0, until=BEGUN - 86400, limit=500)
    assert early
    assert max(task["starttime"] for task in early) <= BEGUN - 86400
    assert changer.tasks(since=0, userfilter="ROOT", limit=1) == first[:1]
    assert changer.tasks(since=0, userfilter="nobody") == []
    assert changer.tasks(since=0, statusfilter="warning") == []


def test_the_pieces_of_a_node_can_be_asked_for(changer: Wire) -> None:
    assert {row["name"] for row in changer.get("nodes/pve1")} >= {"qemu", "lxc", "tasks"}
    assert {row["subdir"] for row in changer.get("nodes/pve1/qemu/110")} == {"config", "status"}
    assert changer.get("nodes/pve1/services/pveproxy/state")["state"] == "running"
    wrong = changer.ask("GET", "nodes/pve1/services/telnetd/state")
    assert wrong.json["errors"]["service"].startswith(
        "value 'telnetd' does not have a value in the enumeration"
    )
    assert [row["Package"] for row in changer.get("nodes/pve1/apt/update")][2] == "pve-manager"
    assert [row["iface"] for row in changer.get("nodes/pve1/network", type="any_bridge")] == ["vmbr0"]
    assert changer.get("nodes/pve1/dns") == {"search": "lan", "dns1": "192.0.2.53"}
    assert changer.get("cluster/nextid") == "100"
    assert [one["tokenid"] for one in changer.get(f"access/users/{USER}/token")] == ["read", "change"]
    assert changer.ask("GET", "access/users/root@pam/token").status == 403
    assert "SREOperator" in named(changer.get("access/roles"), "roleid")
    assert changer.get("nodes/pve2/qemu/111/config", snapshot="before-upgrade")["snaptime"] < BEGUN
    never = changer.ask("GET", "nodes/pve2/qemu/111/config?snapshot=never")
    assert never.reason == "snapshot 'never' does not exist"


def test_a_sata_disk_has_a_table_of_attributes() -> None:
    disk = {"reads": "1MiB/s", "writes": "1MiB/s", "speed": "200MiB/s", "kind": "hdd", "model": "ST4000VN008"}
    host = {
        "title": "hypervisor",
        "address": "192.0.2.11",
        "cpus": 4,
        "memory": "64GiB",
        "memory_used": "55%",
        "swap": "8GiB",
        "load": "20%",
        "network": {"receive": "1MiB/s", "transmit": "1MiB/s", "device": "eno1"},
        "kernel": "6.8.12-4-pve",
        "disks": {"sda": disk | {"size": "3726GiB"}},
        "filesystems": {
            "/": {
                "device": "/dev/mapper/pve-root",
                "fstype": "ext4",
                "size": "94GiB",
                "used": "30GiB",
                "growth": "1MiB/d",
                "disks": ["sda"],
            }
        },
    }
    fault = {"fault": "fail-disk", "at": "01:00", "host": "pve1", "device": "sda", "sectors_per_hour": 150}
    with Homelab(story(fault, adds={"hosts": {"pve1": host}}), at="02:00") as homelab:
        wire = Wire(homelab)
        [row] = wire.get("nodes/pve1/disks/list")
        assert (row["type"], row["wearout"], row["health"]) == ("hdd", "N/A", "PASSED")
        assert "health" not in wire.get("nodes/pve1/disks/list", skipsmart=1)[0]
        smart = wire.get("nodes/pve1/disks/smart", disk="/dev/sda")
        table = named(smart["attributes"], "name")
        assert (smart["type"], "wearout" in smart) == ("ata", False)
        assert (table["Reallocated_Sector_Ct"]["id"], table["Reallocated_Sector_Ct"]["raw"]) == ("  5", "90")
        assert table["Current_Pending_Sector"]["raw"] == "60"
        assert wire.get("nodes/pve1/disks/smart", disk="/dev/sda", healthonly=1) == {"health": "PASSED"}
        assert wire.ask("GET", "nodes/pve1/disks/zfs/tank").status == 500


def test_a_pool_is_shown_with_its_disks_and_what_is_wrong() -> None:
    fault = {"fault": "lose-disk", "at": "01:00", "host": "nas", "device": "sdb"}
    world = story(fault).build(seed=1)
    tank, before, after = world.pools["tank"], world.begin, world.begin + 3600
    assert disks.pool_row(tank, before)["health"] == "ONLINE"
    row, tree = disks.pool_row(tank, after), disks.pool_tree(tank, after)
    assert (row["health"], tree["state"]) == ("DEGRADED", "DEGRADED")
    assert "Sufficient replicas exist" in str(tree["status"])
    assert "status" not in disks.pool_tree(tank, before)
    text = str(tree["children"])
    assert "'name': 'mirror-0'" in text
    assert text.count("'state': 'REMOVED'") == 1
    boot = disks.pool_tree(world.pools["boot-pool"], before)
    assert "mirror" not in str(boot["children"])
    assert disks.used_for(world, tank.drives[0]) == "ZFS"
    assert int(str(row["alloc"])) == int(tank.allocated(np.array([after]))[0])


def test_the_backup_server_takes_json_and_tells_what_its_tasks_did() -> None:
    fault = {"fault": "fail-backup", "at": "02:00", "job": "gc-main", "error": "unable to acquire lock"}
    with Homelab(story(fault, start="2026-11-14T00:30:00Z"), at="23:00") as homelab:
        wire = Wire(homelab, "pbs", "change")
        tasks = {
            task["worker_type"]: task
            for task in reversed(wire.tasks("localhost", since=BEGUN - 86400, limit=0))
        }
        said = {kind: wire.log(task["upid"], "localhost") for kind, task in tasks.items()}
        assert said["garbage_collection"][-1].endswith(": TASK ERROR: unable to acquire lock")
        assert said["prunejob"][1].endswith("retention options: --keep-daily 14")
        assert said["verificationjob"][1].endswith("verify datastore main")
        assert wire.get("admin/datastore/main/gc")["last-run-state"] == "unable to acquire lock"
        place = urllib.parse.urlsplit(homelab.doors["pbs"].url).netloc
        headers = {"Authorization": wire.authorization, "Content-Type": "application/json"}
        bodies = {
            '{"backup-type":"vm","backup-id":"110","keep-last":1,"dry-run":true}': 200,
            '{"backup-type":"vm"}': 400,
            "{": 400,
            "[]": 400,
        }
        connection = http.client.HTTPConnection(place, timeout=20)
        for body, status in bodies.items():
            connection.request("POST", "/api2/json/admin/datastore/main/prune", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status, body
        connection.close()
