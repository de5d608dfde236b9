from __future__ import annotations

import pytest

from sre_assistant.integrations.proxmox.rights import CLUSTER, GUESTS, LOG, NODES, POWER, STORAGES, Rights

AUDITOR = {"VM.Audit": True, "Sys.Audit": True, "Datastore.Audit": True}


def rights(**paths: dict[str, bool]) -> Rights:
    """Paths are written with double underscores for slashes; ``root`` is the root."""
    named = {"/" if path == "root" else f"/{path.replace('__', '/')}": some for path, some in paths.items()}
    return Rights(who="sre@pve!read", paths=named)


def test_an_auditor_of_everything_lacks_nothing() -> None:
    held = rights(root=AUDITOR)
    assert [held.lack(need) for need in (GUESTS, NODES, STORAGES, CLUSTER)] == ["", "", "", ""]


def test_what_is_missing_is_named_with_the_line_that_gives_it() -> None:
    assert rights(root={"Sys.Audit": True}).lack(GUESTS) == (
        "guests cannot be seen: VM.Audit is missing on /vms; grant it with: "
        "pveum acl modify /vms --users sre@pve --tokens 'sre@pve!read' --roles PVEAuditor"
    )


def test_a_right_on_some_paths_shows_only_those() -> None:
    held = rights(root={"Sys.Audit": True}, vms__104={"VM.Audit": True}, pool__lab={"VM.Audit": True})
    assert held.lack(GUESTS).startswith(
        "only /pool/lab, /vms/104 can be seen of the guests: VM.Audit is missing"
    )
    assert held.has("/vms/104", "VM.Audit")
    assert not held.has("/vms/105", "VM.Audit")


def test_a_hole_is_named() -> None:
    held = rights(root=AUDITOR, vms=AUDITOR, vms__110={"Sys.Audit": True})
    assert held.lack(GUESTS).startswith("guests are not seen at /vms/110: VM.Audit is missing there;")
    assert "pveum acl modify /vms/110 " in held.lack(GUESTS)


def test_a_right_that_does_not_pass_on_ends_where_it_is() -> None:
    held = rights(vms={"VM.Audit": False}, root={})
    assert held.has("/vms", "VM.Audit")
    assert not held.has("/vms/104", "VM.Audit")
    assert held.lack(GUESTS)


def test_the_cluster_is_about_the_root_alone() -> None:
    assert rights(root=AUDITOR, nodes__pve2={"VM.Audit": True}).lack(CLUSTER) == ""
    missing = rights(nodes={"Sys.Audit": True}).lack(CLUSTER)
    assert missing.startswith("quorum, HA and backup jobs cannot be seen: Sys.Audit is missing on /;")


def test_rights_that_no_built_in_role_gives_alone_come_with_a_role_of_their_own() -> None:
    line = rights(root={}).lack(LOG)
    assert "pveum role add SRELog --privs Sys.Syslog; pveum acl modify / " in line


def test_backups_need_a_right_on_the_storage_and_one_on_the_guests() -> None:
    [both] = rights(root=AUDITOR).lack_backups()
    assert "Datastore.AllocateSpace is missing on /storage and VM.Backup on /vms" in both
    assert both.count("pveum acl modify") == 1
    [one] = rights(root={"Datastore.AllocateSpace": True}).lack_backups()
    assert "VM.Backup is missing on /vms" in one
    assert rights(root={"Datastore.AllocateSpace": True, "VM.Backup": True}).lack_backups() == ()
    assert rights(root={}, storage={"Datastore.Allocate": True}).lack_backups() == ()


@pytest.mark.parametrize(
    ("power", "more"), [(False, ("VM.Allocate", "VM.PowerMgmt")), (True, ("VM.Allocate",))]
)
def test_more_than_reading_is_noticed(power: bool, more: tuple[str, ...]) -> None:
    held = rights(root={**AUDITOR, "Sys.Syslog": True}, vms={"VM.PowerMgmt": True, "VM.Allocate": True})
    assert held.broader(power=power) == more


def test_power_may_be_given_for_some_guests() -> None:
    held = rights(root=AUDITOR, vms__104={"VM.PowerMgmt": True})
    assert not held.full(POWER)
    assert held.places(POWER) == ("/vms/104",)


def test_rights_are_told_once_where_paths_repeat_them() -> None:
    held = rights(root=AUDITOR, vms=AUDITOR, vms__104={"VM.Audit": True})
    assert held.told() == ("/: Datastore.Audit, Sys.Audit, VM.Audit", "/vms/104: VM.Audit")
