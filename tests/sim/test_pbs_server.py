from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proxmoxer import ProxmoxAPI, ResourceException  # type: ignore[import-untyped]

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.pbs.access import CHANGE, READ, USER, Keys
from sre_assistant.sim.servers.pbs.pruning import staying
from tests.kit import certificates
from tests.sim.proxmox_wire import BEGUN, Wire, advance, named, story
from tests.sim.tls import Secured

LAST_NIGHT = 1794625200  # 2026-11-14T03:00:00Z
TONIGHT = LAST_NIGHT + 86400
STORE = "admin/datastore/main"


@pytest.fixture(scope="module")
def quiet() -> Iterator[Wire]:
    """A healthy house, for tests that only read."""
    with Homelab("healthy") as homelab:
        yield Wire(homelab, "pbs")


@pytest.fixture
def house() -> Iterator[Homelab]:
    """A healthy house, for tests that change something."""
    with Homelab("healthy") as homelab:
        yield homelab


def groups(wire: Wire) -> dict[Any, dict[str, Any]]:
    return named(wire.get(f"{STORE}/groups"), "backup-id")


def snapshots(wire: Wire, number: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = wire.get(f"{STORE}/snapshots", backup_type="vm", backup_id=number)
    return rows


def test_proxmoxer_reads_it_as_if_it_were_real(house: Homelab, tmp_path: Path) -> None:
    port = int(house.doors["pbs"].url.rpartition(":")[2])
    with Secured(port, certificates.server_context(tmp_path)) as secured:
        api = ProxmoxAPI(
            "127.0.0.1",
            port=secured.port,
            service="PBS",
            user=USER,
            token_name=READ,
            token_value=Keys(house.live.credentials["pbs"]).token(READ),
            verify_ssl=str(certificates.authority(tmp_path)),
        )
        assert api.version.get()["version"].startswith("3.")
        [usage] = api.status("datastore-usage").get()
        assert usage["store"] == "main"
        assert len(api.admin.datastore("main").groups.get()) == 11
        [task] = api.nodes("localhost").tasks.get(typefilter="garbage_collection", limit=1)
        assert api.nodes("localhost").tasks(task["upid"]).status.get()["exitstatus"] == "OK"
        with pytest.raises(ResourceException) as refused:
            api.admin.datastore("main").gc.post()
        assert refused.value.status_code == 403


# ---- what is there


def test_groups_and_snapshots_follow_from_the_nightly_job(quiet: Wire) -> None:
    found = groups(quiet)
    assert set(found) == {"102", "104", "110", "111", "120", "131", "132", "133", "201", "202", "203"}
    assert {name: found["110"][name] for name in ("backup-type", "last-backup", "backup-count", "owner")} == {
        "backup-type": "vm",
        "last-backup": LAST_NIGHT,
        "backup-count": 14,
        "owner": "pve@pbs!cluster",
    }
    assert (found["201"]["backup-type"], found["201"]["files"][0]) == ("ct", "pct.conf.blob")
    rows = snapshots(quiet, 110)
    assert [row["backup-time"] for row in rows] == [LAST_NIGHT - 86400 * day for day in range(14)]
    assert {row["comment"] for row in rows} == {"media"}
    assert {row["protected"] for row in rows} == {False}
    sizes = [file["size"] for file in rows[0]["files"] if "size" in file]
    assert rows[0]["size"] == sum(sizes) > 120 * 2**30
    counts = quiet.get(f"{STORE}/status", verbose=1)["counts"]
    assert counts["vm"] == {"groups": 8, "snapshots": 112}


def test_a_verification_on_saturdays_covers_what_was_there(quiet: Wire) -> None:
    [job] = quiet.get("admin/verify")
    assert (job["last-run-state"], job["schedule"]) == ("OK", "sat 12:00")
    rows = snapshots(quiet, 110)
    assert {row["verification"]["state"] for row in rows} == {"ok"}
    assert rows[0]["verification"]["upid"] == job["last-run-upid"]
    assert rows[-1]["verification"]["upid"] != job["last-run-upid"]


def test_usage_has_a_month_of_history_and_an_honest_estimate(quiet: Wire) -> None:
    [row] = quiet.get("status/datastore-usage")
    assert len(row["history"]) == 30
    assert row["history"] == sorted(row["history"])
    years = (row["estimated-full-date"] - BEGUN) / 86400 / 365
    assert 3.0 < years < 4.5  # 2 GiB a day into 2.5 TiB
    plain = quiet.get(f"{STORE}/status")
    assert plain == {name: row[name] for name in ("total", "used", "avail")}


def test_jobs_and_tasks_belong_together(quiet: Wire) -> None:
    tasks = named(quiet.tasks("localhost", since=0, limit=0), "upid")
    for path, kind in (("prune", "prunejob"), ("verify", "verificationjob")):
        [job] = quiet.get(f"admin/{path}")
        task = tasks[job["last-run-upid"]]
        assert (task["worker_type"], task["worker_id"]) == (kind, f"main:{job['id']}")
        assert job["last-run-endtime"] == task["endtime"] < quiet.homelab.clock.milliseconds() / 1000
        assert job["next-run"] > BEGUN
    collected = quiet.get(f"{STORE}/gc")
    assert tasks[collected["upid"]]["worker_type"] == "garbage_collection"
    assert quiet.get("admin/gc") == [collected]
    assert quiet.get("admin/sync") == []


def test_a_tasks_name_escapes_what_it_worked_on(quiet: Wire) -> None:
    rows = quiet.tasks("localhost", since=LAST_NIGHT, typefilter="backup")
    upid = next(row["upid"] for row in rows if row["worker_id"] == "main:vm/110")
    assert upid.endswith(":backup:main\\x3avm-110:pve@pbs!cluster:")
    state = quiet.state(upid, "localhost")
    assert (state["id"], state["user"], state["tokenid"]) == ("main:vm/110", "pve@pbs", "cluster")
    log = quiet.log(upid, "localhost")
    assert log[0] == (
        "2026-11-14T03:00:00+00:00: starting new backup on datastore 'main': \"vm/110/2026-11-14T03:00:00Z\""
    )
    assert log[-1] == "2026-11-14T03:03:00+00:00: TASK OK"


PATHS = (
    "version",
    "nodes",
    "nodes/localhost/status",
    "nodes/pbs/tasks?limit=0",
    "nodes/localhost/disks/list",
    "nodes/localhost/disks/smart?disk=sdb",
    "nodes/localhost/disks/zfs",
    "nodes/localhost/services",
    "nodes/localhost/subscription",
    "status/datastore-usage",
    "admin/datastore",
    f"{STORE}/status?verbose=1",
    f"{STORE}/groups",
    f"{STORE}/snapshots",
    f"{STORE}/namespace",
    f"{STORE}/gc",
    "admin/gc",
    "admin/prune",
    "admin/verify",
    "admin/sync",
    "config/datastore",
    "config/datastore/main",
    "config/verify",
    "config/prune",
    "config/sync",
    "access/permissions",
)


def test_the_same_seed_gives_the_same_bytes(quiet: Wire) -> None:
    first = [quiet.ask("GET", path) for path in PATHS]
    assert {answer.status for answer in first} == {200}
    with Homelab("healthy") as again:
        assert [Wire(again, "pbs").ask("GET", path) for path in PATHS] == first
    assert first[0].headers["date"] == "Sun, 15 Nov 2026 00:30:00 GMT"
    assert "server" not in first[0].headers


# ---- errors


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("nope", 404, "Path '/api2/json/nope' not found."),
        ("admin/datastore/nope/status", 400, "no such datastore 'nope'"),
        (f"{STORE}/groups?ns=pve", 400, "namespace 'pve' does not exist"),
        (
            "nodes/localhost/tasks?limit=x",
            400,
            "parameter verification failed - 'limit': value is not an integer",
        ),
        ("nodes/elsewhere/tasks", 400, "no such node 'elsewhere'"),
        (
            "nodes/localhost/tasks/UPID:x/status",
            400,
            "parameter verification failed - 'upid': unable to parse UPID",
        ),
        (
            f"{STORE}/../../../access/users",
            404,
            f"Path '/api2/json/{STORE}/../../../access/users' not found.",
        ),
        (
            f"{STORE}/%2e%2e/%2e%2e/config/datastore",
            404,
            f"Path '/api2/json/{STORE}/../../config/datastore' not found.",
        ),
    ],
)
def test_errors_are_plain_texts_that_call_themselves_json(
    quiet: Wire, path: str, status: int, text: str
) -> None:
    answer = quiet.ask("GET", path)
    assert (answer.status, answer.text) == (status, text)
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    "authorization",
    ["", "PBSAPIToken=sre@pbs!read=0000", "PBSAPIToken=sre@pbs!read:0000", "PBSAPIToken=eve@pbs!read:0000"],
)
def test_a_wrong_token_is_told_nothing(quiet: Wire, authorization: str) -> None:
    answer = quiet.ask("GET", "nodes", {"Authorization": authorization} if authorization else {})
    assert (answer.status, answer.text) == (401, "authentication failed")
    assert quiet.ask("GET", "ping", {}).data == {"pong": True}


