from __future__ import annotations

import http.client
from collections.abc import Iterator

import numpy as np
import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox.access import CHANGE
from tests.sim.proxmox_wire import BEGUN, Wire, advance, named, story


@pytest.fixture
def house() -> Iterator[Homelab]:
    """A healthy house, for tests that change something."""
    with Homelab("healthy") as homelab:
        yield homelab


def test_a_reboot_takes_down_what_runs_inside_and_cures_what_it_cures() -> None:
    fault = {"fault": "stop-guest", "at": "01:00", "guest": "media", "cured_by": ["start guest/media"]}
    with Homelab(story(fault), at="01:10") as homelab:
        wire = Wire(homelab, token=CHANGE)
        assert homelab.world.pages["http://jellyfin.lan:8096/"].status(np.array([homelab.live.now]))[0] == 0
        upid = wire.post("nodes/pve1/qemu/110/status/start")
        assert wire.state(upid)["status"] == "running"
        advance(homelab, minutes=3)
        state = wire.state(upid)
        told = [state[name] for name in ("type", "user", "tokenid", "exitstatus")]
        assert told == ["qmstart", "sre@pve", "change", "OK"]
        assert wire.get("nodes/pve1/qemu/110/status/current")["uptime"] > 150
        assert homelab.world.pages["http://jellyfin.lan:8096/"].status(np.array([homelab.live.now]))[0] == 200
        assert [task["upid"] for task in wire.tasks(vmid=110)] == [upid]
        wire.post("nodes/pve1/qemu/110/status/reboot")
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "stopped"
        advance(homelab, minutes=1)
        assert [task["type"] for task in wire.tasks(vmid=110)] == ["qmstart", "qmreboot", "qmstart"]
        assert 0 < wire.get("nodes/pve1/qemu/110/status/current")["uptime"] < 60


