from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.domain.errors import Unreachable
from sre_assistant.domain.inventory import Change
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from tests.integrations.proxmox.answers import (
    ALL,
    AUDITOR,
    EPOCH,
    FULL,
    LOG,
    NODES,
    NOW,
    QMSTART,
    TASKS,
    VZDUMP,
    Running,
    data,
    refused,
    running,
)
from tests.kit.hostile import Behaviour, answering

HOUR = Window.before(NOW, timedelta(hours=1))


async def changes(pve: Running, window: Window = HOUR) -> Reading[tuple[Change, ...]]:
    assert pve.integration.changes
    return await pve.integration.changes.changes(window)


def task(kind: str, number: str = "104", began: int = 100, **more: object) -> dict[str, object]:
    upid = f"UPID:pve1:0020C066:042DF204:69A39FB0:{kind}:{number}:root@pam:{began}"
    row = {"upid": upid, "node": "pve1", "starttime": EPOCH - began, "endtime": EPOCH - began + 5}
    return row | {"type": kind, "id": number, "user": "root@pam", "status": "OK"} | more


async def test_tasks_and_changed_configurations_come_oldest_first() -> None:
    async with running() as pve:
        backup, config, start = (await changes(pve)).value
    assert (backup.kind, backup.subject_kind, backup.subject) == ("backup", "host", "pve1")
    assert (backup.outcome, backup.text, backup.id) == ("failed", "vzdump: job errors", VZDUMP)
    assert backup.until == NOW - timedelta(seconds=500)
    assert (config.kind, config.subject, config.actor) == ("config", "pve1/qemu/104", "ann@pam")
    assert (start.kind, start.subject, start.outcome) == ("lifecycle", "pve1/qemu/104", "running")
    assert (start.actor, start.until, start.id) == ("sre@pve!change", None, QMSTART)


async def test_a_changed_configuration_names_its_keys_and_hides_what_may_be_secret() -> None:
    async with running() as pve:
        (_, config, _) = (await changes(pve)).value
    assert config.text == "configuration of 104: memory = 8192, sshkeys, delete balloon"


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("qmstop", "lifecycle"),
        ("vzreboot", "lifecycle"),
        ("qmigrate", "lifecycle"),
        ("vzmigrate", "lifecycle"),
        ("hamigrate", "lifecycle"),
        ("startall", "lifecycle"),
        ("qmrestore", "lifecycle"),
        ("resize", "config"),
        ("qmconfig", "config"),
        ("move_volume", "config"),
        ("vzdump", "backup"),
        ("aptupdate", "task"),
        ("vncproxy", "task"),
    ],
)
async def test_each_type_of_task_is_some_kind_of_change(kind: str, means: str) -> None:
    async with running({"nodes/pve1/tasks": data([task(kind)]), "cluster/log": data([])}) as pve:
        [change] = (await changes(pve)).value
    assert change.kind == means


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("OK", "ok"),
        ("WARNINGS: 2", "ok"),
        ("job errors", "failed"),
        ("unexpected status", "unknown"),
        ("", "unknown"),
    ],
)
async def test_only_errors_are_failures(status: str, outcome: str) -> None:
    rows = [task("qmstart", status=status)]
    async with running({"nodes/pve1/tasks": data(rows), "cluster/log": data([])}) as pve:
        [change] = (await changes(pve)).value
    assert change.outcome == outcome


async def test_what_began_before_the_window_but_ran_in_it_is_there() -> None:
    rows = [
        task("vzdump", began=7200, endtime=EPOCH - 3500),
        task("qmstart", began=7200, endtime=EPOCH - 7100),
    ]
    async with running({"nodes/pve1/tasks": data(rows), "cluster/log": data([])}) as pve:
        reading = await changes(pve)
        [asked] = [path for path in pve.asked if path.startswith("/nodes/pve1/tasks")]
    assert [one.kind for one in reading.value] == ["backup"]
    assert f"since={EPOCH - 3600 - 86400}" in asked
    assert f"until={EPOCH + 1}" in asked
    assert "source=all" in asked


async def test_a_guest_that_is_gone_is_named_as_its_task_had_it() -> None:
    rows = [task("qmdestroy", "999"), task("vzdestroy", "998", 99)]
    async with running({"nodes/pve1/tasks": data(rows), "cluster/log": data([])}) as pve:
        reading = await changes(pve)
    assert [one.subject for one in reading.value] == ["pve1/qemu/999", "pve1/lxc/998"]


