from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proxmoxer import AuthenticationError, ProxmoxAPI, ResourceException  # type: ignore[import-untyped]

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox.access import CHANGE, READ, USER, Keys
from tests.kit import certificates
from tests.sim.proxmox_wire import Wire, advance, named, resources, story
from tests.sim.tls import Secured


@pytest.fixture(scope="module")
def quiet() -> Iterator[Wire]:
    """A healthy house, for tests that only read."""
    with Homelab("healthy") as homelab:
        yield Wire(homelab)


@pytest.fixture
def house() -> Iterator[Homelab]:
    """A healthy house, for tests that change something."""
    with Homelab("healthy") as homelab:
        yield homelab


def port(homelab: Homelab) -> int:
    return int(homelab.doors["proxmox"].url.rpartition(":")[2])


def test_proxmoxer_reads_it_with_a_token_as_if_it_were_real(house: Homelab, tmp_path: Path) -> None:
    secret = Keys(house.live.credentials["proxmox"]).token(READ)
    with Secured(port(house), certificates.server_context(tmp_path)) as secured:
        api = ProxmoxAPI(
            "127.0.0.1",
            port=secured.port,
            user=USER,
            token_name=READ,
            token_value=secret,
            verify_ssl=str(certificates.authority(tmp_path)),
        )
        assert api.version.get()["release"] == "8.4"
        assert [node["node"] for node in api.nodes.get()] == ["pve1", "pve2", "pve3"]
        assert api.nodes("pve1").qemu(110).config.get()["name"] == "media"
        assert api.nodes("pve1").lxc(201).config.get()["hostname"] == "pihole"
        assert len(api.cluster.resources.get(type="vm")) == 13
        [last, *_] = api.nodes("pve1").tasks.get(typefilter="vzdump", limit=1)
        assert api.nodes("pve1").tasks(last["upid"]).status.get()["exitstatus"] == "OK"
        with pytest.raises(ResourceException) as refused:
            api.nodes("pve1").qemu(110).status.reboot.post()
        assert (refused.value.status_code, refused.value.content) == (
            403,
            "Permission check failed (/vms/110, VM.PowerMgmt)",
        )


def test_proxmoxer_changes_it_with_a_ticket(house: Homelab, tmp_path: Path) -> None:
    with Secured(port(house), certificates.server_context(tmp_path)) as secured:
        place: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": secured.port,
            "user": USER,
            "verify_ssl": str(certificates.authority(tmp_path)),
        }
        api = ProxmoxAPI(password=house.live.credentials["proxmox"], **place)
        upid = api.nodes("pve1").qemu(110).status.reboot.post()
        advance(house, minutes=1)
        assert api.nodes("pve1").tasks(upid).status.get()["exitstatus"] == "OK"
        assert api.nodes("pve1").qemu(110).status.current.get()["uptime"] < 60
        with pytest.raises(AuthenticationError, match="code: 401"):
            ProxmoxAPI(password="wrong", **place)


def test_numbers_are_numbers_and_texts_are_texts_where_the_real_one_has_them_so(quiet: Wire) -> None:
    guest = quiet.get("nodes/pve1/qemu/110/status/current")
    kinds = {
        "vmid": int,
        "cpus": int,
        "cpu": float,
        "mem": int,
        "maxmem": int,
        "uptime": int,
        "pid": int,
        "tags": str,
        "qmpstatus": str,
        "agent": int,
    }
    assert {name: type(guest[name]) for name in kinds} == kinds
    assert guest["disk"] == 0
    assert quiet.get("nodes/pve1/lxc")[0]["vmid"] == "201"
    assert quiet.get("nodes/pve1/lxc/201/status/current")["vmid"] == 201
    status = quiet.get("nodes/pve1/status")
    assert all(isinstance(one, str) for one in status["loadavg"])
    assert status["memory"]["total"] == status["memory"]["used"] + status["memory"]["free"]
    config = quiet.get("nodes/pve1/qemu/110/config")
    assert (config["memory"], config["cores"], config["agent"]) == ("16384", 4, "1")


def test_guests_that_are_off_and_templates_say_so(quiet: Wire) -> None:
    guests = resources(quiet, "qemu")
    assert {name: guests["qemu/150"][name] for name in ("status", "uptime", "mem", "cpu")} == {
        "status": "stopped",
        "uptime": 0,
        "mem": 0,
        "cpu": 0,
    }
    assert (guests["qemu/9000"]["template"], guests["qemu/110"]["template"]) == (1, 0)
    assert resources(quiet, "lxc")["lxc/201"]["disk"] > 0
    missing = named(quiet.get("cluster/backup-info/not-backed-up"), "vmid")
    assert sorted(missing) == [150, 9000]


