from __future__ import annotations

import json

import pytest

from sre_assistant.domain.errors import CallError, Denied
from sre_assistant.domain.reading import Completeness
from sre_assistant.kit.codec import encode
from tests.integrations.truenas.answers import ALERTS, APPS, BOOT, DATASETS, INFO, JOBS, POOL, REPLICATIONS
from tests.integrations.truenas.systems import answers, but, nas, old_nas, refused

MOST_SCHEMA = 1_600


async def test_pools_and_datasets_are_told_with_their_parts() -> None:
    async with nas() as (system, _):
        result = await system.call("pool_status")
    assert result.text.splitlines() == [
        "tank DEGRADED, not healthy (FAULTED_DEV_R: One or more devices are faulted.): "
        "6.6 TiB of 7.3 TiB used (91 %), 670.6 GiB free, fragmentation 31 %",
        "  data: mirror-0 DEGRADED [sda ONLINE, "
        "sdb UNAVAIL (missing, serial ZFL1) (errors: 12 read, 3 write, 0 checksum)]",
        "  resilver under way since 2026-03-01 01:44Z: 42.5 % done, 2 h 5 min left, 0 errors",
        "boot-pool ONLINE, healthy: room unknown",
        "  never scrubbed",
        "2 datasets; 2 match",
        "  tank: used 6.6 TiB, available unknown; no quota; compression unknown; at /mnt/tank",
        "  tank/family/photos: used 1.9 TiB (snapshots 100.0 GiB), available 320.0 GiB; refquota 2.0 TiB; "
        "compression lz4 1.35x; encrypted; at /mnt/tank/family/photos",
    ]
    assert result.completeness is Completeness.COMPLETE


@pytest.mark.parametrize(
    "name", ["photos", "tank/family/photos", "Photos", "family/ph", "/mnt/tank/family/photos/"]
)
async def test_how_big_a_dataset_is_can_be_asked_at_any_depth(name: str) -> None:
    async with nas() as (system, _):
        result = await system.call("pool_status", name=name)
    assert "2 datasets; 1 match\n  tank/family/photos: used 1.9 TiB" in result.text
    assert result.text.startswith("tank DEGRADED")
    assert "boot-pool" not in result.text


async def test_a_pool_is_told_with_its_datasets() -> None:
    rows = [*DATASETS, {"id": "attic/tank", "pool": "attic"}]
    async with nas(answers(pool__dataset__query=rows)) as (system, _):
        result = await system.call("pool_status", name="tank")
    assert "3 datasets; 2 match" in result.text
    assert "attic" not in result.text


async def test_two_datasets_with_one_name_are_both_told() -> None:
    rows = [*DATASETS, {"id": "attic/photos", "pool": "attic"}]
    async with nas(answers(pool__dataset__query=rows)) as (system, _):
        result = await system.call("pool_status", name="photos")
    assert "3 datasets; 2 match" in result.text
    assert "  attic/photos: used unknown" in result.text
    assert "  tank/family/photos: " in result.text


async def test_a_dataset_of_just_that_name_comes_before_those_that_hold_it() -> None:
    rows = [
        *DATASETS,
        {"id": "tank/photos-old", "pool": "tank"},
        {"id": "tank/family/photos/raw", "pool": "tank"},
    ]
    async with nas(answers(pool__dataset__query=rows)) as (system, _):
        exact = await system.call("pool_status", name="photos")
        part = await system.call("pool_status", name="photos-")
    assert "4 datasets; 1 match\n  tank/family/photos: " in exact.text
    assert "4 datasets; 1 match\n  tank/photos-old: " in part.text


async def test_a_name_that_nothing_has_gets_the_nearest() -> None:
    async with nas() as (system, _):
        near = await system.call("pool_status", name="fotos")
        far = await system.call("pool_status", name="xyz")
    assert near.text == "No pool or dataset is called 'fotos'. Nearest: tank/family/photos."
    assert far.text == "No pool or dataset is called 'xyz'. Pools: tank, boot-pool."
    assert near.completeness is Completeness.EMPTY


