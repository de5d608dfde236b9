from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.contracts.sources import BackupSource
from sre_assistant.domain.errors import Denied
from sre_assistant.domain.reading import Completeness
from tests.integrations.proxmox.answers import (
    AUDITOR,
    EPOCH,
    NOW,
    RESOURCES,
    SAVED,
    STORAGES,
    TASKS,
    Running,
    data,
    refused,
    running,
)
from tests.kit.hostile import Behaviour, answering

LOG_PATH = "nodes/pve1/tasks/UPID%3Apve1%3A0020C066%3A042DF204%3A69A39FB0%3Avzdump%3A%3Aroot%40pam%3A/log"
BLIND = data({"/": AUDITOR})


def source(pve: Running) -> BackupSource:
    assert pve.integration.backups
    return pve.integration.backups


def command(text: str) -> dict[str, Behaviour]:
    return {LOG_PATH: data([{"n": 1, "t": f"INFO: starting new backup job: vzdump {text}"}])}


async def test_the_backups_of_a_guest_are_one_entry_for_each_store() -> None:
    async with running() as pve:
        reading = await source(pve).backups()
    [one] = reading.value
    assert (one.subject, one.name, one.store, one.count) == ("vm/104", "frigate", "pbs", 2)
    assert one.newest == NOW - timedelta(seconds=87245)
    assert one.oldest == NOW - timedelta(seconds=173645)
    assert (one.size, one.verified) == (34359739320, "ok")
    assert reading.detail == "offline and not asked: pve2"


@pytest.mark.parametrize(
    ("row", "verified"),
    [
        ({"verification": {"state": "failed"}}, "failed"),
        ({"verification": None, "format": "pbs-vm"}, "none"),
        ({"verification": None, "format": "vma.zst"}, "unknown"),
    ],
)
async def test_a_backup_is_as_sure_as_its_place_says(row: dict[str, object], verified: str) -> None:
    async with running({"nodes/pve1/storage/pbs/content": data([SAVED[0] | row])}) as pve:
        [one] = (await source(pve).backups()).value
    assert one.verified == verified


async def test_a_file_says_by_its_name_what_it_is_of() -> None:
    row = {"volid": "local:backup/vzdump-lxc-201-2026_02_28.tar.zst", "ctime": EPOCH - 60, "vmid": 201}
    async with running({"nodes/pve1/storage/pbs/content": data([row])}) as pve:
        [one] = (await source(pve).backups()).value
    assert (one.subject, one.name) == ("ct/201", "pihole")


async def test_no_backups_without_the_right_to_list_them_are_denied_with_the_line_that_helps() -> None:
    async with running({"nodes/pve1/storage/pbs/content": data([]), "access/permissions": BLIND}) as pve:
        reading = await source(pve).backups()
    assert reading.completeness is Completeness.DENIED
    assert "Datastore.AllocateSpace is missing on /storage and VM.Backup on /vms" in reading.detail
    assert "pveum role add SREBackups --privs 'Datastore.AllocateSpace VM.Backup'" in reading.detail


async def test_a_storage_that_nobody_can_use_is_named() -> None:
    dead = STORAGES[1] | {"status": "unknown"}
    async with running({"cluster/resources": data([*RESOURCES[:5], dead])}) as pve:
        reading = await source(pve).backups()
        stores = await source(pve).backup_stores()
    assert reading.completeness is Completeness.PARTIAL
    assert "storage pbs is not available, its backups are not known" in reading.detail
    [store] = stores.value
    assert (store.name, store.state, store.total) == ("pbs", "unknown", None)
    assert store.detail == "not available on pve1"


async def test_a_shared_storage_is_asked_once() -> None:
    pve3 = {"type": "node", "node": "pve3", "status": "online"}
    places = [STORAGES[1], STORAGES[1] | {"node": "pve3"}]
    async with running({"cluster/resources": data([*RESOURCES[:1], pve3, *places])}) as pve:
        await source(pve).backups()
        assert sum("/content" in path for path in pve.asked) == 1


