from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sre_assistant.domain.errors import Denied, Malformed
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from tests.integrations.truenas.answers import (
    ALERTS,
    AUDITED,
    CLOUD_SYNCS,
    DATASETS,
    DISKS,
    JOBS,
    NOW,
    POOL,
    SNAPSHOT_TASKS,
    SNAPSHOTS,
    date,
)
from tests.integrations.truenas.systems import answers, but, nas, old_nas, refused
from tests.kit.hostile_socket import failing

HOUR = Window.before(NOW, timedelta(hours=1))
NOT_ALLOWED = refused(13, "[EACCES] Not authorized")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


async def inventoried(**changed: Any) -> dict[str, Resource]:
    async with nas(answers(**changed)) as (system, _):
        reading = await system.inventory.inventory()
    assert len({(one.kind, one.id) for one in reading.value}) == len(reading.value)
    return {f"{one.kind} {one.id}": one for one in reading.value}


# Inventory


async def test_everything_is_there_under_its_own_name() -> None:
    assert list(await inventoried()) == [
        "host nas",
        "pool tank",
        "pool boot-pool",
        "dataset tank",
        "dataset tank/family/photos",
        "disk sda",
        "disk sdb",
        "share nfs:/mnt/tank/family #1",
        "share nfs:/mnt/tank/family #2",
        "share smb:family",
        "app app/immich",
    ]


async def test_the_machine_carries_what_joins_it_with_others() -> None:
    host = (await inventoried())["host nas"]
    assert host.addresses == ("192.0.2.5",)
    assert host.macs == ("02:00:5e:00:53:01",)
    assert host.since == ago(14_672)
    assert host.labels == {"version": "25.04.2.1", "product": "TrueNAS", "model": "X11SCL-F", "serial": "SN1"}
    assert host.figures["memory_bytes"] == 67_331_653_632
    assert (host.health, host.detail) == (
        "failed",
        "Pool tank state is DEGRADED: Disk ST8000 ZFL1 is UNAVAIL",
    )


@pytest.mark.parametrize(
    ("alerts", "health"),
    [
        ([], "ok"),
        ([ALERTS[1] | {"dismissed": False}], "ok"),
        ([ALERTS[0] | {"level": "WARNING"}], "warning"),
        ([ALERTS[0] | {"level": "ERROR"}, ALERTS[0] | {"level": "EMERGENCY"}], "failed"),
        ([ALERTS[0] | {"dismissed": True}], "ok"),
    ],
)
async def test_the_machine_is_as_well_as_its_alerts_say(alerts: list[Any], health: str) -> None:
    assert (await inventoried(alert__list=alerts))["host nas"].health == health


async def test_without_its_alerts_nobody_knows_how_the_machine_is() -> None:
    async with nas(but("alert.list", NOT_ALLOWED)) as (system, _):
        reading = await system.inventory.inventory()
    assert reading.value[0].health == "unknown"
    assert "alerts: [EACCES] Not authorized; alert.list needs the role ALERT_LIST_READ" in reading.detail


async def test_a_pool_carries_room_and_errors() -> None:
    pool = (await inventoried())["pool tank"]
    assert (pool.state, pool.health, pool.host) == ("DEGRADED", "warning", "nas")
    assert pool.figures == {
        "size_bytes": 8e12,
        "used_bytes": 7.28e12,
        "available_bytes": 7.2e11,
        "fragmentation_ratio": 0.31,
        "device_errors": 15,
    }


@pytest.mark.parametrize(
    ("changed", "health"),
    [
        ({"status": "ONLINE", "healthy": True, "warning": False}, "ok"),
        ({"status": "ONLINE", "healthy": True, "warning": True}, "warning"),
        ({"status": "ONLINE", "healthy": False, "warning": False}, "warning"),
        ({"status": "SUSPENDED"}, "failed"),
        ({"status": "FAULTED"}, "failed"),
        ({"status": "SOMETHING NEW"}, "warning"),
    ],
)
async def test_a_pool_is_as_well_as_it_says(changed: dict[str, Any], health: str) -> None:
    assert (await inventoried(pool__query=[POOL | changed]))["pool tank"].health == health


