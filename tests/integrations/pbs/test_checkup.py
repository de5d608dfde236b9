from __future__ import annotations

from typing import Any

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.kit.secret import Secret
from tests.integrations.pbs.answers import (
    AUDITOR,
    COLLECTIONS,
    EPOCH,
    MAIN,
    PRUNE,
    STORES,
    VERIFY,
    data,
    running,
    said,
)
from tests.kit.hostile import Behaviour

ONE = {"status__datastore-usage": data([MAIN])}
PRUNED = data([PRUNE[0] | {"ns": ""}])


def found(checkup: Checkup, check: str) -> list[Finding]:
    return [finding for finding in checkup.findings if finding.check == check]


def wrong(checkup: Checkup) -> list[tuple[str, str]]:
    return [(f.level, f.text) for f in checkup.findings if f.level != "ok"]


async def checked(**changed: Behaviour) -> Checkup:
    async with running() as pbs:
        pbs.answers(**(ONE | changed))
        return await pbs.integration.checkup()


async def test_a_well_kept_server_passes_every_check() -> None:
    checkup = await checked(admin__verify=data(VERIFY[:1]), admin__prune=PRUNED)
    assert wrong(checkup) == []
    assert (checkup.status, checkup.kind, checkup.version) == ("ok", "pbs", "Proxmox Backup Server 4.1-2")
    assert {f.check for f in checkup.findings} == {"reachable", "version", "clock", "permission"}
    assert checkup.rights == (
        "/datastore: Datastore.Audit",
        "/remote: Remote.Audit",
        "/system: Datastore.Audit, Sys.Audit",
    )


@pytest.mark.parametrize(
    ("missing", "level", "fix"),
    [
        ("/datastore", "error", "acl update /datastore DatastoreAudit --auth-id"),
        ("/system", "error", "acl update /system Audit --auth-id"),
        ("/remote", "warning", "acl update /remote RemoteAudit --auth-id"),
    ],
)
async def test_a_right_that_is_missing_is_told_with_both_lines_that_give_it(
    missing: str, level: str, fix: str
) -> None:
    checkup = await checked(access__permissions=data({k: v for k, v in AUDITOR.items() if k != missing}))
    (finding,) = (f for f in found(checkup, "permission") if f.level != "ok")
    assert finding.level == level
    assert finding.fix == (
        f"proxmox-backup-manager {fix} sre@pbs && proxmox-backup-manager {fix} 'sre@pbs!read'"
    )


async def test_a_token_that_may_more_than_read_is_a_warning() -> None:
    checkup = await checked(access__permissions=data(AUDITOR | {"/": {"Datastore.Modify": True}}))
    (finding,) = (f for f in found(checkup, "permission") if f.level == "warning")
    assert "Datastore.Modify on /" in finding.text
    assert finding.fix.endswith("--delete --auth-id 'sre@pbs!read'")


async def test_rights_that_cannot_be_asked_are_a_warning_and_conclude_nothing() -> None:
    checkup = await checked(access__permissions=said("no", 500), admin__verify=data([]))
    assert [f.text for f in found(checkup, "permission") if f.level != "ok"] == [
        "what the token may see could not be asked: HTTP 500: no"
    ]
    assert "no verify job" not in str(checkup.findings)


