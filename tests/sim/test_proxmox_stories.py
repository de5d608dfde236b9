from __future__ import annotations

import http.client

import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox.access import CHANGE
from tests.sim.proxmox_wire import Wire, advance, named, resources, story


def test_a_guest_that_stopped_by_itself_is_down_without_a_task_and_starts_with_one() -> None:
    fault = {"fault": "stop-guest", "at": "01:00", "guest": "media", "lasts": "10m"}
    with Homelab(story(fault), at="01:05") as homelab:
        wire = Wire(homelab)
        guest = wire.get("nodes/pve1/qemu/110/status/current")
        assert (guest["status"], guest["uptime"], guest["qmpstatus"]) == ("stopped", 0, "stopped")
        assert wire.tasks(vmid=110) == []
        advance(homelab, minutes=10)
        assert wire.get("nodes/pve1/qemu/110/status/current")["uptime"] == 300
        [task] = wire.tasks(vmid=110)
        assert (task["type"], task["user"], task["status"]) == ("qmstart", "root@pam", "OK")


def test_a_node_that_is_gone_is_offline_and_cannot_be_asked_for() -> None:
    with Homelab(story({"fault": "lose-host", "at": "01:00", "host": "pve2"}), at="01:30") as homelab:
        wire = Wire(homelab)
        nodes = named(wire.get("nodes"), "node")
        assert (nodes["pve1"]["status"], nodes["pve2"]["status"]) == ("online", "offline")
        assert "uptime" not in nodes["pve2"]
        guest = resources(wire, "qemu")["qemu/111"]
        assert (guest["status"], "uptime" in guest) == ("unknown", False)
        assert resources(wire, "storage")["storage/pve2/local"]["status"] == "unknown"
        cluster = named(wire.get("cluster/status"), "id")
        assert (cluster["cluster"]["quorate"], cluster["node/pve2"]["online"]) == (1, 0)
        refused = wire.ask("GET", "nodes/pve2/qemu")
        assert (refused.status, refused.reason, refused.text) == (595, "No route to host", "")
        change = Wire(homelab, token=CHANGE).ask("POST", "nodes/pve2/qemu/111/status/stop")
        assert change.status == 595


def test_another_node_answers_when_the_first_is_gone_and_nobody_when_all_are() -> None:
    lost = {"fault": "lose-host", "at": "01:00", "host": "pve1"}
    dark = {"fault": "power-cut", "at": "01:20", "ups": "rack"}
    with Homelab(story(lost, dark), at="01:30") as homelab:
        wire = Wire(homelab)
        local = [row["name"] for row in wire.get("cluster/status") if row.get("local")]
        assert local == ["pve2"]
        advance(homelab, hours=1)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            wire.ask("GET", "version")


def test_without_quorum_everything_can_be_read_and_nothing_changed() -> None:
    fault = {"fault": "lose-quorum", "at": "01:00", "nodes": ["pve2", "pve3"]}
    with Homelab(story(fault), at="01:30") as homelab:
        wire = Wire(homelab, token=CHANGE)
        cluster = named(wire.get("cluster/status"), "id")
        assert cluster["cluster"]["quorate"] == 0
        assert wire.get("cluster/ha/status/current")[0]["quorate"] == 0
        assert wire.get("nodes/pve3/status")["uptime"] > 0
        for path in ("qemu/110/status/reboot", "qemu/110/snapshot?snapname=one", "lxc/201/status/stop"):
            refused = wire.ask("POST", f"nodes/pve1/{path}")
            assert (refused.status, refused.reason) == (500, "cluster not ready - no quorum?")
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "running"


def test_a_backup_that_failed_for_one_guest_is_a_job_with_errors() -> None:
    fault = {
        "fault": "fail-backup",
        "at": "01:00",
        "job": "backup-nightly",
        "guest": "apps",
        "error": "got timeout",
    }
    with Homelab(story(fault), at="04:00") as homelab:
        wire = Wire(homelab)
        [task] = wire.tasks("pve2", errors=1, typefilter="vzdump")
        assert task["status"] == "job errors"
        assert wire.tasks("pve2", statusfilter="error") == [task]
        log = wire.log(task["upid"], "pve2")
        assert "ERROR: Backup of VM 111 failed - got timeout" in log
        assert any(line.startswith("INFO: Finished Backup of VM 104") for line in log)
        assert log[-1] == "TASK ERROR: job errors"
        kept = Wire(homelab, token=CHANGE).get("nodes/pve2/storage/pbs/content", vmid=111)
        assert kept[-1]["volid"] == "pbs:backup/vm/111/2026-11-14T03:06:08Z"