def test_the_other_format_says_of_errors_that_all_is_well(quiet: Wire) -> None:
    bad = quiet.ask("POST", f"{STORE}/gc", base="/api2/extjs/")
    assert bad.status == 200
    assert bad.json == {
        "message": "permission check failed",
        "errors": {},
        "success": False,
        "status": 403,
    }


def test_a_right_that_is_missing_empties_lists_and_refuses_the_rest() -> None:
    fault = {
        "fault": "deny",
        "at": "+0s",
        "system": "pbs",
        "privilege": "Datastore.Audit",
        "path": "/datastore",
    }
    with Homelab(story(fault)) as homelab:
        wire = Wire(homelab, "pbs")
        for path in (
            "status/datastore-usage",
            "admin/datastore",
            "config/datastore",
            "admin/verify",
            "admin/gc",
        ):
            assert wire.get(path) == [], path
        for path in (f"{STORE}/status", f"{STORE}/groups", f"{STORE}/snapshots", f"{STORE}/gc"):
            refused = wire.ask("GET", path)
            assert (refused.status, refused.text) == (403, "permission check failed")
        assert "Datastore.Audit" not in wire.get("access/permissions")["/datastore/main"]
        assert wire.get("access/permissions", path="/")["/"]["Datastore.Audit"] is True
        assert wire.tasks("localhost", since=0) != []


