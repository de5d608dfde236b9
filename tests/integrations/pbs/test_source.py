from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sre_assistant.contracts.sources import BackupSource, ChangeSource
from sre_assistant.domain.errors import Denied, Missing, SourceError, Unreachable
from sre_assistant.domain.inventory import Backup
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from tests.integrations.pbs.answers import (
    AUDITOR,
    BASE,
    COLLECTIONS,
    DAY,
    EPOCH,
    GROUPS,
    HOUR,
    MAIN,
    NOW,
    OLD,
    SNAPSHOTS,
    TASKS,
    Running,
    data,
    running,
    said,
    upid,
)
from tests.kit.hostile import Behaviour, in_turn

GROUPS_PATH = "admin__datastore__main__groups"
SNAPSHOTS_PATH = "admin__datastore__main__snapshots"


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


async def backups(pbs: Running) -> dict[tuple[str, str], Backup]:
    return {(each.store, each.subject): each for each in (await pbs.source.backups()).value}


async def test_it_is_a_source_of_backups_and_changes() -> None:
    async with running() as pbs:
        assert isinstance(pbs.integration.backups, BackupSource)
        assert isinstance(pbs.integration.changes, ChangeSource)


# ---- backups


async def test_groups_of_all_namespaces_are_told_with_the_newest_that_is_whole() -> None:
    async with running() as pbs:
        found = await backups(pbs)
    assert set(found) == {("main", "host/nas"), ("main/pve-home", "vm/100"), ("main/pve-home", "ct/101")}
    vm = found["main/pve-home", "vm/100"]
    assert (vm.newest, vm.oldest, vm.count) == (ago(2), ago(26), 2)
    assert (vm.name, vm.size, vm.verified, vm.kind) == ("docker-host", 34359739320.0, "ok", "backup")
    ct = found["main/pve-home", "ct/101"]
    assert (ct.newest, ct.oldest, ct.count) == (ago(9 * 24), ago(9 * 24), 1)
    assert (ct.name, ct.verified) == ("pihole", "none")


async def test_a_group_without_a_listed_backup_says_what_its_own_list_says() -> None:
    async with running() as pbs:
        nas = (await backups(pbs))["main", "host/nas"]
    assert (nas.newest, nas.oldest, nas.count) == (ago(30), None, 30)
    assert (nas.size, nas.verified) == (None, "unknown")


async def test_a_datastore_that_cannot_be_used_makes_the_list_partial() -> None:
    async with running() as pbs:
        reading = await pbs.source.backups()
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "datastore 'old' is in offline maintenance mode: disk swap"
    assert not [path for path in pbs.server.paths if "/old/" in path]


async def test_without_the_single_backups_the_groups_are_still_told() -> None:
    async with running() as pbs:
        pbs.answers(**{SNAPSHOTS_PATH: said("time out", 500)})
        reading = await pbs.source.backups()
    found = {each.subject: each for each in reading.value}
    assert (found["vm/100"].newest, found["vm/100"].count) == (ago(2), 2)
    assert (found["vm/100"].size, found["vm/100"].verified) == (None, "unknown")
    assert reading.completeness is Completeness.PARTIAL
    assert "sizes and verification in main/pve-home could not be read: HTTP 500" in reading.detail


async def test_a_namespace_that_is_refused_makes_the_list_partial() -> None:
    call = f"{BASE}/admin/datastore/main/groups?ns=pve-home"
    async with running() as pbs:
        pbs.answers(**{call.removeprefix(f"{BASE}/"): said("permission check failed", 403)})
        reading = await pbs.source.backups()
    assert [each.subject for each in reading.value] == ["host/nas"]
    assert "main/pve-home: HTTP 403" in reading.detail


async def test_no_place_that_can_be_read_is_a_failure() -> None:
    refused = said("permission check failed", 403)
    async with running() as pbs:
        pbs.answers(**{GROUPS_PATH: refused, SNAPSHOTS_PATH: refused})
        with pytest.raises(Denied):
            await pbs.source.backups()