def test_what_a_guest_cannot_do_is_refused_at_once_or_by_the_task(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    started = {path: wire.post(f"nodes/pve1/qemu/{path}/status/start") for path in ("110", "9000")}
    at_once = {
        "lxc/201/status/start": "CT 201 already running",
        "qemu/150/status/reboot": "VM 150 not running",
        "qemu/150/status/reset": "VM 150 not running",
        "qemu/201/status/stop": "Configuration file 'nodes/pve1/qemu-server/201.conf' does not exist",
        "qemu/111/status/stop": "Configuration file 'nodes/pve1/qemu-server/111.conf' does not exist",
    }
    for path, reason in at_once.items():
        refused = wire.ask("POST", f"nodes/pve1/{path}")
        assert (refused.status, refused.reason) == (500, reason)
        assert refused.json["message"] == f"{reason}\n"
    advance(house, seconds=5)
    assert wire.state(started["110"])["exitstatus"] == "VM 110 already running"
    assert wire.state(started["9000"])["exitstatus"] == "you can't start a vm if it's a template"


def test_a_spare_guest_can_be_started_stopped_and_suspended(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)

    def status() -> tuple[str, str]:
        row = wire.get("nodes/pve1/qemu/150/status/current")
        return row["status"], row["qmpstatus"]

    for word, expected in (
        ("start", ("running", "running")),
        ("suspend", ("running", "paused")),
        ("resume", ("running", "running")),
        ("shutdown", ("stopped", "stopped")),
    ):
        if word == "resume":
            refused = wire.ask("POST", "nodes/pve1/qemu/150/status/shutdown")
            assert (refused.status, refused.reason) == (500, "VM is paused - cannot shutdown")
        wire.post(f"nodes/pve1/qemu/150/status/{word}")
        advance(house, seconds=10)
        assert status() == expected, word
    kinds = [task["type"] for task in wire.tasks(vmid=150)]
    assert kinds == ["qmshutdown", "qmresume", "qmpause", "qmstart"]


def test_two_requests_of_the_same_moment_are_two_tasks(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    upids = {wire.post("nodes/pve1/qemu/110/status/start") for _ in range(3)}
    assert len(upids) == 3
    assert {task["upid"] for task in wire.tasks(source="active")} == upids


def test_snapshots_are_taken_listed_and_deleted(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    place = "nodes/pve2/qemu/111/snapshot"
    assert [row["name"] for row in wire.get(place)] == ["before-upgrade", "current"]
    upid = wire.post(place, snapname="now", description="why not")
    taken = named(wire.get(place), "name")
    assert (taken["now"]["parent"], taken["current"]["parent"]) == ("before-upgrade", "now")
    assert taken["now"]["description"] == "why not"
    again = wire.post(place, snapname="now")
    gone = wire.ask("DELETE", f"{place}/before-upgrade").data
    missing = wire.ask("DELETE", f"{place}/never").data
    advance(house, seconds=10)
    assert [row["name"] for row in wire.get(place)] == ["now", "current"]
    said = [wire.state(one, "pve2")["exitstatus"] for one in (upid, again, gone, missing)]
    assert said == ["OK", "snapshot name 'now' already used", "OK", "snapshot 'never' does not exist"]
    refused = wire.ask("POST", place, form={"snapname": "9 lives"})
    assert refused.json["errors"]["snapname"].startswith("invalid format")


def test_a_backup_can_be_made_by_hand(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    upid = wire.post("nodes/pve1/vzdump", vmid=110, storage="pbs", mode="snapshot")
    advance(house, seconds=30)
    assert wire.state(upid)["status"] == "running"
    advance(house, minutes=2)
    assert wire.state(upid)["exitstatus"] == "OK"
    assert "INFO: Finished Backup of VM 110 (00:01:30)" in wire.log(upid, "pve1")
    rows = wire.get("nodes/pve1/storage/pbs/content", vmid=110)
    assert rows[-1]["ctime"] == 1794702600
    wrong = wire.ask("POST", "nodes/pve1/vzdump", form={"vmid": 110, "storage": "local"})
    assert wrong.json["errors"] == {"storage": "storage 'local' does not support 'backup' content"}


@pytest.mark.parametrize("act", ["reboot guest/media", "*"])
def test_an_action_that_fails_fails_in_its_task_and_changes_nothing(act: str) -> None:
    with Homelab(story(mishaps={act: "fail"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        upid = wire.post("nodes/pve1/qemu/110/status/reboot")
        advance(homelab, minutes=1)
        assert wire.state(upid)["exitstatus"] == "operation failed: input/output error"
        assert wire.get("nodes/pve1/qemu/110/status/current")["uptime"] > 3600


def test_a_slow_action_runs_long_before_anything_happens() -> None:
    with Homelab(story(mishaps={"*": "slow"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        upid = wire.post("nodes/pve1/qemu/110/status/stop")
        advance(homelab, seconds=30)
        assert wire.state(upid)["status"] == "running"
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "running"
        advance(homelab, seconds=40)
        assert wire.state(upid)["exitstatus"] == "OK"
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "stopped"


def test_a_reboot_done_by_half_calls_itself_well_but_the_start_fails() -> None:
    with Homelab(story(mishaps={"*": "half"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        upid = wire.post("nodes/pve1/qemu/110/status/reboot")
        advance(homelab, minutes=5)
        assert wire.state(upid)["exitstatus"] == "OK"
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "stopped"
        [failed] = wire.tasks(vmid=110, errors=1)
        assert (failed["type"], failed["status"]) == ("qmstart", "start failed: QEMU exited with code 1")


def test_an_answer_can_be_lost_although_the_thing_was_done() -> None:
    with Homelab(story(mishaps={"*": "lost"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            wire.post("nodes/pve1/qemu/110/status/stop")
        advance(homelab, seconds=10)
        assert wire.get("nodes/pve1/qemu/110/status/current")["status"] == "stopped"
        [task] = wire.tasks(vmid=110)
        assert (task["type"], task["status"]) == ("qmstop", "OK")


def test_a_snapshot_deleted_by_half_is_still_there_and_its_guest_locked() -> None:
    with Homelab(story(mishaps={"delete guest/apps": "half"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        upid = wire.ask("DELETE", "nodes/pve2/qemu/111/snapshot/before-upgrade").data
        advance(homelab, minutes=1)
        assert wire.state(upid, "pve2")["exitstatus"] == "got timeout"
        assert wire.get("nodes/pve2/qemu/111/snapshot")[0]["name"] == "before-upgrade"
        assert wire.get("nodes/pve2/qemu/111/config")["lock"] == "snapshot-delete"
        assert wire.get("nodes/pve2/qemu/111/status/current")["lock"] == "snapshot-delete"


def test_a_backup_by_hand_can_be_stopped_and_then_is_none(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    upid = wire.post("nodes/pve1/vzdump", vmid=110, storage="pbs")
    advance(house, seconds=20)
    assert wire.get("nodes/pve1/qemu/110/status/current")["lock"] == "backup"
    assert wire.ask("DELETE", f"nodes/pve1/tasks/{upid}").status == 200
    advance(house, seconds=1)
    assert wire.state(upid)["exitstatus"] == "interrupted by signal"
    assert wire.get("nodes/pve1/storage/pbs/content", vmid=110)[-1]["ctime"] < BEGUN


def test_a_task_under_way_can_be_stopped_by_who_began_it() -> None:
    with Homelab(story(mishaps={"*": "slow"})) as homelab:
        wire = Wire(homelab, token=CHANGE)
        upid = wire.post("nodes/pve1/qemu/110/status/shutdown")
        advance(homelab, seconds=10)
        assert wire.ask("DELETE", f"nodes/pve1/tasks/{upid}").status == 200
        advance(homelab, seconds=1)
        assert wire.state(upid)["exitstatus"] == "interrupted by signal"
        assert wire.log(upid, "pve1")[-1] == "TASK ERROR: interrupted by signal"