async def test_a_pool_with_many_parts_says_that_it_is_cut() -> None:
    parts = [{"name": f"d{n}", "status": "ONLINE", "disk": f"sd{n}"} for n in range(300)]
    async with nas(answers(pool__query=[POOL | {"topology": {"data": parts}}])) as (system, _):
        result = await system.call("pool_status", name="tank")
    assert "… of 1 pool no more is shown" in result.text
    assert len(result.text) < 7_000


async def test_what_may_not_be_seen_of_a_pool_is_said() -> None:
    async with nas(but("pool.dataset.query", refused(13, "[EACCES] Not authorized"))) as (system, _):
        result = await system.call("pool_status")
    assert result.completeness is Completeness.PARTIAL
    assert (
        "Note: datasets: [EACCES] Not authorized; pool.dataset.query needs the role DATASET_READ"
        in result.text
    )
    async with nas(but("pool.query", refused(13, "[EACCES] Not authorized"))) as (system, _):
        with pytest.raises(Denied, match="needs the role POOL_READ, which READONLY_ADMIN includes"):
            await system.call("pool_status")


async def test_shares_are_told_with_whether_they_are_served() -> None:
    async with nas() as (system, _):
        result = await system.call("list_shares")
    assert result.text.splitlines() == [
        "3 shares; 3 match",
        "  nfs /mnt/tank/family: not served (service nfs is STOPPED), read-write, for 192.0.2.0/24",
        "  nfs /mnt/tank/family: disabled, read-only, for attic.lan",
        "  smb family 'ours': /mnt/tank/family, enabled, read-write",
    ]


@pytest.mark.parametrize(
    ("share_type", "first", "asked"),
    [
        ("nfs", "2 NFS shares; 2 match", {"sharing.nfs.query", "nfs.get_nfs3_clients"}),
        ("smb", "1 SMB share; 1 match", {"sharing.smb.query", "smb.status"}),
    ],
)
async def test_one_kind_of_share_is_all_that_is_asked_for(
    share_type: str, first: str, asked: set[str]
) -> None:
    async with nas() as (system, server):
        result = await system.call("list_shares", share_type=share_type, include_sessions=True)
    assert result.text.startswith(first)
    methods = {call.method for call in server.calls}
    assert {one for one in methods if one.startswith(("sharing", "smb.", "nfs."))} == asked


async def test_who_uses_shares_is_told_on_request() -> None:
    async with nas() as (system, _):
        result = await system.call("list_shares", include_sessions=True)
    assert result.text.endswith(
        "2 share users; 2 match\n"
        "  ann@192.0.2.31: SMB3_11, not encrypted, shares family\n"
        "  192.0.2.12 mounts /mnt/tank/family"
    )
    async with old_nas() as (system, server):
        result = await system.call("list_shares", include_sessions=True)
    assert "ann@192.0.2.31" in result.text
    assert [seen.method for seen in server.seen if seen.path.endswith("smb/status")] == ["POST"]


async def test_a_kind_of_share_that_is_none_is_the_callers_mistake() -> None:
    async with nas() as (system, _):
        with pytest.raises(CallError, match="share_type is 'afp': give one of nfs, smb"):
            await system.call("list_shares", share_type="afp")


async def test_snapshots_come_newest_first_with_what_takes_and_copies_them() -> None:
    async with nas() as (system, _):
        result = await system.call("snapshots")
    assert result.text.splitlines() == [
        "3 snapshots of tank, tank/family/photos",
        "  tank/family/photos@auto-2026-03-01_00-00: taken 2026-03-01 00:00Z, holds 0 B, refers to 1.9 TiB",
        "  tank/family/photos@auto-2026-02-28_03-00: taken 2026-02-28 03:00Z, holds 1.0 MiB, "
        "refers to 1.9 TiB",
        "  tank@by-hand: taken at an unknown time",
        "1 snapshot task; 1 match",
        "  tank/family/photos: 0 3 * * *; kept 2 weeks with everything below; "
        "last ERROR 2026-03-01 01:29Z: out of space",
        "1 replication; 1 match",
        "  'to the attic' tank/family to attic/family (PUSH by SSH): after its snapshots; "
        "last FINISHED 2026-03-01 01:39Z",
    ]


