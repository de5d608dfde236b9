from __future__ import annotations

from typing import Any

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.integrations.proxmox import connect
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.kit.secret import Secret
from tests.integrations.proxmox.answers import ALL, AUDITOR, EPOCH, MEMBERS, NOW, data, refused, running
from tests.kit.hostile import Behaviour, Seen, answering

TOKEN = Secret("sre@pve!read=11111111-2222-3333-4444-555555555555")


async def checkup(changed: dict[str, Behaviour] | None = None, **settings: Any) -> Checkup:
    async with running(changed, **settings) as pve:
        return await pve.integration.checkup()


def found(result: Checkup, level: str, check: str = "") -> list[Finding]:
    return [one for one in result.findings if one.level == level and check in {"", one.check}]


async def test_a_cluster_that_can_be_read_is_well() -> None:
    result = await checkup()
    assert (result.status, result.version) == ("ok", "Proxmox VE 9.1.2")
    assert found(result, "error") == []
    [away] = found(result, "warning")
    assert away.text == "node pve2 is offline: its guests, disks and tasks cannot be read"
    assert result.rights == ("/: " + ", ".join(sorted(ALL)),)
    texts = [one.text for one in found(result, "ok")]
    assert "token sre@pve!read of user sre@pve" in texts
    assert "cluster home is quorate" in texts
    assert "the clock of each node agrees (1 asked)" in texts


async def test_rights_that_are_missing_come_with_the_line_that_gives_them() -> None:
    without = {name: 1 for name in AUDITOR if name not in {"VM.Audit", "Sys.Audit"}}
    result = await checkup({"access/permissions": data({"/": without})})
    assert result.status == "limited"
    assert [one.fix for one in found(result, "error", "permission")] == [
        f"pveum acl modify {path} --users sre@pve --tokens 'sre@pve!read' --roles PVEAuditor"
        for path in ("/vms", "/nodes", "/")
    ]
    [backups] = [one for one in found(result, "warning") if "backups" in one.text]
    assert backups.fix.startswith("pveum role add SREBackups")


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        ({"/": AUDITOR}, "the user sre@pve has it, its token does not: privilege separation is on"),
        ({"/": {"Sys.Audit": 1}}, "neither the user sre@pve nor its token has it"),
        (None, "a token with privilege separation needs each right twice"),
    ],
)
async def test_the_trap_of_privilege_separation_is_named(theirs: object, says: str) -> None:
    mine = {"/": {"Sys.Audit": 1, "Datastore.Audit": 1}}

    async def permissions(seen: Seen, writer: Any) -> bool:
        other = refused(403, "no") if theirs is None else data(theirs)
        return await (other if "userid=sre%40pve" in seen.target else data(mine))(seen, writer)

    result = await checkup({"access/permissions": permissions})
    [guests] = found(result, "error", "permission")
    assert says in guests.text


@pytest.mark.parametrize(
    ("acl", "fix"),
    [
        (
            [
                {"path": "/", "ugid": "sre@pve!read", "roleid": "PVEAuditor", "type": "token"},
                {"path": "/vms", "ugid": "sre@pve!read", "roleid": "PVEVMAdmin", "type": "token"},
                {"path": "/", "ugid": "ann@pam", "roleid": "Administrator", "type": "user"},
            ],
            "pveum acl delete /vms --tokens 'sre@pve!read' --roles PVEVMAdmin",
        ),
        (
            [{"path": "/", "ugid": "sre@pve", "roleid": "Administrator", "type": "user"}],
            "pveum user token modify sre@pve read --privsep 1",
        ),
        ([], "pveum user token permissions sre@pve read"),
    ],
)
async def test_more_than_reading_is_warned_of_with_the_line_that_narrows_it(acl: object, fix: str) -> None:
    more = {"/": {**ALL, "VM.PowerMgmt": 1, "Sys.Modify": 1}}
    result = await checkup({"access/permissions": data(more), "access/acl": data(acl)})
    [broad] = [one for one in found(result, "warning", "permission") if "more than is needed" in one.text]
    assert broad.text.endswith("Sys.Modify, VM.PowerMgmt")
    assert broad.fix == fix


async def test_a_token_that_may_start_guests_is_no_surprise_where_changes_are_allowed() -> None:
    more = {"/": {**ALL, "VM.PowerMgmt": 1}}
    result = await checkup({"access/permissions": data(more)}, allow_changes=True)
    assert not [one for one in result.findings if "more than is needed" in one.text]
    assert "sre@pve!read may start and stop all guests" in [one.text for one in result.findings]


