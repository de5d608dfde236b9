from __future__ import annotations

import json

import pytest

from sre_assistant.domain.errors import CallError, ConfigError, Unreachable
from sre_assistant.domain.reading import Completeness
from tests.integrations.pbs.answers import (
    BASE,
    COLLECTIONS,
    DAY,
    EPOCH,
    GROUPS,
    MAIN,
    SNAPSHOTS,
    TASKS,
    VERIFY,
    data,
    running,
    said,
)

GROUPS_PATH = "admin__datastore__main__groups"
SNAPSHOTS_PATH = "admin__datastore__main__snapshots"


async def test_datastores_are_shown_with_room_prospect_and_collection() -> None:
    async with running() as pbs:
        result = await pbs.call("pbs_datastore_status")
    assert result.text.splitlines() == [
        "2 datastores, 1 of them unusable",
        "  old: UNUSABLE, \"datastore 'old' is in offline maintenance mode: disk swap\"; "
        'in maintenance mode "offline: disk swap"',
        "  main: 1.5 TiB of 1.8 TiB used (84 %), 298.1 GiB available; full in 41 d (2026-12-31); "
        '79 % → 84 % from 2026-11-16 to 2026-11-19; "ZFS mirror second line"',
        "    garbage collection: last ended 2026-11-20 18:10:12Z, took 10 min 12 s, removed 10.0 GiB, "
        '2.0 GiB pending, deduplication 16.0x, schedule "daily", next 2026-11-21 00:00:00Z',
    ]
    assert result.data is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"estimated-full-date": 0}, "; its use does not change;"),
        ({"estimated-full-date": 5}, "; its use shrinks;"),
        ({"estimated-full-date": None}, "; no estimate yet of when it will be full;"),
        ({"estimated-full-date": 9e14}, "; not full within a century at its growth;"),
        ({"history": None}, "(2026-12-31)\n"),
        ({"total": 0, "used": 0}, "0 B of 0 B used, 298.1 GiB"),
        ({"total": None}, "main: only a part of it may be seen, not its room\n"),
        ({"mount-status": "notmounted", "total": None}, 'main: UNUSABLE, "it is not mounted"'),
    ],
)
async def test_what_is_not_known_of_a_datastore_is_not_made_up(
    changed: dict[str, object], words: str
) -> None:
    async with running() as pbs:
        pbs.answers(admin__datastore=data([]), **{"status__datastore-usage": data([MAIN | changed])})
        assert words in (await pbs.call("pbs_datastore_status")).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"upid": None, "last-run-endtime": None}, "garbage collection: NEVER ran"),
        (
            {"last-run-state": "unable to acquire lock"},
            'FAILED 2026-11-20 18:10:12Z: "unable to acquire lock", last good one 2026-11-20 18:00:00Z',
        ),
        ({"last-run-state": "error", "upid": None}, "no good one yet"),
        ({"schedule": None}, "no schedule"),
        ({"still-bad": 3}, "3 chunks are damaged"),
    ],
)
async def test_a_collection_that_is_not_well_says_so(changed: dict[str, object], words: str) -> None:
    async with running() as pbs:
        pbs.answers(admin__gc=data([COLLECTIONS[0] | changed]))
        assert words in (await pbs.call("pbs_datastore_status")).text


async def test_backups_are_shown_the_stalest_first() -> None:
    async with running() as pbs:
        result = await pbs.call("pbs_list_backups")
    assert result.text.splitlines() == [
        "3 backup groups; 3 match; 2 without a backup for a day or longer",
        '  ct/101 "pihole" in main/pve-home: newest 2026-11-11 20:00:00Z (9 d ago); one begun '
        "2026-11-20 19:59:00Z is not finished, 1 backup since 2026-11-11, 5.0 GiB, never verified, "
        "owner pve@pbs!home",
        "  host/nas in main: newest 2026-11-19 14:00:00Z (1 d 6 h ago), 30 backups, verification unknown, "
        "owner root@pam",
        '  vm/100 "docker-host" in main/pve-home: newest 2026-11-20 18:00:00Z (2 h ago), 2 backups since '
        "2026-11-19, 32.0 GiB, verified; 1 older failed it, owner pve@pbs!home, 1 protected",
        "Note: datastore 'old' is in offline maintenance mode: disk swap",
    ]
    assert result.completeness is Completeness.PARTIAL


async def test_what_was_never_finished_comes_before_what_is_old() -> None:
    never = SNAPSHOTS[3] | {"backup-id": "999"}
    async with running() as pbs:
        pbs.answers(**{SNAPSHOTS_PATH: data([*SNAPSHOTS, never])})
        lines = (await pbs.call("pbs_list_backups", namespace="pve-home")).text.splitlines()
    assert lines[1].startswith(
        "  ct/999 in main/pve-home: no finished backup; one begun 2026-11-20 19:59:00Z"
    )


