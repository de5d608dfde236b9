from __future__ import annotations

from collections.abc import Iterator

import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox.access import CHANGE, USER
from tests.sim.proxmox_wire import Wire, advance, named, story


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


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("", "No ticket"),
        ("Bearer abc", "No ticket"),
        ("PVEAPIToken=sre@pve!read=00000000-0000-0000-0000-000000000000", "invalid token value!"),
        ("PVEAPIToken=sre@pve!read", "invalid token value!"),
        ("PVEAPIToken=sre@pve!x=00000000", "no such token 'x' for user 'sre@pve'"),
        ("PVEAPIToken=eve@pve!read=00000000", "no such user ('eve@pve')"),
    ],
)
def test_a_wrong_token_is_told_in_the_status_line_alone(quiet: Wire, authorization: str, reason: str) -> None:
    answer = quiet.ask("GET", "nodes", {"Authorization": authorization} if authorization else {})
    assert (answer.status, answer.reason, answer.text) == (401, reason, "")
    assert "content-type" not in answer.headers


def test_a_ticket_needs_its_second_half_to_change_something_and_gets_old(house: Homelab) -> None:
    wire = Wire(house)
    wrong = wire.ask("POST", "access/ticket", {}, form={"username": USER, "password": "no"})
    assert (wrong.status, wrong.reason) == (401, "authentication failure")
    assert wrong.json == {"message": "authentication failure\n", "data": None}
    login = {"username": "sre", "realm": "pve", "password": house.live.credentials["proxmox"]}
    given = wire.ask("POST", "access/ticket", {}, form=login)
    cookie = {"Cookie": f"PVEAuthCookie={given.data['ticket']}"}
    assert wire.ask("GET", "nodes", cookie).status == 200
    refused = wire.ask("POST", "nodes/pve1/qemu/110/status/stop", cookie)
    assert (refused.status, refused.reason) == (401, "Permission denied - invalid csrf token")
    token = {**cookie, "CSRFPreventionToken": given.data["CSRFPreventionToken"]}
    assert wire.ask("POST", "nodes/pve1/qemu/110/status/stop", token).status == 200
    again = wire.ask("POST", "access/ticket", {}, form={**login, "password": given.data["ticket"]})
    assert again.status == 200
    advance(house, hours=3)
    old = wire.ask("GET", "nodes", cookie)
    assert (old.status, old.reason) == (401, "permission denied - invalid PVE ticket")
    forged = wire.ask("GET", "nodes", {"Cookie": f"PVEAuthCookie={given.data['ticket'][:-8]}AAAAAAA="})
    assert forged.status == 401


def test_an_auditor_sees_no_backups_though_they_are_there(quiet: Wire) -> None:
    assert quiet.get("nodes/pve1/storage/pbs/content") == []
    rows = Wire(quiet.homelab, token=CHANGE).get("nodes/pve1/storage/pbs/content", content="backup", vmid=110)
    assert len(rows) == 14
    assert rows[-1]["volid"] == "pbs:backup/vm/110/2026-11-14T03:00:00Z"
    assert {row["notes"] for row in rows} == {"media"}


def test_without_the_right_to_see_guests_lists_are_empty_and_single_ones_are_refused() -> None:
    fault = {"fault": "deny", "at": "+0s", "system": "proxmox", "privilege": "VM.Audit"}
    with Homelab(story(fault)) as homelab:
        wire = Wire(homelab)
        assert wire.get("nodes/pve1/qemu") == []
        assert wire.get("nodes/pve1/lxc") == []
        assert wire.get("cluster/resources", type="vm") == []
        assert wire.get("cluster/replication") == []
        refused = wire.ask("GET", "nodes/pve1/qemu/110/config")
        assert (refused.status, refused.reason) == (403, "Permission check failed (/vms/110, VM.Audit)")
        assert refused.json == {"message": "Permission check failed (/vms/110, VM.Audit)\n", "data": None}
        permissions = wire.get("access/permissions")
        assert "VM.Audit" not in permissions["/vms"]
        assert permissions["/nodes"]["Sys.Audit"] == 1
        assert len(wire.get("nodes")) == 3