async def test_a_dataset_carries_its_room_and_limits_that_exist() -> None:
    found = await inventoried()
    photos = found["dataset tank/family/photos"]
    assert (photos.name, photos.within, photos.host) == ("photos", "tank", "nas")
    assert photos.figures == {
        "used_bytes": 2_040_109_465_600,
        "available_bytes": 343_597_383_680,
        "snapshot_bytes": 107_374_182_400,
        "refquota_bytes": 2_199_023_255_552,
    }
    locked = await inventoried(pool__dataset__query=[DATASETS[0] | {"locked": True}])
    assert locked["dataset tank"].state == "locked"


async def test_disks_carry_serial_pool_and_errors_and_missing_ones_are_failed() -> None:
    found = await inventoried()
    sda, sdb = found["disk sda"], found["disk sdb"]
    assert (sda.state, sda.health, sda.within) == ("ONLINE", "ok", "tank")
    assert sda.labels["serial"] == "ZFL0"
    assert sda.labels["wwn"] == "5000c500"
    assert sda.figures["temperature_celsius"] == 41
    assert (sdb.state, sdb.health, sdb.detail) == ("UNAVAIL", "failed", "missing from pool tank")
    assert sdb.labels == {"serial": "ZFL1", "model": "ST8000"}


async def test_a_missing_disk_whose_name_is_taken_is_told_apart() -> None:
    found = await inventoried(disk__query=[*DISKS, DISKS[0] | {"name": "sdb", "serial": "NEW", "pool": None}])
    assert found["disk sdb"].labels["serial"] == "NEW"
    assert found["disk sdb"].health == "unknown"
    assert found["disk sdb (ZFL1)"].health == "failed"


async def test_a_disk_with_errors_is_a_warning() -> None:
    part = {"status": "ONLINE", "disk": "sda", "stats": {"read_errors": 0, "checksum_errors": 7}}
    found = await inventoried(pool__query=[POOL | {"topology": {"data": [part]}}])
    assert (found["disk sda"].health, found["disk sda"].detail) == (
        "warning",
        "errors: 0 read, 0 write, 7 checksum",
    )


async def test_shares_stand_on_datasets_and_services() -> None:
    found = await inventoried(
        pool__dataset__query=[
            *DATASETS,
            {"id": "tank/family", "pool": "tank", "mountpoint": "/mnt/tank/family"},
        ]
    )
    first, second = found["share nfs:/mnt/tank/family #1"], found["share nfs:/mnt/tank/family #2"]
    assert (first.state, first.health, first.detail) == ("not served", "failed", "service nfs is STOPPED")
    assert (first.within, first.uses) == ("tank/family", ("/mnt/tank/family",))
    assert first.labels["clients"] == "192.0.2.0/24"
    assert (second.state, second.health) == ("disabled", "unknown")
    smb = found["share smb:family"]
    assert (smb.state, smb.health, smb.labels["read_only"]) == ("enabled", "ok", "no")


async def test_a_share_below_a_dataset_belongs_to_the_nearest() -> None:
    nfs = [{"path": "/mnt/tank/family/photos/2026/march", "enabled": True, "locked": True}]
    [share] = [
        one
        for key, one in (await inventoried(sharing__nfs__query=nfs)).items()
        if key.startswith("share nfs")
    ]
    assert share.within == "tank/family/photos"
    assert (share.id, share.state, share.health) == (f"nfs:{nfs[0]['path']}", "locked", "failed")
    elsewhere = await inventoried(sharing__nfs__query=[{"path": "/mnt/other"}])
    assert elsewhere["share nfs:/mnt/other"].within == ""