async def test_a_store_has_its_room() -> None:
    async with running() as pve:
        [store] = (await source(pve).backup_stores()).value
    assert (store.name, store.total, store.used, store.state) == ("pbs", 1000, 600, "available")


async def test_no_stores_without_the_right_to_see_them_are_denied() -> None:
    without = {name: 1 for name in AUDITOR if name != "Datastore.Audit"}
    changed = {"cluster/resources": data(RESOURCES[:5]), "access/permissions": data({"/": without})}
    async with running(changed) as pve:
        reading = await source(pve).backup_stores()
    assert reading.completeness is Completeness.DENIED
    assert "Datastore.Audit is missing on /storage" in reading.detail


async def test_a_job_tells_what_it_saves_and_how_it_last_went() -> None:
    async with running() as pve:
        backup, *_ = (await source(pve).backup_jobs()).value
    assert (backup.id, backup.kind, backup.store) == ("backup-4d3f2a11-7e5b", "backup", "pbs")
    assert (backup.subjects, backup.excluded) == ((), ("vm/102",))
    assert (backup.schedule, backup.enabled) == ("02:00", True)
    assert backup.last_run == NOW - timedelta(seconds=900)
    assert (backup.last_outcome, backup.detail) == ("failed", "nightly; pve1: job errors")
    assert backup.next_run == NOW + timedelta(seconds=80000)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("--all 1 --storage pbs", True),
        ("104 201 --storage pbs --mode snapshot", True),
        ("104 201 --storage other", False),
        ("104 --storage pbs", False),
        ("102 104 --storage pbs", False),
        ("104 --storage other --job-id backup-4d3f2a11-7e5b", True),
        ("--all 1 --storage pbs --job-id backup-other", False),
    ],
)
async def test_a_task_belongs_to_the_job_whose_work_it_did(said: str, found: bool) -> None:
    async with running(command(said)) as pve:
        backup, *_ = (await source(pve).backup_jobs()).value
    assert (backup.last_run is not None) == found
    assert backup.last_outcome == ("failed" if found else "unknown")


async def test_a_job_for_some_guests_knows_its_own_tasks() -> None:
    jobs = [{"id": "one", "vmid": "104", "storage": "pbs"}, {"id": "two", "vmid": "201", "storage": "pbs"}]
    async with running(command("104 --storage pbs") | {"cluster/backup": data(jobs)}) as pve:
        one, two, *_ = (await source(pve).backup_jobs()).value
    assert (one.subjects, one.last_outcome) == (("vm/104",), "failed")
    assert (two.subjects, two.last_outcome, two.last_run) == (("ct/201",), "unknown", None)


async def test_a_run_is_as_bad_as_its_worst_node() -> None:
    well = TASKS[0] | {"upid": "UPID:pve3:1", "node": "pve3", "status": "OK", "starttime": EPOCH - 905}
    old = TASKS[0] | {"upid": "UPID:pve3:2", "node": "pve3", "status": "gone", "starttime": EPOCH - 90000}
    nodes = [RESOURCES[0], {"type": "node", "node": "pve3", "status": "online"}]
    lines = data([{"t": "INFO: starting new backup job: vzdump --all 1 --storage pbs"}])
    changed = {
        "cluster/resources": data(nodes),
        "nodes/pve3/tasks": data([well, old]),
        "nodes/pve3/tasks/UPID%3Apve3%3A1/log": lines,
        "nodes/pve3/tasks/UPID%3Apve3%3A2/log": lines,
    }
    async with running(changed) as pve:
        backup, *_ = (await source(pve).backup_jobs()).value
    assert (backup.last_outcome, backup.detail) == ("failed", "nightly; pve1: job errors")
    assert backup.last_run == NOW - timedelta(seconds=905)