@pytest.mark.parametrize(
    ("arguments", "subjects"),
    [
        ({"group": "VM/1"}, ["vm/100"]),
        ({"group": "docker"}, ["vm/100"]),
        ({"namespace": "pve-home"}, ["ct/101", "vm/100"]),
        ({"namespace": "/"}, ["host/nas"]),
        ({"namespace": ""}, ["host/nas"]),
        ({"datastore": "main"}, ["ct/101", "host/nas", "vm/100"]),
        ({"datastore": "*"}, ["ct/101", "host/nas", "vm/100"]),
        ({"group": "nothing"}, []),
    ],
)
async def test_backups_can_be_narrowed(arguments: dict[str, str], subjects: list[str]) -> None:
    async with running() as pbs:
        result = await pbs.call("pbs_list_backups", **arguments)
    shown = [line.split()[0] for line in result.text.splitlines()[1:] if not line.startswith("Note")]
    assert shown == subjects
    assert f"3 backup groups; {len(subjects)} match" in result.text or len(subjects) == 3


async def test_nothing_that_matches_says_what_to_try() -> None:
    async with running() as pbs:
        text = (await pbs.call("pbs_list_backups", group="nothing")).text
    assert text.startswith("3 backup groups; 0 match. Next: leave out the filters")


async def test_a_newest_backup_that_failed_verification_stands_in_the_head() -> None:
    bad = SNAPSHOTS[0] | {"verification": {"state": "failed"}}
    async with running() as pbs:
        pbs.answers(**{SNAPSHOTS_PATH: data([bad, *SNAPSHOTS[1:]])})
        text = (await pbs.call("pbs_list_backups", namespace="pve-home")).text
    assert "newest backup FAILED verification: vm/100 (main/pve-home);" in text
    assert "verification FAILED; 1 older failed it" in text


async def test_the_default_datastore_is_the_one_that_is_meant() -> None:
    async with running(default_datastore="main") as pbs:
        one = await pbs.call("pbs_list_backups")
        everything = await pbs.call("pbs_list_backups", datastore="*")
    assert one.completeness is Completeness.COMPLETE
    assert everything.completeness is Completeness.PARTIAL


async def test_a_datastore_that_is_not_there_is_told_with_those_that_are() -> None:
    async with running(default_datastore="gone") as pbs:
        with pytest.raises(CallError, match='datastore is "nope", but the datastores are main, old'):
            await pbs.call("pbs_list_backups", datastore="nope")
        with pytest.raises(
            ConfigError, match=r"^PBS_DEFAULT_DATASTORE is 'gone', but the datastores are main"
        ):
            await pbs.call("pbs_list_backups")


async def test_a_namespace_that_is_not_there_is_told_with_those_that_are() -> None:
    async with running() as pbs:
        with pytest.raises(CallError, match='namespace is "nope": backups are in /, pve-home'):
            await pbs.call("pbs_list_backups", namespace="nope")


async def test_tasks_are_shown_with_their_outcome_and_without_secrets() -> None:
    async with running() as pbs:
        result = await pbs.call("pbs_list_tasks")
    assert result.text.splitlines() == [
        "The newest 3 tasks: 1 OK, 1 FAILED, 1 running",
        "  [OK] 2026-11-20 18:00:00Z backup main:pve-home:vm/100 by pve@pbs!home, took 1 min",
        "  [FAILED] 2026-11-20 19:00:00Z syncjob offsite:vault:main::s-off: connection error: "
        "token=[hidden] refused by root@pam, took 3 s",
        "  [running] 2026-11-20 19:59:00Z aptupdate",
    ]


async def test_only_errors_are_asked_of_the_server() -> None:
    async with running() as pbs:
        result = await pbs.call("pbs_list_tasks", limit=7, errors_only=True)
    assert f"{BASE}/nodes/localhost/tasks?limit=7&errors=1" in {seen.target for seen in pbs.server.seen}
    assert "[running]" not in result.text


@pytest.mark.parametrize("limit", [0, -1, 51, 10**30])
async def test_a_limit_out_of_range_asks_nothing(limit: int) -> None:
    async with running() as pbs:
        with pytest.raises(CallError, match=r"limit is .*: give 1 to 50"):
            await pbs.call("pbs_list_tasks", limit=limit)
    assert pbs.server.seen == []


async def test_jobs_are_shown_those_that_need_a_look_first() -> None:
    async with running() as pbs:
        text = (await pbs.call("pbs_list_jobs")).text
    assert text.splitlines() == [
        "6 jobs; 1 never ran, 1 failed",
        "  verify v-3333 on old: no schedule, never ran",
        '  sync s-off on main: schedule "hourly", last run 2026-11-20 19:00:00Z (1 h ago) FAILED, '
        '"to offsite:vault; connection error: Connection refused (os error 111)"',
        '  gc main on main: schedule "daily", last run 2026-11-20 18:00:00Z (2 h ago) OK, '
        "next 2026-11-21 00:00:00Z",
        '  prune p-home on main/pve-home: schedule "daily", last run 2026-11-20 18:00:00Z (2 h ago) OK, '
        '"WARNINGS: 2", next 2026-11-21 02:00:00Z',
        '  verify v-1111 on main: schedule "sat 02:00", last run 2026-11-20 17:00:00Z (3 h ago) OK, '
        "next 2026-11-21 02:00:00Z",
        '  DISABLED prune p-off on old: schedule "weekly", never ran',
    ]