async def test_an_app_uses_the_paths_of_its_containers() -> None:
    app = (await inventoried())["app app/immich"]
    assert (app.name, app.state, app.health, app.detail) == ("immich", "CRASHED", "failed", "server exited")
    assert app.uses == ("/mnt/tank/family/photos",)
    assert app.labels == {
        "version": "2.1.0_1.8.3",
        "image": "immich-server:v2.1.0",
        "upgrade": "1.9.0",
    }


async def test_a_part_that_fails_makes_the_inventory_partial_and_names_it() -> None:
    async with nas(but("app.query", failing(-32001, "Method call error", error=14, reason="docker"))) as (
        system,
        _,
    ):
        reading = await system.inventory.inventory()
    assert (reading.completeness, reading.detail) == (Completeness.PARTIAL, "apps: docker")
    assert "pool" in {one.kind for one in reading.value}


async def test_the_moment_is_the_systems_own() -> None:
    async with nas(answers(system__info={"version": "1", "hostname": "nas", "datetime": date(3)})) as (
        system,
        _,
    ):
        assert (await system.inventory.inventory()).provenance.observed_at == ago(3)


# Changes


async def test_what_happened_is_told_once_and_in_order() -> None:
    async with nas() as (system, _):
        reading = await system.changes.changes(HOUR)
    assert [(one.at, one.kind, one.outcome, one.text) for one in reading.value] == [
        (
            ago(50),
            "backup",
            "failed",
            "cloud sync 'photos to B2' of /mnt/tank/family/photos failed: rclone failed",
        ),
        (ago(45), "backup", "failed", "snapshot task of tank/family/photos error: out of space"),
        (ago(35), "backup", "ok", "replication 'to the attic' of tank/family to attic/family finished"),
        (ago(30), "task", "running", "resilver of pool tank scanning 42 %"),
        (
            ago(20),
            "alert",
            "running",
            "CRITICAL VolumeStatus: Pool tank state is DEGRADED: Disk ST8000 ZFL1 is UNAVAIL",
        ),
        (ago(10), "config", "ok", "Pool dataset update tank/family (pool.dataset.update)"),
        (NOW - timedelta(seconds=500), "config", "failed", "METHOD_CALL"),
        (ago(5), "task", "running", "job app.upgrade running"),
    ]
    by_text = {one.text.split(" ")[0]: one for one in reading.value}
    assert by_text["Pool"].actor == "ann at 192.0.2.31"
    assert by_text["job"].actor == "ann"
    assert by_text["resilver"].subject == "tank"
    assert reading.completeness is Completeness.PARTIAL
    assert "jobs: this key is shown its own jobs alone" in reading.detail


async def test_the_audit_log_is_asked_for_the_window_alone_and_without_secrets() -> None:
    async with nas() as (system, server):
        reading = await system.changes.changes(HOUR)
    [params] = [call.params for call in server.calls if call.method == "audit.query"]
    start, end = int(HOUR.start.timestamp()), int(HOUR.end.timestamp())
    assert params[0]["query-filters"] == [
        ["event", "=", "METHOD_CALL"],
        ["message_timestamp", ">=", start],
        ["message_timestamp", "<=", end],
    ]
    assert "hunter2" not in repr(reading)


@pytest.mark.parametrize(
    ("minutes", "texts"),
    [
        ((60, 42), ["cloud sync", "snapshot task"]),
        ((48, 41), ["snapshot task"]),
        ((34, 31), []),
        ((34, 25), ["resilver"]),
        ((3, 0), ["resilver", "CRITICAL", "job app.upgrade"]),
    ],
)
async def test_only_what_touches_the_window_is_told(minutes: tuple[int, int], texts: list[str]) -> None:
    finished = CLOUD_SYNCS[0] | {"job": JOBS[1] | {"time_finished": date(49)}}
    async with nas(answers(cloudsync__query=[finished])) as (system, _):
        reading = await system.changes.changes(Window(ago(minutes[0]), ago(minutes[1])))
    assert [one.text for one in reading.value if not any(one.text.startswith(each) for each in texts)] == []
    assert len(reading.value) == len(texts)