async def test_namespaces_that_cannot_be_told_of_any_datastore_are_a_failure() -> None:
    async with running() as pbs:
        pbs.answers(admin__datastore__main__namespace=said("permission check failed", 403))
        with pytest.raises(Denied):
            await pbs.source.backups()


async def test_namespaces_of_one_datastore_that_cannot_be_told_make_the_list_partial() -> None:
    second = MAIN | {"store": "second"}
    async with running() as pbs:
        pbs.answers(
            admin__datastore__second__namespace=said("no", 500),
            **{"status__datastore-usage": data([MAIN, second])},
        )
        reading = await pbs.source.backups()
    assert len(reading.value) == 3
    assert reading.detail == "namespaces of second could not be read: HTTP 500: no"


async def test_nothing_but_a_datastore_in_maintenance_is_a_failure_in_its_words() -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([OLD])})
        with pytest.raises(Unreachable, match="offline maintenance mode: disk swap"):
            await pbs.source.backups()


async def test_a_datastore_that_is_not_mounted_is_not_asked() -> None:
    usb = {"store": "usb", "mount-status": "notmounted"}
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([MAIN, usb])})
        assert (await pbs.source.backups()).detail == "usb is not mounted"


async def test_before_namespaces_there_was_the_root_alone() -> None:
    async with running() as pbs:
        pbs.answers(admin__datastore__main__namespace=said("Path not found.", 404))
        reading = await pbs.source.groups("main")
    assert [each.backup.subject for each in reading.value] == ["host/nas"]
    assert reading.completeness is Completeness.COMPLETE


async def test_more_namespaces_than_can_be_looked_into_are_said() -> None:
    many = [{"ns": f"n{number}"} for number in range(150)]
    async with running() as pbs:
        pbs.answers(admin__datastore__main__namespace=data(many))
        reading = await pbs.source.groups("main")
    assert len({each.namespace for each in reading.value}) == 100
    assert "only 100 of 150 namespaces were looked into" in reading.detail


async def test_one_datastore_can_be_asked_for_alone() -> None:
    async with running() as pbs:
        assert (await pbs.source.groups("main")).completeness is Completeness.COMPLETE
        with pytest.raises(Missing, match="the datastores are main, old"):
            await pbs.source.groups("nope")


async def test_owner_protection_failures_and_what_is_unfinished_are_kept() -> None:
    async with running() as pbs:
        found = {each.backup.subject: each for each in (await pbs.source.groups()).value}
    assert (found["vm/100"].owner, found["vm/100"].protected, found["vm/100"].failed) == (
        "pve@pbs!home",
        1,
        1,
    )
    assert (found["vm/100"].unfinished, found["ct/101"].unfinished) == (None, NOW - timedelta(seconds=60))
    assert found["ct/101"].owner == "pve@pbs!home"


async def test_an_unfinished_backup_older_than_a_whole_one_is_not_told() -> None:
    broken = SNAPSHOTS[0] | {"backup-time": EPOCH - 5 * HOUR, "size": None, "files": []}
    async with running() as pbs:
        pbs.answers(**{SNAPSHOTS_PATH: data([*SNAPSHOTS, broken])})
        found = {each.backup.subject: each for each in (await pbs.source.groups()).value}
    assert (found["vm/100"].unfinished, found["vm/100"].backup.count) == (None, 2)


async def test_a_group_that_was_never_finished_has_no_newest() -> None:
    async with running() as pbs:
        pbs.answers(**{GROUPS_PATH: data(GROUPS[1:]), SNAPSHOTS_PATH: data(SNAPSHOTS[3:])})
        (group, _) = (await pbs.source.groups()).value
    assert (group.backup.newest, group.backup.count, group.backup.verified) == (None, 0, "none")


# ---- rights


NOBODY: dict[str, dict[str, bool]] = {}
OWNER = {"/datastore": {"Datastore.Backup": True}, "/system": {"Sys.Audit": True}}