def test_without_the_right_to_audit_tasks_only_ones_own_are_seen() -> None:
    fault = {"fault": "deny", "at": "+0s", "system": "pbs", "privilege": "Sys.Audit"}
    with Homelab(story(fault)) as homelab:
        wire = Wire(homelab, "pbs", CHANGE)
        assert wire.tasks("localhost", since=0) == []
        upid = wire.post(f"{STORE}/gc")
        assert [task["upid"] for task in wire.tasks("localhost", since=0)] == [upid]
        assert wire.ask("GET", "nodes/localhost/status").status == 403
        assert wire.get("nodes/localhost/time")["timezone"] == "UTC"


# ---- stories


def test_a_guest_whose_backup_fails_falls_behind() -> None:
    fault = {"fault": "fail-backup", "at": "01:00", "job": "backup-nightly", "guest": "apps"}
    with Homelab(story(fault), at="04:00") as homelab:
        wire = Wire(homelab, "pbs")
        found = groups(wire)
        assert found["110"]["last-backup"] == TONIGHT
        assert found["111"]["last-backup"] < TONIGHT - 80_000
        [task] = wire.tasks("localhost", errors=1)
        assert (task["worker_id"], task["status"]) == (
            "main:vm/111",
            "backup ended but finished flag is not set.",
        )