async def test_what_is_empty_says_what_to_try_next() -> None:
    nothing = data([])
    async with running() as pbs:
        pbs.answers(
            admin__verify=nothing,
            admin__prune=nothing,
            admin__sync=nothing,
            admin__gc=nothing,
            nodes__localhost__tasks=nothing,
            **{"status__datastore-usage": nothing},
        )
        texts = {
            name: await pbs.call(f"pbs_{name}") for name in ("datastore_status", "list_backups", "list_jobs")
        }
        tasks = [await pbs.call("pbs_list_tasks", errors_only=errors) for errors in (False, True)]
    assert texts["datastore_status"].text.startswith("No datastores. Next: ")
    assert texts["list_backups"].text.startswith("No backups. Next: ")
    assert texts["list_jobs"].text.startswith("No jobs: nothing is verified")
    assert [task.text for task in tasks] == [
        "No tasks. Next: sre doctor shows whether the token may see any.",
        "No failed tasks.",
    ]
    assert {each.completeness for each in (*texts.values(), *tasks)} == {Completeness.EMPTY}


async def test_a_time_ahead_of_ours_is_not_ago() -> None:
    ahead = SNAPSHOTS[0] | {"backup-time": EPOCH + 3600}
    async with running() as pbs:
        pbs.answers(**{SNAPSHOTS_PATH: data([ahead])})
        assert "(1 h AHEAD)" in (await pbs.call("pbs_list_backups", group="vm/100")).text


async def test_names_from_outside_stay_on_their_line() -> None:
    nasty = GROUPS[0] | {"backup-id": "1\x1b[2J\n2", "comment": "ok\n  vm/1 fake \u202e token=s3cr3t-value"}
    async with running() as pbs:
        pbs.answers(**{GROUPS_PATH: data([nasty]), SNAPSHOTS_PATH: data([])})
        text = (await pbs.call("pbs_list_backups", namespace="pve-home")).text
    assert [line for line in text.splitlines() if "vm/1" in line] == [text.splitlines()[1]]
    for hidden in ("\x1b", "\u202e", "s3cr3t-value"):
        assert hidden not in text


async def test_the_longest_lists_keep_to_their_budget() -> None:
    groups = [GROUPS[0] | {"backup-id": str(n), "comment": "x" * 300} for n in range(500)]
    stores = [MAIN | {"store": f"s{n}", "mount-status": "notmounted"} for n in range(200)]
    jobs = [VERIFY[0] | {"id": f"v-{n}"} for n in range(300)]
    tasks = [TASKS[1] | {"upid": str(n), "status": "y" * 900} for n in range(50)]
    async with running() as pbs:
        pbs.answers(
            **{GROUPS_PATH: data(groups), SNAPSHOTS_PATH: data([]), "status__datastore-usage": data([MAIN])},
            admin__verify=data(jobs),
            nodes__localhost__tasks=data(tasks),
        )
        shortened = await pbs.call("pbs_list_backups")
        assert isinstance(shortened.data, tuple)
        assert len(shortened.data) == 1_000
        texts = [
            shortened.text,
            (await pbs.call("pbs_list_jobs")).text,
            (await pbs.call("pbs_list_tasks", limit=50)).text,
        ]
        pbs.answers(**{"status__datastore-usage": data(stores)})
        texts.append((await pbs.call("pbs_datastore_status")).text)
    for text in texts:
        assert 2_000 < len(text) < 5_000
        assert " shown)" in text.splitlines()[0]


async def test_a_failure_is_a_failure_and_no_text() -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": said("no", 500)})
        for tool in ("pbs_datastore_status", "pbs_list_backups"):
            with pytest.raises(Unreachable):
                await pbs.call(tool)


async def test_no_time_is_shown_as_a_number_of_seconds() -> None:
    async with running() as pbs:
        for tool in ("pbs_datastore_status", "pbs_list_backups", "pbs_list_tasks", "pbs_list_jobs"):
            text = (await pbs.call(tool)).text
            assert not [day for day in range(-20, 60) if str(EPOCH + day * DAY)[:5] in text], tool


async def test_a_model_is_told_of_all_tools_in_few_words() -> None:
    async with running() as pbs:
        schemas = [json.dumps(tool.schema, separators=(",", ":")) for tool in pbs.integration.tools]
    assert sum(map(len, schemas)) <= 1_250