def test_a_backup_under_way_locks_its_guest_and_can_be_stopped() -> None:
    with Homelab("healthy", at="03:01") as homelab:
        wire = Wire(homelab, token=CHANGE)
        [task] = wire.tasks(source="active")
        assert (task["status"], "endtime" in task) == ("RUNNING", False)
        assert wire.tasks(source="all", errors=1) == [task]
        assert wire.state(task["upid"])["status"] == "running"
        before = wire.log(task["upid"], "pve1")
        assert before[-1].startswith("INFO: 30%")
        assert wire.get("nodes/pve1/qemu/110/status/current")["lock"] == "backup"
        assert wire.get("nodes/pve1/qemu/110/config")["lock"] == "backup"
        stop = wire.post("nodes/pve1/qemu/110/status/shutdown")
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "running"
        advance(homelab, seconds=5)
        assert wire.state(stop)["exitstatus"] == "VM is locked (backup)"
        reader = Wire(homelab).ask("DELETE", f"nodes/pve1/tasks/{task['upid']}")
        assert reader.reason == "Permission check failed (/nodes/pve1, Sys.Modify)"
        assert wire.ask("DELETE", f"nodes/pve1/tasks/{task['upid']}").data is None
        advance(homelab, minutes=10)
        assert wire.state(task["upid"])["exitstatus"] == "interrupted by signal"
        assert "lock" not in wire.get("nodes/pve1/qemu/110/status/current")
        kept = wire.get("nodes/pve1/storage/pbs/content")
        days = {vmid: max(row["ctime"] for row in kept if row["vmid"] == vmid) for vmid in (110, 131, 111)}
        assert days[110] < days[111]
        assert days[131] < days[111]


def test_a_disabled_job_is_told_and_leaves_its_guests_without_backup() -> None:
    fault = {"fault": "disable-job", "at": "01:00", "job": "backup-nightly"}
    with Homelab(story(fault), at="05:00") as homelab:
        wire = Wire(homelab)
        [job] = wire.get("cluster/backup")
        assert (job["enabled"], job["exclude"], job["storage"]) == (0, "150,9000", "pbs")
        assert len(wire.get("cluster/backup-info/not-backed-up")) == 13
        assert wire.tasks(typefilter="vzdump") == []
        assert wire.get(f"cluster/backup/{job['id']}")["schedule"] == "03:00"


def test_a_storage_whose_server_is_gone_is_not_online() -> None:
    with Homelab(story({"fault": "lose-host", "at": "01:00", "host": "nas"}), at="02:00") as homelab:
        wire = Wire(homelab)
        row = named(wire.get("nodes/pve1/storage"), "storage")["nas-backup"]
        assert (row["active"], row["total"]) == (0, 0)
        refused = wire.ask("GET", "nodes/pve1/storage/nas-backup/content")
        assert (refused.status, refused.reason) == (500, "storage 'nas-backup' is not online")


def test_the_history_of_a_node_has_points_without_values_while_it_was_away() -> None:
    fault = {"fault": "lose-host", "at": "01:00", "host": "pve2", "lasts": "10m"}
    with Homelab(story(fault), at="01:30") as homelab:
        points = Wire(homelab).get("nodes/pve2/rrddata", timeframe="hour", cf="AVERAGE")
        assert len(points) == 70
        assert sum(list(point) == ["time"] for point in points) == 10
        assert 0 < points[0]["cpu"] < 1


def test_a_disk_that_fails_says_so_at_last() -> None:
    fault = {
        "fault": "fail-disk",
        "at": "01:00",
        "host": "pve1",
        "device": "nvme0n1",
        "sectors_per_hour": 300,
    }
    with Homelab(story(fault), at="02:00") as homelab:
        wire = Wire(homelab)
        assert wire.get("nodes/pve1/disks/list")[0]["health"] == "FAILED"
        smart = wire.get("nodes/pve1/disks/smart", disk="/dev/nvme0n1")
        assert "Media and Data Integrity Errors:    300" in smart["text"]
        assert wire.ask("GET", "nodes/pve1/disks/smart?disk=/dev/sdz").status == 500


def test_a_replication_that_fails_counts_its_failures_and_has_a_log_of_its_own() -> None:
    fault = {"fault": "fail-backup", "at": "01:30", "job": "replicate-home", "error": "exit code 255"}
    with Homelab(story(fault), at="04:30") as homelab:
        wire = Wire(homelab)
        [row] = wire.get("nodes/pve2/replication")
        assert (row["id"], row["fail_count"], row["error"]) == ("102-0", 3, "exit code 255")
        assert row["last_try"] - row["last_sync"] == 3 * 3600
        assert wire.get("nodes/pve2/replication/102-0/status") == row
        log = [line["t"] for line in wire.get("nodes/pve2/replication/102-0/log")]
        assert log[-1].endswith("end replication job with error: exit code 255")
        assert wire.get("nodes/pve1/replication") == []