def test_a_backup_under_way_has_no_files_yet() -> None:
    with Homelab("healthy", at="03:01") as homelab:
        wire = Wire(homelab, "pbs")
        newest = snapshots(wire, 110)[0]
        assert (newest["backup-time"], newest["files"], "size" in newest) == (TONIGHT, [], False)
        assert {task["worker_id"] for task in wire.tasks("localhost", running=1)} == {
            "main:vm/110",
            "main:vm/102",
            "main:vm/120",
        }
        advance(homelab, minutes=5)
        assert snapshots(wire, 110)[0]["size"] > 0


def test_what_is_never_pruned_piles_up() -> None:
    fault = {"fault": "disable-job", "at": "01:00", "job": "prune-main"}
    with Homelab(story(fault, start="2026-11-10T00:30:00Z")) as homelab:
        wire = Wire(homelab, "pbs")
        advance(homelab, days=5)
        assert groups(wire)["110"]["backup-count"] == 19
        [job] = wire.get("admin/prune")
        assert (job["disable"], "next-run" in job) == (True, False)


def test_a_full_datastore_takes_no_backups_and_says_why() -> None:
    fault = {"fault": "fill-datastore", "at": "01:00", "datastore": "main", "rate": "3TiB/h"}
    with Homelab(story(fault), at="04:00") as homelab:
        wire = Wire(homelab, "pbs")
        [row] = wire.get("status/datastore-usage")
        assert (row["avail"], row["used"]) == (0, row["total"])
        failed = wire.tasks("localhost", errors=1, typefilter="backup")
        assert {task["status"] for task in failed} == {"backup failed: No space left on device (os error 28)"}
        assert len(failed) == 11
        assert groups(wire)["110"]["last-backup"] == LAST_NIGHT


def test_a_server_that_is_gone_answers_nobody() -> None:
    with Homelab(story({"fault": "lose-host", "at": "01:00", "host": "pbs"}), at="01:30") as homelab:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            Wire(homelab, "pbs").ask("GET", "version")
        storage = named(Wire(homelab).get("nodes/pve1/storage"), "storage")["pbs"]
        assert (storage["active"], storage["total"]) == (0, 0)


def test_a_server_that_was_away_at_night_knows_nothing_of_the_backups_that_failed() -> None:
    fault = {"fault": "lose-host", "at": "02:30", "host": "pbs", "lasts": "2h"}
    with Homelab(story(fault), at="05:00") as homelab:
        wire = Wire(homelab, "pbs")
        assert wire.tasks("localhost", typefilter="backup") == []
        assert groups(wire)["110"]["last-backup"] == LAST_NIGHT
        [failed] = Wire(homelab).tasks(errors=1, typefilter="vzdump")
        assert failed["status"] == "job errors"


def test_a_datastore_that_cannot_be_used_says_so_in_each_place() -> None:
    with Homelab("healthy") as homelab:
        wire = Wire(homelab, "pbs")
        live = homelab.live
        live.world.tell("datastore/main", "maintenance", live.now - 60, live.now + 3600, detail="disk swap")
        text = "datastore 'main' is in offline maintenance mode: disk swap"
        assert wire.get("status/datastore-usage") == [
            {"store": "main", "mount-status": "nonremovable", "error": text}
        ]
        assert wire.get("admin/datastore")[0]["maintenance"] == "type=offline,message=disk%20swap"
        refused = wire.ask("GET", f"{STORE}/groups")
        assert (refused.status, refused.text) == (400, text)
        assert wire.get("config/datastore")[0]["maintenance-mode"] == "type=offline,message=disk%20swap"