async def test_changes_that_are_allowed_but_not_possible_are_an_error() -> None:
    result = await checkup(allow_changes=True)
    [power] = found(result, "error", "permission")
    assert power.text.startswith("guests cannot be started or stopped: VM.PowerMgmt is missing on /vms")
    assert power.fix.startswith("pveum role add SREPower --privs VM.PowerMgmt; pveum acl modify /vms ")
    change = Secret("sre@pve!change=99999999-2222-3333-4444-555555555555")

    async def permissions(seen: Seen, writer: Any) -> bool:
        own = {"/": AUDITOR, "/vms/104": {"VM.PowerMgmt": 1}}
        changing = "!change" in seen.headers["authorization"]
        return await data(own if changing else {"/": ALL})(seen, writer)

    separate = await checkup({"access/permissions": permissions}, allow_changes=True, change_api_token=change)
    assert found(separate, "error") == []
    assert "sre@pve!change may start and stop /vms/104" in [one.text for one in separate.findings]


async def test_a_token_of_root_is_warned_of() -> None:
    result = await checkup(api_token=Secret("root@pam!x=11111111-2222-3333-4444-555555555555"))
    [root] = found(result, "warning", "authorised")
    assert "root@pam" in root.text
    assert "pveum user token add sre@pve read --privsep 1" in root.fix


async def test_a_lost_quorum_is_an_error() -> None:
    result = await checkup({"cluster/status": data([MEMBERS[0] | {"quorate": 0}])})
    [quorum] = found(result, "error")
    assert (quorum.check, quorum.fix) == ("setting", "pvecm status")


async def test_a_clock_that_is_wrong_is_named_with_its_node() -> None:
    result = await checkup({"nodes/pve1/time": data({"time": EPOCH + 120})})
    [clock] = found(result, "error", "clock")
    assert clock.text.startswith("pve1: its clock is 2 min ahead of ours")
    assert clock.fix == "ssh root@pve1 timedatectl set-ntp true"


async def test_a_node_of_the_settings_that_is_not_there_is_an_error() -> None:
    result = await checkup(node="pve9")
    [node] = found(result, "error", "setting")
    assert (node.text, node.fix) == (
        "PROXMOX_NODE is 'pve9'; the cluster has pve1, pve2",
        "PROXMOX_NODE=pve1",
    )


@pytest.mark.parametrize(
    ("version", "level"),
    [("7.3-3", "warning"), ("7.4-1", "ok"), ("9.1.2", "ok"), ("10.0", "warning"), ("x", "warning")],
)
async def test_the_version_is_judged(version: str, level: str) -> None:
    result = await checkup({"version": data({"version": version})})
    [judged] = [one for one in result.findings if one.check == "version"]
    assert judged.level == level


async def test_rights_that_cannot_be_asked_are_a_warning() -> None:
    result = await checkup({"access/permissions": refused(501, "not there")})
    assert any("could not be asked" in one.text for one in found(result, "warning", "permission"))
    assert result.rights == ()


async def test_a_wrong_token_is_told_in_the_words_of_the_status_line() -> None:
    result = await checkup({"version": answering("", 401)})
    [wrong] = found(result, "error")
    assert (result.status, wrong.check) == ("down", "authorised")
    assert wrong.fix == "PROXMOX_API_TOKEN_FILE=/path/to/api-token"


async def test_a_url_without_a_port_is_told_of_the_usual_one() -> None:
    config = Config(url="https://no-such-host.invalid", api_token=TOKEN)
    from random import Random

    from sre_assistant.kit.http import LiveWire

    clock = FixedClock(NOW)
    wire = LiveWire("pve", config, clock, Random(1))
    result = await connect(config, wire, clock).checkup()
    await wire.aclose()
    [unreachable] = found(result, "error")
    assert unreachable.fix == "PROXMOX_URL=https://no-such-host.invalid:8006"
    assert "Proxmox VE listens on port 8006" in unreachable.text


async def test_plain_http_is_sent_to_https() -> None:
    async with running({"version": answering("", 301)}) as pve:
        result = await pve.integration.checkup()
        [moved] = found(result, "error")
        assert moved.fix == f"PROXMOX_URL={pve.server.url.replace('http:', 'https:')}"


async def test_an_unchecked_certificate_is_warned_of_with_the_clusters_own_authority() -> None:
    config = Config(url="https://pve.lan:8006", api_token=TOKEN, verify_ssl=False)
    result = await connect(config, ReplayWire("proxmox", ()), FixedClock(NOW)).checkup()
    [tls] = found(result, "warning", "tls")
    assert tls.fix == (
        "scp root@pve.lan:/etc/pve/pve-root-ca.pem . && "
        "export PROXMOX_CA_CERT=$PWD/pve-root-ca.pem PROXMOX_VERIFY_SSL=true"
    )