async def test_as_many_snapshots_are_shown_as_were_asked_for_or_the_text_says_so() -> None:
    rows = [
        {
            "name": f"tank@{n:03}",
            "dataset": "tank",
            "properties": {"creation": {"rawvalue": str(1_700_000_000 + n)}},
        }
        for n in range(150)
    ]
    async with nas(answers(pool__snapshot__query=rows)) as (system, _):
        few = await system.call("snapshots", limit=3)
        many = await system.call("snapshots", limit=200)
    assert few.text.splitlines()[:2] == [
        "150 snapshots of tank; the newest 3 are shown",
        "  tank@149: taken 2023-11-14 22:15Z",
    ]
    shown = sum(line.startswith("  tank@") for line in many.text.splitlines())
    assert many.text.startswith(f"150 snapshots of tank; the newest {shown} are shown")
    assert shown > 60
    assert encode(many.data).count(b'"tank@') == 150


async def test_a_dataset_without_snapshots_is_told_where_to_look() -> None:
    async with nas() as (system, server):
        last_name = await system.call("snapshots", dataset="photos")
        nothing = await system.call("snapshots", dataset="tank/nosuch")
    asked = [call.params[0] for call in server.calls if call.method == "pool.snapshot.query"]
    assert asked == [
        [["dataset", "in", ["photos"]]],
        [["dataset", "in", ["tank/family/photos"]]],
        [["dataset", "in", ["tank/nosuch"]]],
    ]
    assert last_name.text.startswith("2 snapshots of tank/family/photos")
    assert nothing.text.startswith("No snapshots of 'tank/nosuch'. Ask without a dataset")


@pytest.mark.parametrize("limit", [0, 201, -1])
async def test_a_limit_out_of_range_is_the_callers_mistake(limit: int) -> None:
    async with nas() as (system, _):
        with pytest.raises(CallError, match=r"limit is .*: give 1 to 200"):
            await system.call("snapshots", limit=limit)


async def test_a_replication_under_way_shows_how_far_it_is() -> None:
    job = {"id": 5, "state": "RUNNING", "progress": {"percent": 41}, "time_started": INFO["datetime"]}
    rows = [REPLICATIONS[0] | {"state": {"state": "RUNNING"}, "job": job}]
    async with nas(answers(replication__query=rows)) as (system, _):
        result = await system.call("snapshots")
    assert "last RUNNING 41 %" in result.text


async def test_the_state_of_the_system_is_told() -> None:
    async with nas() as (system, _):
        result = await system.call("system_status")
    assert result.text.splitlines() == [
        "TrueNAS 25.04.2.1 on nas, up 10 d 5 h since 2026-02-18 21:42Z",
        "  X11SCL-F; Intel(R) Core(TM) i3-9100, 4 threads; 62.7 GiB memory (ECC)",
        "  load over 1, 5 and 15 minutes: 0.42, 0.50, 0.61; its clock 2026-03-01 02:14Z (Europe/Vienna)",
        "1 active alert; 1 match",
        "  [CRITICAL] since 2026-03-01 01:54Z: Pool tank state is DEGRADED: Disk ST8000 ZFL1 is UNAVAIL",
        "1 running job; 1 match",
        "  app.upgrade RUNNING 12 % since 2026-03-01 02:09Z: Pulling",
        "1 disk; 1 match",
        "  sda: HDD ST8000VN004, 7.3 TiB, serial ZFL0, pool tank, sleeps after 30 min, 41.0 °C",
        "Note: jobs: this key is shown its own jobs alone: core.get_jobs shows all of them to FULL_ADMIN",
    ]
    assert result.completeness is Completeness.PARTIAL


async def test_alerts_come_the_worst_first_and_dismissed_ones_not_at_all() -> None:
    rows = [
        ALERTS[0] | {"uuid": level, "level": level, "formatted": level.lower(), "dismissed": level == "ALERT"}
        for level in ("INFO", "WARNING", "ALERT", "CRITICAL", "NEW")
    ]
    async with nas(answers(alert__list=rows)) as (system, _):
        lines = (await system.call("system_status")).text.splitlines()
    assert [line.split("]")[0] for line in lines if line.startswith("  [")] == [
        "  [CRITICAL",
        "  [WARNING",
        "  [INFO",
        "  [NEW",
    ]