def test_bad_sectors_under_a_datastore_are_found_by_the_next_verification() -> None:
    fault = {"fault": "fail-disk", "at": "01:00", "host": "pbs", "device": "sdb"}
    with Homelab(story(fault, start="2026-11-14T00:30:00Z"), at="20:00") as homelab:
        wire = Wire(homelab, "pbs")
        [job] = wire.get("admin/verify")
        assert job["last-run-state"] == "verification failed - please check the log for details"
        states = [
            row["verification"]["state"] for row in wire.get(f"{STORE}/snapshots") if "verification" in row
        ]
        assert 0 < states.count("failed") < states.count("ok")


# ---- changes


def test_collecting_and_verifying_are_tasks(house: Homelab) -> None:
    wire = Wire(house, "pbs", CHANGE)
    upids = [wire.post(f"{STORE}/gc"), wire.post(f"{STORE}/verify")]
    assert [wire.state(upid, "localhost")["status"] for upid in upids] == ["running", "running"]
    assert len(wire.tasks("localhost", running=1)) == 2
    advance(house, minutes=10)
    assert [wire.state(upid, "localhost")["exitstatus"] for upid in upids] == ["OK", "OK"]
    assert wire.get(f"{STORE}/gc")["upid"] == upids[0]
    assert Wire(house, "pbs").ask("POST", f"{STORE}/verify").status == 403


def test_pruning_is_told_first_and_done_then(house: Homelab) -> None:
    wire = Wire(house, "pbs", CHANGE)
    form = {"backup-type": "vm", "backup-id": 110, "keep-last": 2}
    told = wire.ask("POST", f"{STORE}/prune", form={**form, "dry-run": 1}).data
    assert [row["keep"] for row in told] == [True, True, *[False] * 12]
    assert len(snapshots(wire, 110)) == 14
    assert wire.ask("POST", f"{STORE}/prune", form=form).data == told
    assert [row["backup-time"] for row in snapshots(wire, 110)] == [LAST_NIGHT, LAST_NIGHT - 86400]
    one = {"backup-type": "vm", "backup-id": 111, "backup-time": snapshots(wire, 111)[0]["backup-time"]}
    assert wire.ask("DELETE", f"{STORE}/snapshots", form=one).status == 200
    assert wire.ask("DELETE", f"{STORE}/snapshots", form=one).status == 400
    assert groups(wire)["111"]["backup-count"] == 13
    seen = Wire(house, token="change").get("nodes/pve1/storage/pbs/content", vmid=110)
    assert len(seen) == 2


def test_actions_can_go_wrong() -> None:
    with Homelab(
        story(mishaps={"run-job datastore/main": "fail", "delete datastore/main": "lost"})
    ) as homelab:
        wire = Wire(homelab, "pbs", CHANGE)
        refused = wire.ask("POST", f"{STORE}/gc")
        assert (refused.status, refused.text) == (400, "operation failed: input/output error")
        one = {"backup-type": "vm", "backup-id": 110, "backup-time": LAST_NIGHT}
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            wire.ask("DELETE", f"{STORE}/snapshots", form=one)
        assert groups(wire)["110"]["backup-count"] == 13


@pytest.mark.parametrize(
    ("keeps", "expected"),
    [
        ({}, {0, 1, 2, 3, 9, 40}),
        ({"keep-last": 2}, {0, 1}),
        ({"keep-daily": 3}, {0, 1, 2}),
        ({"keep-last": 1, "keep-daily": 2}, {0, 1, 2}),
        ({"keep-weekly": 2}, {0, 9}),
        ({"keep-monthly": 2}, {0, 40}),
        ({"keep-yearly": 5}, {0}),
    ],
)
def test_what_stays_when_old_ones_go(keeps: dict[str, int], expected: set[int]) -> None:
    ages = {day: LAST_NIGHT - 86400 * day for day in (0, 1, 2, 3, 9, 40)}
    assert staying(list(ages.values()), keeps) == {ages[day] for day in expected}