async def test_an_alert_that_is_said_once_is_a_moment() -> None:
    once = ALERTS[0] | {"one_shot": True}
    async with nas(answers(alert__list=[once])) as (system, _):
        later = await system.changes.changes(Window(ago(10), NOW))
        then = await system.changes.changes(Window(ago(25), ago(15)))
    assert not [one for one in later.value if one.kind == "alert"]
    assert [one.outcome for one in then.value if one.kind == "alert"] == ["unknown"]


async def test_a_scrub_is_told_by_its_pool_and_not_again_by_its_job() -> None:
    scrub = {"id": 7, "method": "pool.scrub.scrub", "state": "RUNNING", "time_started": date(29)}
    other = scrub | {"id": 8, "time_started": date(10)}
    async with nas(answers(core__get_jobs=[scrub, other])) as (system, _):
        reading = await system.changes.changes(HOUR)
    assert [one.id for one in reading.value if "scrub" in one.text] == ["job/8"]


async def test_a_scan_with_errors_did_not_go_well() -> None:
    scan = POOL["scan"] | {"function": "SCRUB", "state": "FINISHED", "end_time": date(1), "errors": 3}
    async with nas(answers(pool__query=[POOL | {"scan": scan}])) as (system, _):
        reading = await system.changes.changes(HOUR)
    [found] = [one for one in reading.value if one.subject_kind == "pool"]
    assert (found.text, found.outcome, found.until) == (
        "scrub of pool tank finished, 3 errors",
        "failed",
        ago(1),
    )


async def test_no_right_to_the_audit_log_is_said_with_the_role() -> None:
    async with nas(but("audit.query", NOT_ALLOWED)) as (system, _):
        reading = await system.changes.changes(HOUR)
    assert (
        "audit log: [EACCES] Not authorized; audit.query needs the role SYSTEM_AUDIT_READ" in reading.detail
    )


async def test_without_alerts_there_are_no_changes_to_tell() -> None:
    async with nas(but("alert.list", NOT_ALLOWED)) as (system, _):
        with pytest.raises(Denied):
            await system.changes.changes(HOUR)


async def test_a_full_administrator_sees_all_and_hears_when_that_is_not_enough() -> None:
    me = {"pw_name": "root", "privilege": {"roles": {"$set": ["FULL_ADMIN"]}}}
    async with nas(answers(auth__me=me)) as (system, _):
        assert (await system.changes.changes(HOUR)).completeness is Completeness.COMPLETE
    many = [JOBS[0] | {"id": n} for n in range(1_001)]
    async with nas(answers(auth__me=me, core__get_jobs=many)) as (system, _):
        reading = await system.changes.changes(HOUR)
    assert "jobs: the newest 1,000 alone reach back within the window" in reading.detail


async def test_more_of_the_audit_log_than_is_kept_is_said() -> None:
    async with nas(answers(audit__query=AUDITED[:1] * 501)) as (system, _):
        reading = await system.changes.changes(HOUR)
    assert "audit log: 501 entries came, the first 500 were kept" in reading.detail


async def test_over_rest_what_is_not_read_is_said() -> None:
    async with old_nas() as (system, _):
        reading = await system.changes.changes(HOUR)
    assert "audit log: the audit log is not read over REST" in reading.detail
    assert "jobs: over REST it cannot be asked" in reading.detail
    assert "job app.upgrade running" in [one.text for one in reading.value]


# Backups


async def test_snapshots_are_one_backup_for_each_dataset() -> None:
    async with nas(answers(pool__snapshot__query=SNAPSHOTS[::-1])) as (system, _):
        hand, photos = (await system.backups.backups()).value
    assert (photos.subject, photos.store, photos.kind, photos.count) == (
        "tank/family/photos",
        "tank",
        "snapshot",
        2,
    )
    assert photos.newest
    assert photos.oldest
    assert (photos.newest.isoformat(), photos.oldest.isoformat()) == (
        "2026-03-01T00:00:00+00:00",
        "2026-02-28T03:00:00+00:00",
    )
    assert photos.size == 2_040_109_465_601
    assert (hand.subject, hand.newest, hand.count) == ("tank", None, 1)


