from __future__ import annotations

import pytest

from sre_assistant.contracts.sources import Actuator
from sre_assistant.domain.errors import CallError, Denied, Rejected, Unreachable
from sre_assistant.kit.secret import Secret
from tests.integrations.proxmox.answers import QMSTART, Running, refused, running
from tests.kit.hostile import answering, hang_up

CHANGE = Secret("sre@pve!change=99999999-2222-3333-4444-555555555555")
REBOOT = "nodes/pve1/qemu/104/status/reboot"


def actuator(pve: Running) -> Actuator:
    assert pve.integration.actuator
    return pve.integration.actuator


async def test_a_guest_is_rebooted_once_with_the_token_for_changes() -> None:
    async with running(allow_changes=True, change_api_token=CHANGE) as pve:
        reading = await actuator(pve).act("reboot", "pve1/qemu/104")
        [looked, done] = pve.server.seen
    assert (looked.method, done.method, done.path) == ("GET", "POST", f"/api2/json/{REBOOT}")
    assert looked.headers["authorization"].startswith("PVEAPIToken=sre@pve!read=")
    assert done.headers["authorization"] == f"PVEAPIToken={CHANGE.reveal()}"
    assert reading.value.task == QMSTART
    assert reading.value.target == "pve1/qemu/104"
    assert reading.provenance.query == f"POST /api2/json/{REBOOT}"


async def test_all_that_can_be_asked_for_is_said() -> None:
    async with running(allow_changes=True) as pve:
        assert [(one.name, one.undo) for one in actuator(pve).actions] == [
            ("start", "shutdown"),
            ("shutdown", "start"),
            ("reboot", ""),
            ("stop", "start"),
        ]


@pytest.mark.parametrize(
    ("action", "target", "says"),
    [
        ("destroy", "pve1/qemu/104", "action is 'destroy': give one of start, shutdown, reboot, stop"),
        ("../../../access", "pve1/qemu/104", "give one of"),
        ("reboot", "frigate", "'frigate' is no guest: give an id such as pve1/qemu/104"),
        ("reboot", "pve1/qemu/999", "There is no guest"),
        ("reboot", "pve1/lxc/104", "There is no guest"),
        ("reboot", "pve1/qemu/104/../105", "is no guest"),
    ],
)
async def test_nothing_else_is_asked_for(action: str, target: str, says: str) -> None:
    async with running(allow_changes=True) as pve:
        with pytest.raises(CallError) as caught:
            await actuator(pve).act(action, target)
        assert not [seen for seen in pve.server.seen if seen.method == "POST"]
    assert says in str(caught.value)


async def test_a_guest_that_moved_is_found_by_its_number() -> None:
    async with running(allow_changes=True) as pve:
        reading = await actuator(pve).act("reboot", "pve7/qemu/104")
    assert reading.value.target == "pve1/qemu/104"


async def test_a_refusal_is_told_apart_from_not_knowing() -> None:
    async with running(allow_changes=True) as pve:
        pve.answers({REBOOT: refused(500, "VM 104 not running")})
        with pytest.raises(Rejected, match="VM 104 not running"):
            await actuator(pve).act("reboot", "pve1/qemu/104")
        pve.answers({REBOOT: refused(403, "Permission check failed (/vms/104, VM.PowerMgmt)")})
        with pytest.raises(Denied, match=r"acl modify /vms/104 .*'sre@pve!read' --roles SREPower"):
            await actuator(pve).act("reboot", "pve1/qemu/104")
        for unknown in (hang_up, answering("", 596)):
            pve.answers({REBOOT: unknown})
            with pytest.raises(Unreachable):
                await actuator(pve).act("reboot", "pve1/qemu/104")
        assert sum(seen.method == "POST" for seen in pve.server.seen) == 4


async def test_the_tool_takes_a_name_and_does_not_claim_success() -> None:
    async with running(allow_changes=True) as pve:
        told = await pve.call("control_guest", guest="frigate", action="reboot")
        assert told.text.startswith("Asked for: reboot of pve1/qemu/104 frigate, task UPID:pve1:")
        assert "whether it worked is in proxmox_list_tasks" in told.text
        with pytest.raises(CallError, match="action is 'delete': give one of"):
            await pve.call("control_guest", guest="frigate", action="delete")