def test_a_right_can_be_missing_for_one_guest_one_node_or_one_storage() -> None:
    taken = (("VM.Audit", "/vms/110"), ("Sys.Audit", "/nodes/pve2"), ("Datastore.Audit", "/storage/pbs"))
    faults = [
        {"fault": "deny", "at": "+0s", "system": "proxmox", "privilege": one, "path": path}
        for one, path in taken
    ]
    with Homelab(story(*faults)) as homelab:
        wire = Wire(homelab)
        assert 110 not in named(wire.get("nodes/pve1/qemu"), "vmid")
        assert 131 in named(wire.get("nodes/pve1/qemu"), "vmid")
        nodes = named(wire.get("nodes"), "node")
        assert set(nodes["pve2"]) == {"id", "node", "type", "status", "level", "ssl_fingerprint"}
        assert nodes["pve1"]["mem"] > 0
        assert wire.ask("GET", "nodes/pve2/status").status == 403
        assert wire.tasks("pve2", since=0) == []
        assert wire.tasks("pve1", since=0) != []
        assert "pbs" not in named(wire.get("nodes/pve1/storage"), "storage")
        refused = wire.ask("GET", "nodes/pve1/storage/pbs/content")
        assert (
            refused.reason
            == "Permission check failed (/storage/pbs, Datastore.Audit|Datastore.AllocateSpace)"
        )
        assert "VM.Audit" not in wire.get("access/permissions", path="/vms/110")["/vms/110"]


def test_the_settings_of_the_homelab_open_both_systems(quiet: Wire) -> None:
    told = quiet.homelab.environment()
    assert told["PROXMOX_URL"] == quiet.homelab.doors["proxmox"].url
    assert told["PBS_URL"] == quiet.homelab.doors["pbs"].url
    header = {"Authorization": f"PVEAPIToken={told['PROXMOX_API_TOKEN']}"}
    assert quiet.ask("GET", f"nodes/{told['PROXMOX_NODE']}/status", header).status == 200
    store = {"Authorization": f"PBSAPIToken={told['PBS_API_TOKEN']}"}
    path = f"admin/datastore/{told['PBS_DEFAULT_DATASTORE']}/status"
    assert Wire(quiet.homelab, "pbs").ask("GET", path, store).status == 200


def test_even_the_token_for_changes_can_lack_a_right() -> None:
    fault = {"fault": "deny", "at": "+0s", "system": "proxmox", "privilege": "VM.PowerMgmt", "path": "/vms"}
    with Homelab(story(fault)) as homelab:
        wire = Wire(homelab, token=CHANGE)
        refused = wire.ask("POST", "nodes/pve1/qemu/110/status/reboot")
        assert (refused.status, refused.reason) == (403, "Permission check failed (/vms/110, VM.PowerMgmt)")
        assert wire.ask("POST", "nodes/pve1/qemu/110/snapshot", form={"snapname": "one"}).status == 200


@pytest.mark.parametrize("privilege", ["Datastore.AllocateSpace", "VM.Backup"])
def test_backups_are_listed_for_who_may_both_make_and_place_them(privilege: str) -> None:
    fault = {"fault": "deny", "at": "+0s", "system": "proxmox", "privilege": privilege}
    with Homelab(story(fault)) as homelab:
        assert Wire(homelab, token=CHANGE).get("nodes/pve1/storage/pbs/content") == []


def test_who_audits_access_is_told_of_the_rights_of_others(quiet: Wire) -> None:
    own = quiet.get("access/permissions")
    theirs = quiet.get("access/permissions", userid=USER)
    assert "VM.PowerMgmt" in theirs["/vms"]
    assert "VM.PowerMgmt" not in own["/vms"]
    assert quiet.get("access/permissions", userid=f"{USER}!read") == own
    roles = {(row["ugid"], row["roleid"]) for row in quiet.get("access/acl")}
    assert (f"{USER}!change", "SREOperator") in roles
    assert {row["roleid"] for row in quiet.get("access/roles")} >= {role for _, role in roles}
    unknown = quiet.ask("GET", "access/permissions", form={"userid": "eve@pve"})
    assert (unknown.status, unknown.reason) == (500, "no such user ('eve@pve')")


def test_who_may_not_audit_access_is_told_of_nobody() -> None:
    fault = {"fault": "deny", "at": "+0s", "system": "proxmox", "privilege": "Sys.Audit", "path": "/access"}
    with Homelab(story(fault)) as homelab:
        wire = Wire(homelab)
        assert wire.get("access/acl") == []
        assert wire.ask("GET", "access/permissions", form={"userid": USER}).status == 403
        assert wire.get("access/permissions")["/nodes"]["Sys.Audit"] == 1