async def test_a_task_that_does_not_say_its_work_is_counted() -> None:
    async with running({LOG_PATH: data([{"t": "no content"}])}) as pve:
        reading = await source(pve).backup_jobs()
    assert "1 of the newest 1 backup tasks do not say which job they were" in reading.detail
    assert reading.value[0].last_outcome == "unknown"


async def test_replication_is_told_with_its_failures_and_of_nodes_that_are_away() -> None:
    async with running() as pve:
        _, away, failing = (await source(pve).backup_jobs()).value
    assert (failing.id, failing.kind, failing.subjects) == ("104-0", "replication", ("vm/104",))
    assert (failing.last_outcome, failing.store) == ("failed", "pve2")
    assert failing.detail.startswith("from pve1; 3 failed in a row: command 'ssh")
    assert failing.detail.endswith("last in step 2026-03-01 00:14:05Z")
    assert (away.id, away.last_outcome) == ("102-0", "unknown")
    assert away.detail == "from pve2; how it went is not known"


async def test_jobs_that_may_not_be_read_are_denied() -> None:
    async with running({"cluster/backup": refused(403, "Permission check failed (/, Sys.Audit)")}) as pve:
        with pytest.raises(Denied, match=r"Sys\.Audit"):
            await source(pve).backup_jobs()


async def test_the_tool_tells_guests_without_a_backup_first() -> None:
    async with running() as pve:
        told = await pve.call("list_backups")
    lines = told.text.splitlines()
    assert lines[0] == "3 guests: 2 without a backup, 1 that no job saves. 1 backup job."
    assert lines[1].startswith(
        "- backup backup-4d3f2a11-7e5b of everything but vm/102 to pbs: at 02:00; last 2026"
    )
    assert lines[2] == "- vm/102 on-dead-node: NO BACKUP; NO JOB SAVES IT"
    assert lines[3] == "- ct/201 pihole: NO BACKUP; job backup-4d3f2a11-7e5b"
    assert lines[4].startswith(
        "- vm/104 frigate: newest 2026-02-28 02:00:00Z (1 d ago); 2 kept on pbs; 32.0 GiB"
    )
    assert "1 protected; verified ok; job backup-4d3f2a11-7e5b" in lines[4]
    assert told.completeness is Completeness.PARTIAL
    assert told.text.count("offline and not asked") == 1


async def test_the_tool_does_not_call_unsaved_what_it_may_not_see() -> None:
    async with running({"nodes/pve1/storage/pbs/content": data([]), "access/permissions": BLIND}) as pve:
        told = await pve.call("list_backups")
    assert "3 guests: backups cannot be listed, 1 that no job saves." in told.text
    assert "- ct/201 pihole: its backups cannot be listed; job" in told.text
    assert "NO BACKUP" not in told.text
    assert told.completeness is Completeness.PARTIAL


async def test_the_tool_can_be_asked_of_one_guest() -> None:
    async with running() as pve:
        told = await pve.call("list_backups", guest="frigate")
    assert "vm/104 frigate" in told.text
    assert "pihole" not in told.text


async def test_backups_of_guests_that_are_gone_are_still_told() -> None:
    rows = [*SAVED, SAVED[0] | {"vmid": 777, "notes": "old-nas", "volid": "pbs:backup/vm/777/x"}]
    async with running({"nodes/pve1/storage/pbs/content": data(rows)}) as pve:
        told = await pve.call("list_backups")
    assert told.text.splitlines()[-2].startswith("- vm/777 old-nas: newest")
    assert "the guest is gone or cannot be seen" in told.text


async def test_what_fails_beside_the_backups_is_told() -> None:
    changed = {"cluster/backup": answering("", 596), "cluster/backup-info/not-backed-up": refused(403, "no")}
    async with running(changed) as pve:
        told = await pve.call("list_backups")
    assert told.completeness is Completeness.PARTIAL
    assert "backup jobs: HTTP 596: Whatever" in told.text
    assert "guests without a backup job: HTTP 403" in told.text
    assert "NO JOB" not in told.text