async def test_a_full_administrator_is_shown_all_jobs() -> None:
    full = {"pw_name": "root", "privilege": {"roles": {"$set": ["FULL_ADMIN"]}}}
    async with nas(answers(auth__me=full)) as (system, _):
        result = await system.call("system_status")
    assert (result.completeness, result.detail) == (Completeness.COMPLETE, "")


async def test_over_rest_temperatures_are_not_asked_and_rights_not_assumed() -> None:
    async with old_nas() as (system, server):
        result = await system.call("system_status")
    assert "°C" not in result.text
    assert not [path for path in server.paths if "temperatures" in path]
    assert result.detail == "jobs: over REST it cannot be asked whether the key is shown all jobs"


async def test_apps_are_told_troubled_ones_first() -> None:
    fine = {"name": "adguard", "state": "RUNNING", "version": "1.2", "upgrade_available": False}
    async with nas(answers(app__query=[fine, *APPS])) as (system, _):
        result = await system.call("apps")
    assert result.text.splitlines() == [
        "2 apps; 2 match",
        "  - immich (CRASHED) v2.1.0_1.8.3 [upgrade available: 1.9.0]; containers not running: server exited",
        "  + adguard (RUNNING) v1.2",
    ]


async def test_nothing_at_all_is_said_as_such() -> None:
    async with nas(answers(app__query=[], sharing__nfs__query=[], sharing__smb__query=[])) as (
        system,
        _,
    ):
        apps, shares = await system.call("apps"), await system.call("list_shares")
    assert (apps.text, apps.completeness) == ("No apps.", Completeness.EMPTY)
    assert (shares.text, shares.completeness) == ("No shares.", Completeness.EMPTY)


async def test_no_snapshots_and_nothing_that_takes_them_is_empty() -> None:
    nothing: dict[str, list[object]] = {
        "pool__snapshot__query": [],
        "pool__snapshottask__query": [],
        "replication__query": [],
    }
    async with nas(answers(**nothing)) as (system, _):
        result = await system.call("snapshots")
    assert result.completeness is Completeness.EMPTY
    assert result.text.endswith("No snapshot tasks.\nNo replications.")


async def test_a_list_that_is_empty_for_want_of_rights_is_denied() -> None:
    no_right = refused(13, "[EACCES] Not authorized")
    behaviour = but("sharing.nfs.query", no_right, but("sharing.smb.query", no_right))
    async with nas(behaviour) as (system, _):
        result = await system.call("list_shares")
    assert result.completeness is Completeness.DENIED
    assert "sharing.nfs.query needs the role SHARING_NFS_READ" in result.detail
    assert "sharing.smb.query needs the role SHARING_SMB_READ" in result.detail


async def test_names_from_outside_cannot_pass_for_lines() -> None:
    forged = APPS[0] | {"name": "x\n  + fine (RUNNING)\x1b[2J", "latest_version": "password=hunter2"}
    async with nas(answers(app__query=[forged])) as (system, _):
        text = (await system.call("apps")).text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "hunter2" not in text


async def test_no_secret_of_the_configuration_reaches_text_or_data() -> None:
    async with nas() as (system, _):
        for tool in system.integration.tools:
            result = await tool.call()
            assert "hunter2" not in result.text + encode(result.data).decode(), tool.name
        for reading in (
            await system.inventory.inventory(),
            await system.backups.backup_jobs(),
            await system.backups.backups(),
        ):
            assert "hunter2" not in encode(reading).decode()


async def test_the_boot_pool_may_be_none() -> None:
    async with nas(answers(boot__get_state=None)) as (system, _):
        assert "boot-pool" not in (await system.call("pool_status")).text
    async with nas(answers(boot__get_state=BOOT | {"status": "DEGRADED"})) as (system, _):
        assert "boot-pool DEGRADED" in (await system.call("pool_status", name="boot-pool")).text


async def test_the_schemas_keep_to_their_budget() -> None:
    async with old_nas() as (system, _):
        sizes = {
            tool.name: len(json.dumps(tool.schema, separators=(",", ":")))
            for tool in system.integration.tools
        }
    assert sum(sizes.values()) <= MOST_SCHEMA, sizes
    assert JOBS