@pytest.mark.parametrize("read", ["backups", "backup_stores", "backup_jobs"])
async def test_an_empty_list_from_missing_rights_is_denied(read: str) -> None:
    nothing = data([])
    async with running() as pbs:
        pbs.answers(
            access__permissions=data(NOBODY),
            admin__verify=nothing,
            admin__prune=nothing,
            admin__sync=nothing,
            admin__gc=nothing,
            admin__datastore=nothing,
            **{"status__datastore-usage": nothing},
        )
        reading = await getattr(pbs.source, read)()
    assert (reading.value, reading.completeness) == ((), Completeness.DENIED)
    assert reading.detail.startswith("Datastore.Audit on /datastore is missing")


async def test_an_empty_list_with_all_rights_is_empty() -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([]), "nodes__localhost__tasks": data([])})
        for reading in (
            await pbs.source.backups(),
            await pbs.source.backup_stores(),
            await pbs.source.tasks(9, errors=False),
        ):
            assert (reading.value, reading.completeness) == ((), Completeness.EMPTY)


async def test_an_empty_list_says_that_rights_could_not_be_asked() -> None:
    async with running() as pbs:
        pbs.answers(access__permissions=said("no", 500), **{"status__datastore-usage": data([])})
        reading = await pbs.source.backups()
    assert reading.completeness is Completeness.EMPTY
    assert reading.detail == "what the token may see could not be asked: HTTP 500: no"


async def test_a_token_that_may_back_up_sees_its_own_backups_only() -> None:
    async with running() as pbs:
        pbs.answers(access__permissions=data(OWNER), **{"status__datastore-usage": data([MAIN])})
        reading = await pbs.source.backups()
        stores = await pbs.source.backup_stores()
    assert reading.completeness is Completeness.PARTIAL
    assert "of main/pve-home only the token's own backups can be seen" in reading.detail
    assert "Datastore.Audit on /datastore is missing" in reading.detail
    assert stores.completeness is Completeness.COMPLETE


async def test_a_token_of_one_datastore_cannot_know_of_others() -> None:
    own = {"/datastore/main": {"Datastore.Audit": True}, "/system": {"Sys.Audit": True}}
    async with running() as pbs:
        pbs.answers(access__permissions=data(own))
        everything, one = await pbs.source.backup_stores(), await pbs.source.groups("main")
        with pytest.raises(Denied, match=r"Datastore\.Audit on /datastore/other is missing"):
            await pbs.source.groups("other")
    assert everything.completeness is Completeness.PARTIAL
    assert one.completeness is Completeness.COMPLETE


async def test_a_token_of_one_namespace_sees_that_and_says_so() -> None:
    own = {"/datastore/main/pve-home": {"Datastore.Audit": True}}
    part = {"store": "main", "mount-status": "nonremovable"}
    async with running() as pbs:
        pbs.answers(
            access__permissions=data(own),
            admin__datastore__main__namespace=data([{"ns": "pve-home"}]),
            **{"status__datastore-usage": data([part])},
        )
        reading, (store,) = await pbs.source.groups(), (await pbs.source.datastores()).value
    assert {each.backup.subject for each in reading.value} == {"vm/100", "ct/101"}
    assert reading.completeness is Completeness.PARTIAL
    assert (store.limited, store.total, store.problem) == (True, None, "")


async def test_without_the_right_to_audit_only_ones_own_tasks_are_seen() -> None:
    async with running() as pbs:
        pbs.answers(access__permissions=data({"/datastore": {"Datastore.Audit": True}}))
        some = await pbs.source.tasks(9, errors=False)
        pbs.answers(
            access__permissions=data({"/datastore": {"Datastore.Audit": True}}),
            nodes__localhost__tasks=data([]),
        )
        none = await pbs.source.changes(Window(ago(1), NOW))
    assert (some.completeness, none.completeness) == (Completeness.PARTIAL, Completeness.DENIED)
    assert none.detail == "Sys.Audit on /system/tasks is missing: only the token's own tasks can be seen"


async def test_sync_jobs_may_be_hidden_without_a_right_to_their_remotes() -> None:
    async with running() as pbs:
        pbs.answers(access__permissions=data({k: v for k, v in AUDITOR.items() if k != "/remote"}))
        reading = await pbs.source.backup_jobs()
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "Remote.Audit on /remote is missing: sync jobs with a remote are not listed"