def test_a_task_is_named_after_what_it_did_and_when(quiet: Wire) -> None:
    [task] = quiet.tasks(typefilter="vzdump", limit=1, since=0)
    _, node, pid, pstart, begun, kind, number, user, _ = task["upid"].split(":")
    assert (node, kind, number, user) == ("pve1", "vzdump", "", "root@pam")
    assert [int(one, 16) for one in (pid, pstart, begun)] == [task[k] for k in ("pid", "pstart", "starttime")]
    log = quiet.log(task["upid"], "pve1")
    assert log[0].startswith("INFO: starting new backup job: vzdump 110 131 201 --storage pbs")
    assert "INFO: Finished Backup of VM 110 (00:03:00)" in log
    assert log[-1] == "TASK OK"


def test_figures_are_those_of_the_exporter(quiet: Wire) -> None:
    live = quiet.homelab.live
    [target] = [one for one in live.world.targets if one.job == "pve"]
    at = np.array([live.now])
    levels = {
        (family.name, dict(point.labels)["id"]): float(point.level(at)[0])
        for family in target.families
        for point in family.points
        if "id" in dict(point.labels)
    }
    fields = {
        "pve_cpu_usage_ratio": "cpu",
        "pve_memory_usage_bytes": "mem",
        "pve_uptime_seconds": "uptime",
        "pve_disk_size_bytes": "maxdisk",
        "pve_network_receive_bytes_total": "netin",
        "pve_disk_written_bytes_total": "diskwrite",
    }
    compared = 0
    for row in quiet.get("cluster/resources"):
        for metric, field in fields.items():
            if field in row and (metric, row["id"]) in levels:
                assert levels[metric, row["id"]] == pytest.approx(row[field], rel=1e-12, abs=1), (metric, row)
                compared += 1
    assert compared > 80


def test_answers_carry_the_time_of_the_simulated_world(quiet: Wire) -> None:
    headers = quiet.ask("GET", "version").headers
    assert headers["date"] == "Sun, 15 Nov 2026 00:30:00 GMT"
    assert headers["server"] == "pve-api-daemon/3.0"
    assert not [name for name in headers if name.startswith("x-sim")]
    assert quiet.get("nodes/pve1/time")["time"] == 1794702600


def test_the_other_format_says_of_errors_that_all_is_well(quiet: Wire) -> None:
    good = quiet.ask("GET", "version", base="/api2/extjs/")
    assert (good.json["success"], good.json["data"]["release"]) == (1, "8.4")
    bad = quiet.ask("GET", "nodes/pve1/apt/update", base="/api2/extjs/")
    assert (bad.status, bad.json["success"], bad.json["status"]) == (200, 0, 403)


PATHS = (
    "version",
    "cluster/status",
    "cluster/resources",
    "cluster/tasks",
    "cluster/log",
    "cluster/options",
    "cluster/ha/status/current",
    "cluster/ha/resources",
    "cluster/replication",
    "cluster/backup",
    "nodes",
    "nodes/pve1/tasks?source=all&limit=0",
    "nodes/pve1/services",
    "nodes/pve1/apt/versions",
    "nodes/pve1/network",
    "nodes/pve1/dns",
    "nodes/pve1/certificates/info",
    "nodes/pve1/subscription",
    "nodes/pve2/replication",
    "nodes/pve1/rrddata?timeframe=day&cf=AVERAGE",
    "nodes/pve1/storage",
    "nodes/pve1/storage/pbs/status",
    "nodes/pve1/storage/local/rrddata?timeframe=week",
    "nodes/pve1/disks/list",
    "nodes/pve1/disks/smart?disk=/dev/nvme0n1",
    "nodes/pve1/disks/zfs",
    "nodes/pve2/qemu/111/snapshot",
    "nodes/pve2/qemu/111/pending",
    "nodes/pve3/lxc/202/rrddata?timeframe=hour",
    "nodes/localhost/version",
    "storage",
    "pools",
    "access/users?full=1",
    "access/roles",
    "access/permissions",
    "access/domains",
)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(quiet: Wire) -> None:
    first = [quiet.ask("GET", path) for path in PATHS]
    assert {answer.status for answer in first} == {200}
    with Homelab("healthy") as again, Homelab("healthy", seed=2) as other:
        assert [Wire(again).ask("GET", path) for path in PATHS] == first
        assert Wire(other).ask("GET", "cluster/resources").text != first[2].text