@pytest.mark.parametrize(
    ("changed", "words", "fix"),
    [
        (
            {"admin__verify": data(VERIFY[1:])},
            "'main' has no verify job",
            "verify-job create verify-main --store main --schedule daily --outdated-after 30",
        ),
        (
            {"admin__verify": data([VERIFY[0] | {"disable": True}])},
            "'main' has no verify job",
            "verify-job create verify-main --store main",
        ),
        (
            {"admin__prune": data([])},
            "'main' has no prune job",
            "prune-job create prune-main --store main --schedule daily --keep-daily 7",
        ),
        (
            {"admin__gc": data([COLLECTIONS[0] | {"schedule": None}])},
            "'main' has no schedule for garbage collection",
            "datastore update main --gc-schedule daily",
        ),
        (
            {"admin__gc": data([COLLECTIONS[0] | {"upid": None}])},
            "garbage collection of datastore 'main' never ended well",
            "garbage-collection start main",
        ),
        (
            {"admin__datastore": data([STORES[0] | {"maintenance": "type=read-only,message=move"}])},
            "'main' is in maintenance mode 'read-only: move'",
            "datastore update main --delete maintenance-mode",
        ),
        (
            {"status__datastore-usage": data([{"store": "main", "error": "unable to open chunk store"}])},
            "'main' cannot be used: unable to open chunk store",
            "datastore show main",
        ),
    ],
)
async def test_a_datastore_that_is_not_looked_after_is_a_warning_with_its_line(
    changed: dict[str, Any], words: str, fix: str
) -> None:
    checkup = await checked(**({"admin__verify": data(VERIFY[:1]), "admin__prune": PRUNED} | changed))
    (finding,) = found(checkup, "setting")
    assert (finding.level, words in finding.text) == ("warning", True)
    assert finding.fix.startswith(f"proxmox-backup-manager {fix}")
    assert checkup.status == "ok"


async def test_jobs_that_may_be_hidden_are_not_missed() -> None:
    own = {"/datastore/main": {"Datastore.Audit": True}, "/system": {"Sys.Audit": True}}
    checkup = await checked(access__permissions=data(own), admin__verify=data([]), admin__prune=data([]))
    assert found(checkup, "setting") == []
    assert checkup.status == "limited"


async def test_an_older_release_says_nothing_of_schedules_and_is_not_blamed() -> None:
    checkup = await checked(admin__gc=said("x", 404), admin__verify=data(VERIFY[:1]), admin__prune=PRUNED)
    assert found(checkup, "setting") == []


@pytest.mark.parametrize("part", ["status__datastore-usage", "admin__verify", "admin__prune"])
async def test_a_part_that_is_refused_is_an_error(part: str) -> None:
    checkup = await checked(**{part: said("permission check failed", 403)})
    (finding,) = (f for f in found(checkup, "permission") if f.level == "error")
    assert "HTTP 403" in finding.text
    assert checkup.status == "limited"


async def test_a_default_datastore_that_is_not_there_is_an_error() -> None:
    async with running(default_datastore="gone") as pbs:
        finding = found(await pbs.integration.checkup(), "setting")[0]
    assert finding.level == "error"
    assert finding.text.startswith("PBS_DEFAULT_DATASTORE is 'gone'")


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (1, "ok"), (-2, "ok"), (30, "warning"), (-300, "error")]
)
async def test_a_clock_that_is_off_is_measured(seconds: int, level: str) -> None:
    checkup = await checked(nodes__localhost__time=data({"time": EPOCH + seconds}))
    assert [f.level for f in found(checkup, "clock")] == [level]


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ("4.1", "ok", "Proxmox Backup Server 4.1"),
        ("2.2", "ok", "2.2"),
        ("2.1", "warning", "older than 2.2"),
        ("5.0", "warning", "newer than 4.x"),
        ("", "warning", "no version"),
    ],
)
async def test_the_version_is_judged(version: str, level: str, words: str) -> None:
    (finding,) = found(await checked(version=data({"version": version})), "version")
    assert finding.level == level
    assert words in finding.text


async def test_a_token_that_is_not_known_is_told_with_its_setting() -> None:
    async with running() as pbs:
        pbs.answers(version=said("authentication failed", 401))
        checkup = await pbs.integration.checkup()
    (finding,) = found(checkup, "authorised")
    assert (checkup.status, finding.fix) == ("down", "PBS_API_TOKEN_FILE=/path/to/api-token")


async def test_an_address_without_the_port_is_told_with_it() -> None:
    from sre_assistant.integrations.pbs import connect
    from sre_assistant.integrations.pbs.config import Config
    from sre_assistant.kit.clock import FixedClock
    from sre_assistant.kit.recording import ReplayWire
    from tests.integrations.pbs.answers import NOW

    config = Config(url="https://pbs.lan", api_token=Secret("sre@pbs!read:x-y-z"))
    checkup = await connect(config, ReplayWire("pbs", ()), FixedClock(NOW)).checkup()
    (finding,) = found(checkup, "reachable")
    assert finding.fix == "PBS_URL=https://pbs.lan:8007"