# ---- datastores


async def test_a_datastore_is_told_with_room_growth_and_collection() -> None:
    async with running() as pbs:
        reading = await pbs.source.datastores()
        main, old = reading.value
        stores = (await pbs.source.backup_stores()).value
    assert (main.name, main.total, main.used) == ("main", 2000398934016.0, 1680335104409.0)
    assert (main.growth, main.full_at) == ("grows", NOW + timedelta(days=41))
    assert main.course == ((ago(4 * 24), 0.79), (ago(24), 0.84))
    assert main.collected
    assert (main.collected.finished, main.collected.deduplication) == (ago(2), 16.0)
    assert (main.collected.outcome, main.collected.seconds, main.collected.schedule) == ("ok", 612.0, "daily")
    assert (old.problem, old.maintenance) == (OLD["error"], "offline: disk swap")
    assert [(s.name, s.total, s.full_at, s.state) for s in stores] == [
        ("main", 2000398934016.0, NOW + timedelta(days=41), ""),
        ("old", None, None, "offline"),
    ]
    assert reading.completeness is Completeness.COMPLETE


async def test_a_datastore_that_only_the_list_knows_is_told_too() -> None:
    usb = {"store": "usb", "mount-status": "notmounted"}
    async with running() as pbs:
        pbs.answers(admin__datastore=data([usb]))
        stores = {store.name: store for store in (await pbs.source.datastores()).value}
    assert (stores["usb"].problem, stores["usb"].total) == ("it is not mounted", None)


@pytest.mark.parametrize(
    ("estimate", "growth", "full_at"),
    [
        (0, "level", None),
        (EPOCH - 1, "shrinks", None),
        (-9e15, "shrinks", None),
        (EPOCH + 365 * DAY, "grows", NOW + timedelta(days=365)),
        (9e15, "grows", None),
        (None, "unknown", None),
    ],
)
async def test_an_estimate_is_a_date_only_where_it_is_one(
    estimate: float | None, growth: str, full_at: datetime | None
) -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([MAIN | {"estimated-full-date": estimate}])})
        (store,) = (await pbs.source.datastores()).value
    assert (store.growth, store.full_at) == (growth, full_at)


async def test_a_collection_that_failed_keeps_the_last_good_one_apart() -> None:
    failed = COLLECTIONS[0] | {"last-run-state": "unable to acquire lock", "duration": 99999}
    async with running() as pbs:
        pbs.answers(admin__gc=data([failed]))
        main = (await pbs.source.datastores()).value[0].collected
    assert main
    assert (main.outcome, main.detail, main.seconds) == ("failed", "unable to acquire lock", None)
    assert main.finished == ago(2)


async def test_an_older_release_tells_of_collections_with_the_usage() -> None:
    async with running() as pbs:
        pbs.answers(admin__gc=said("Path not found.", 404))
        reading = await pbs.source.datastores()
    main = reading.value[0].collected
    assert main
    assert (main.finished, main.schedule) == (ago(2), None)
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("runs of garbage collection could not be read: HTTP 404")


async def test_what_never_ran_has_neither_begin_nor_deduplication() -> None:
    never = {"store": "main", "upid": None, "index-data-bytes": 0, "disk-bytes": 0, "removed-bytes": 0}
    async with running() as pbs:
        pbs.answers(admin__gc=data([never]), **{"status__datastore-usage": data([MAIN])})
        main = (await pbs.source.datastores()).value[0].collected
        jobs = {job.kind: job for job in (await pbs.source.backup_jobs()).value}
    assert main
    assert (main.finished, main.last_run, main.deduplication, main.schedule) == (None, None, None, "")
    assert (jobs["gc"].last_run, jobs["gc"].last_outcome) == (None, "unknown")


async def test_a_release_before_3_writes_minus_one_for_what_it_does_not_know() -> None:
    unusable = {"store": "old", "total": -1, "used": -1, "avail": -1, "error": "gone"}
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([unusable])})
        (store,) = (await pbs.source.datastores()).value
    assert (store.total, store.used, store.available, store.problem) == (None, None, None, "gone")