async def test_of_a_node_that_is_away_the_others_tell_what_they_know() -> None:
    gone = task("qmstart", "102") | {"node": "pve2", "upid": "UPID:pve2:x"}
    async with running({"cluster/tasks": data([gone, *TASKS])}) as pve:
        reading = await changes(pve)
    assert "pve2/qemu/102" in [one.subject for one in reading.value]
    assert len(reading.value) == 4
    assert reading.completeness is Completeness.PARTIAL
    assert "offline and not asked: pve2" in reading.detail


async def test_a_node_that_fails_is_named_and_the_rest_is_kept() -> None:
    nodes = [NODES[0], {"type": "node", "node": "pve3", "status": "unknown"}]
    async with running({"cluster/resources": data(nodes), "nodes/pve3/tasks": answering("", 595)}) as pve:
        reading = await changes(pve)
    assert len(reading.value) == 3
    assert "tasks of pve3: HTTP 595: Whatever" in reading.detail


async def test_when_every_node_fails_there_is_no_answer() -> None:
    async with running({"nodes/pve1/tasks": answering("", 596)}) as pve:
        with pytest.raises(Unreachable, match="HTTP 596"):
            await changes(pve)


async def test_no_tasks_without_the_right_to_see_them_are_denied() -> None:
    without = {name: 1 for name in AUDITOR if name != "Sys.Audit"}
    changed: dict[str, Behaviour] = {
        "cluster/resources": data(NODES[:1]),
        "nodes/pve1/tasks": data([]),
        "cluster/log": data([]),
        "access/permissions": data({"/": without}),
    }
    async with running(changed) as pve:
        reading = await changes(pve)
        tasks = await pve.call("list_tasks")
    assert reading.completeness is Completeness.DENIED
    assert "Sys.Audit is missing on /nodes" in reading.detail
    assert "Sys.Syslog is missing on /; grant it with: pveum role add SRELog" in reading.detail
    assert tasks.completeness is Completeness.DENIED
    assert tasks.text.startswith("No task.\nNote: nodes, their disks and other users' tasks cannot be seen")


async def test_an_empty_window_of_a_token_that_sees_all_is_empty() -> None:
    changed = {"cluster/resources": data(NODES[:1]), "nodes/pve1/tasks": data([]), "cluster/log": data([])}
    async with running(changed | {"access/permissions": data({"/": ALL})}) as pve:
        assert (await changes(pve)).completeness is Completeness.EMPTY


async def test_more_tasks_than_are_asked_for_are_said() -> None:
    rows = [task("qmstart", str(number), 100 + number) for number in range(500)]
    async with running({"nodes/pve1/tasks": data(rows, total=812), "cluster/log": data([])}) as pve:
        reading = await changes(pve)
    assert len(reading.value) == 500
    assert "more than 500 tasks of pve1, the newest are shown" in reading.detail


async def test_a_log_that_begins_too_late_is_said() -> None:
    lines = [LOG[0] | {"msg": "end task UPID", "time": EPOCH - number} for number in range(500)]
    async with running({"cluster/log": data(lines)}) as pve:
        reading = await changes(pve)
    assert "the cluster's log reaches back to 2026-03-01 02:05:46Z only" in reading.detail


async def test_the_list_of_tasks_has_dates_and_names_the_guest() -> None:
    async with running() as pve:
        told = await pve.call("list_tasks")
    assert told.text.splitlines()[:3] == [
        "The newest 2 tasks of all nodes",
        "- [running] 2026-03-01 02:13:05Z qmstart pve1/qemu/104 on pve1 by sre@pve!change",
        "- [FAILED] 2026-03-01 01:59:05Z vzdump on pve1 by root@pam, 6 min 40 s: job errors",
    ]


async def test_only_errors_can_be_asked_for() -> None:
    rows = [*TASKS, task("qmstart", status="WARNINGS: 1")]
    async with running({"nodes/pve1/tasks": data(rows)}) as pve:
        told = await pve.call("list_tasks", limit=5, errors_only=True)
        [asked] = [path for path in pve.asked if path.startswith("/nodes/pve1/tasks")]
    assert "errors=1" in asked
    assert "limit=5" in asked
    assert "vzdump" in told.text
    assert "qmstart" not in told.text


async def test_a_refused_log_does_not_cost_the_tasks() -> None:
    async with running({"cluster/log": refused(403, "no")}) as pve:
        reading = await changes(pve)
    assert len(reading.value) == 2
    assert "who changed which configuration: HTTP 403" in reading.detail
    assert len(FULL) > 20