UNKNOWN = "is not defined in schema and the schema does not allow"
NOT_ONE_OF = "does not have a value in the enumeration"
FRAMES = "day, week, month, year"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        (
            "nodes/pve1/qemu/999/config",
            500,
            "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
        ),
        (
            "nodes/pve9/qemu",
            500,
            "hostname lookup 'pve9' failed - failed to get address info for: pve9: Name or service not known",
        ),
        ("nope", 501, "Method 'GET /nope' not implemented"),
        ("nodes/pve1/../../access/users", 501, "Method 'GET /nodes/pve1/../../access/users' not implemented"),
        (
            "nodes/pve1/%2e%2e/%2e%2e/access/users?full=1",
            501,
            "Method 'GET /nodes/pve1/../../access/users' not implemented",
        ),
        ("%0d%0aX-Evil:%201", 501, "Method 'GET /  X-Evil: 1' not implemented"),
        ("nodes/pve1/storage/nope/content", 500, "storage 'nope' does not exist"),
        ("nodes/pve1/apt/update", 403, "Permission check failed (/nodes/pve1, Sys.Modify)"),
        ("nodes/pve1/qemu/110/agent/get-fsinfo", 403, "Permission check failed (/vms/110, VM.Monitor)"),
    ],
)
def test_errors_stand_in_the_status_line(quiet: Wire, path: str, status: int, reason: str) -> None:
    answer = quiet.ask("GET", path)
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.json["data"] is None


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("nodes/pve1/qemu/abc/config", {"vmid": "type check ('integer') failed - got 'abc'"}),
        ("nodes/pve1/qemu/9/config", {"vmid": "value must have a minimum value of 100"}),
        ("nodes/pve1/tasks?limit=-1", {"limit": "value must have a minimum value of 0"}),
        (
            "nodes/pve1/tasks?colour=red",
            {"colour": f"property {UNKNOWN} additional properties"},
        ),
        (
            "nodes/pve1/rrddata?timeframe=minute",
            {"timeframe": f"value 'minute' {NOT_ONE_OF} 'hour, {FRAMES}'"},
        ),
        ("nodes/pve1/rrddata", {"timeframe": "property is missing and it is not optional"}),
        ("nodes/pve1/tasks/UPID:nonsense/status", {"upid": "unable to parse worker upid"}),
        (
            "nodes/pve1/tasks/UPID:pve1:00000001:00000001:ZZ:vzdump::root@pam:/log",
            {"upid": "no such task"},
        ),
    ],
)
def test_wrong_parameters_are_named_one_by_one(quiet: Wire, path: str, errors: dict[str, str]) -> None:
    answer = quiet.ask("GET", path)
    assert (answer.status, answer.reason) == (400, "Parameter verification failed.")
    assert answer.json["errors"] == errors


def test_names_may_be_anything_and_need_not_be_unique() -> None:
    base = {
        "kind": "qemu",
        "node": "pve1",
        "cpus": 1,
        "memory": "1GiB",
        "disk": "8GiB",
        "storage": "local-lvm",
    }
    hostile = 'x"; DROP/../../access/users?full=1#\r\nX-Evil: 1 \u202eäöü🙂'
    adds = {
        "guests": {
            "twin-one": base | {"vmid": 301, "title": "twin"},
            "twin-two": base | {"vmid": 302, "title": "twin"},
            "odd": base | {"vmid": 303, "title": hostile},
            "odd-box": base | {"vmid": 304, "kind": "lxc", "title": hostile},
        }
    }
    with Homelab(story(adds=adds), at="04:00") as homelab:
        wire = Wire(homelab, token=CHANGE)
        guests = named(wire.get("cluster/resources", type="vm"), "vmid")
        assert (guests[301]["name"], guests[302]["name"], guests[303]["name"]) == ("twin", "twin", hostile)
        assert wire.get("nodes/pve1/lxc/304/config")["hostname"] == hostile
        [task] = wire.tasks(typefilter="vzdump", limit=1)
        assert f"INFO: VM Name: {hostile}" in wire.log(task["upid"], "pve1")
        assert "x-evil" not in wire.ask("GET", "nodes/pve1/qemu/303/config").headers
        wire.post("nodes/pve1/qemu/302/status/stop")
        guests = named(wire.get("cluster/resources", type="vm"), "vmid")
        assert (guests[301]["status"], guests[302]["status"]) == ("running", "stopped")


def test_a_post_takes_forms_and_json_alike(house: Homelab) -> None:
    wire = Wire(house, token=CHANGE)
    connection = http.client.HTTPConnection("127.0.0.1", port(house), timeout=20)
    headers = {"Authorization": wire.authorization, "Content-Type": "application/json"}
    for body, status in (('{"snapname":"one","vmstate":false}', 200), ("{", 501), ("[]", 501)):
        connection.request("POST", "/api2/json/nodes/pve1/qemu/110/snapshot", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, body
    connection.close()