@pytest.mark.parametrize(
    "odd", [None, 3, {}, MAIN | {"store": "../x"}, MAIN | {"total": "much"}, MAIN | {"history-delta": 1e300}]
)
async def test_an_entry_that_cannot_be_read_does_not_hide_the_others(odd: object) -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": data([odd, MAIN])})
        reading = await pbs.source.datastores()
    assert [store.name for store in reading.value] == ["main"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 2 entries could not be read")


# ---- jobs


async def test_jobs_are_told_with_their_last_run() -> None:
    async with running() as pbs:
        reading = await pbs.source.backup_jobs()
    jobs = {job.id: job for job in reading.value}
    assert set(jobs) == {"v-1111", "v-3333", "p-home", "p-off", "s-off", "main"}
    verify = jobs["v-1111"]
    assert (verify.kind, verify.store, verify.schedule) == ("verify", "main", "sat 02:00")
    assert (verify.last_run, verify.last_outcome) == (ago(3), "ok")
    assert verify.next_run == NOW + timedelta(hours=6)
    assert (jobs["p-home"].store, jobs["p-home"].last_outcome) == ("main/pve-home", "ok")
    assert jobs["p-home"].detail == "WARNINGS: 2"
    assert (jobs["p-off"].enabled, jobs["p-off"].next_run) == (False, None)
    assert (jobs["v-3333"].last_run, jobs["v-3333"].schedule) == (None, "")
    assert jobs["s-off"].last_outcome == "failed"
    assert jobs["s-off"].detail == "to offsite:vault; connection error: Connection refused (os error 111)"
    assert (jobs["main"].kind, jobs["main"].schedule, jobs["main"].last_outcome) == ("gc", "daily", "ok")


async def test_a_job_under_way_is_running_since_its_begin() -> None:
    begun = {"id": "v-1", "store": "main", "last-run-upid": upid("verificationjob", "main", EPOCH - 600)}
    async with running() as pbs:
        pbs.answers(admin__verify=data([begun]))
        (job,) = (job for job in (await pbs.source.backup_jobs()).value if job.kind == "verify")
    assert (job.last_outcome, job.last_run) == ("running", NOW - timedelta(minutes=10))


@pytest.mark.parametrize("broken", ["", "UPID:x", upid("a", "b").replace(":0000002A:", ":0000002A:Z")])
async def test_a_tasks_name_that_is_none_leaves_the_end_of_the_run(broken: str) -> None:
    job = {
        "id": "v-1",
        "store": "main",
        "last-run-upid": broken,
        "last-run-endtime": EPOCH,
        "last-run-state": "OK",
    }
    async with running() as pbs:
        pbs.answers(admin__verify=data([job]))
        (found,) = (job for job in (await pbs.source.backup_jobs()).value if job.kind == "verify")
    assert (found.last_run, found.last_outcome) == (NOW, "ok")


@pytest.mark.parametrize("name", ["admin__prune", "admin__sync", "admin__gc"])
async def test_jobs_that_cannot_be_read_leave_the_others(name: str) -> None:
    async with running() as pbs:
        pbs.answers(**{name: said("no", 500)})
        reading = await pbs.source.backup_jobs()
    assert len(reading.value) > 2
    assert reading.completeness is Completeness.PARTIAL
    assert "could not be read: HTTP 500: no" in reading.detail


# ---- tasks


async def test_tasks_become_changes_of_what_they_were_about() -> None:
    async with running() as pbs:
        reading = await pbs.source.changes(Window(ago(3), NOW))
    backup, sync, update = reading.value
    assert (backup.kind, backup.subject_kind, backup.subject) == ("backup", "guest", "vm/100")
    assert (backup.at, backup.until, backup.outcome) == (ago(2), ago(2) + timedelta(minutes=1), "ok")
    assert (backup.text, backup.actor) == ("backup main:pve-home:vm/100", "pve@pbs!home")
    assert (sync.kind, sync.subject_kind, sync.subject, sync.outcome) == ("task", "storage", "main", "failed")
    assert sync.text.startswith("syncjob offsite:vault:main::s-off: connection error")
    assert (update.subject, update.outcome, update.until) == ("", "running", None)
    assert reading.provenance.window == Window(ago(3), NOW)


@pytest.mark.parametrize(
    ("start", "end", "kinds"),
    [
        (3, 1.5, ["backup"]),
        (1.99, 1.5, ["backup"]),
        (1.9, 1.1, []),
        (1.5, 1, ["syncjob"]),
        (0.99999, 0.5, ["syncjob"]),
        (0.9, 0, ["aptupdate"]),
    ],
)
async def test_only_what_touches_a_window_is_told(start: float, end: float, kinds: list[str]) -> None:
    async with running() as pbs:
        reading = await pbs.source.changes(Window(ago(start), ago(end)))
    assert [change.text.split()[0] for change in reading.value] == kinds


async def test_what_runs_since_long_is_asked_for_by_itself() -> None:
    old = TASKS[2] | {"upid": upid("verify", "x"), "starttime": EPOCH - 9 * DAY}
    async with running() as pbs:
        pbs.answers(**{"nodes__localhost__tasks?limit=2000&running=1": data([old])})
        reading = await pbs.source.changes(Window(ago(1), NOW))
    assert reading.value[0].at == ago(9 * 24)
    listed = next(seen.target for seen in pbs.server.seen if "since=" in seen.target)
    assert f"since={EPOCH - HOUR - DAY}&until={EPOCH}" in listed


async def test_as_many_tasks_as_were_asked_for_may_not_be_all() -> None:
    async with running() as pbs:
        pbs.answers(
            nodes__localhost__tasks=data([TASKS[0] | {"upid": upid("a", str(n))} for n in range(2_000)])
        )
        reading = await pbs.source.changes(Window(ago(3), NOW))
        listed = await pbs.source.tasks(50, errors=False)
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "only the newest 2,000 tasks came"
    assert len(listed.value) == 50


@pytest.mark.parametrize(
    ("task", "outcome"),
    [
        ({"endtime": EPOCH, "status": "OK"}, "ok"),
        ({"endtime": EPOCH, "status": "WARNINGS: 1"}, "ok"),
        ({"endtime": EPOCH, "status": "unknown"}, "unknown"),
        ({"endtime": EPOCH}, "unknown"),
        ({"endtime": EPOCH, "status": "connection error"}, "failed"),
        ({}, "running"),
    ],
)
async def test_an_outcome_is_read_from_the_status(task: dict[str, object], outcome: str) -> None:
    async with running() as pbs:
        pbs.answers(nodes__localhost__tasks=data([TASKS[2] | task]))
        (change,) = (await pbs.source.tasks(5, errors=False)).value
    assert change.outcome == outcome


@pytest.mark.parametrize(
    ("worker", "name", "expected"),
    [
        ("backup", "main:ct/101", ("guest", "ct/101")),
        ("reader", "main:host/nas", ("host", "host/nas")),
        ("verify_snapshot", "main:ns/a:vm/100/6B0", ("guest", "vm/100")),
        ("prunejob", "main:p-1", ("storage", "main")),
        ("garbage_collection", "main", ("storage", "main")),
        ("backup", "odd", ("storage", "odd")),
    ],
)
async def test_a_task_is_about_what_its_name_says(worker: str, name: str, expected: tuple[str, str]) -> None:
    async with running() as pbs:
        pbs.answers(nodes__localhost__tasks=data([TASKS[0] | {"worker_type": worker, "worker_id": name}]))
        (change,) = (await pbs.source.tasks(5, errors=False)).value
    assert (change.subject_kind, change.subject) == expected


@pytest.mark.parametrize(
    "failing", [in_turn(said("x", 500)), said("no", 401), said("permission check failed", 403)]
)
async def test_a_list_that_all_stands_on_fails_as_a_whole(failing: Behaviour) -> None:
    async with running() as pbs:
        pbs.answers(nodes__localhost__tasks=failing, admin__verify=failing)
        for ask in (pbs.source.changes(Window(ago(1), NOW)), pbs.source.backup_jobs()):
            with pytest.raises(SourceError):
                await ask