async def test_more_snapshots_than_are_kept_are_partial() -> None:
    async with nas(answers(pool__snapshot__query=SNAPSHOTS[:1] * 10_001)) as (system, _):
        reading = await system.backups.backups()
    assert reading.completeness is Completeness.PARTIAL
    assert reading.value[0].count == 10_000


async def test_no_right_to_snapshots_is_not_the_same_as_no_snapshots() -> None:
    async with nas(answers(pool__snapshot__query=[])) as (system, _):
        assert (await system.backups.backups()).completeness is Completeness.EMPTY
    async with nas(but("pool.snapshot.query", NOT_ALLOWED)) as (system, _):
        with pytest.raises(Denied, match="SNAPSHOT_READ"):
            await system.backups.backups()


async def test_every_task_is_a_job_with_schedule_and_outcome() -> None:
    async with nas() as (system, _):
        jobs = {one.id: one for one in (await system.backups.backup_jobs()).value}
    assert {own: (one.kind, one.schedule, one.last_outcome, one.enabled) for own, one in jobs.items()} == {
        "snapshottask/1": ("snapshot", "0 3 * * *", "failed", True),
        "replication/1": ("replication", "after its snapshots", "ok", True),
        "cloudsync/1": ("sync", "0 3 * * *", "failed", True),
        "rsynctask/3": ("sync", "", "unknown", False),
        "scrub/1": ("verify", "0 3 * * *", "unknown", True),
    }
    assert jobs["snapshottask/1"].last_run == ago(45)
    assert jobs["snapshottask/1"].detail == "kept 2 weeks with everything below: out of space"
    assert jobs["cloudsync/1"].last_run == ago(50)
    assert jobs["replication/1"].subjects == ("tank/family",)


async def test_a_scrub_task_tells_how_its_pool_fared() -> None:
    scan = {
        "function": "SCRUB",
        "state": "FINISHED",
        "start_time": date(90),
        "end_time": date(30),
        "errors": 2,
    }
    async with nas(answers(pool__query=[POOL | {"scan": scan}])) as (system, _):
        [job] = [one for one in (await system.backups.backup_jobs()).value if one.kind == "verify"]
    assert (job.last_run, job.last_outcome, job.detail) == (
        ago(30),
        "failed",
        "at most every 35 days: 2 errors",
    )


async def test_hours_of_a_schedule_are_kept() -> None:
    task = SNAPSHOT_TASKS[0] | {
        "schedule": SNAPSHOT_TASKS[0]["schedule"] | {"begin": "08:00", "end": "18:00"},
        "lifetime_value": 1,
        "recursive": False,
        "state": {"state": "PENDING"},
    }
    async with nas(answers(pool__snapshottask__query=[task])) as (system, _):
        job = (await system.backups.backup_jobs()).value[0]
    assert job.schedule == "0 3 * * * 08:00-18:00"
    assert (job.detail, job.last_outcome, job.last_run) == ("kept 1 week", "unknown", None)


async def test_pools_are_the_places() -> None:
    async with nas() as (system, _):
        [store] = (await system.backups.backup_stores()).value
    assert (store.name, store.total, store.used, store.state) == ("tank", 8e12, 7.28e12, "DEGRADED")


@pytest.mark.parametrize("moment", [10**18, 8 * 10**15, -(8 * 10**15)])
async def test_a_time_that_is_none_is_malformed(moment: int) -> None:
    rows = [ALERTS[0] | {"datetime": {"$date": moment}}]
    async with nas(answers(alert__list=rows)) as (system, _):
        with pytest.raises(Malformed):
            await system.changes.changes(HOUR)
