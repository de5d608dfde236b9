from __future__ import annotations

import pytest

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from tests.integrations.pbs.answers import AUDITOR, BASE, SYNC, TIME, data, running, said
from tests.kit.hostile import Behaviour, answering, in_turn


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (said("authentication failed", 401), Unauthorised, "HTTP 401"),
        (said("permission check failed", 403), Denied, "HTTP 403: not permitted: permission check failed"),
        (said("permission check failed"), Denied, "permission check failed"),
        (said("missing permissions 'Datastore.Audit' on '/x'"), Denied, "missing permissions"),
        (said("Path '/api2/json/nope' not found.", 404), Missing, "HTTP 404"),
        (said("no such datastore 'nope'"), Missing, "no such datastore 'nope'"),
        (said("namespace 'pve' does not exist"), Missing, "does not exist"),
        (said("datastore 'old' is in offline maintenance mode: swap"), Unreachable, "maintenance mode"),
        (said("unable to open chunk store 'm' at \"/m\""), Unreachable, "unable to open chunk store"),
        (said("parameter verification failed - 'limit': x"), Rejected, "parameter verification failed"),
        (said("detected error"), Rejected, "detected error"),
        (answering("permission check failed", 200, "application/json"), Malformed, "cannot be read"),
        (data(None), Malformed, "cannot be read"),
    ],
)
async def test_an_error_is_told_apart_by_its_words(
    behaviour: Behaviour, kind: type[SourceError], words: str
) -> None:
    async with running() as pbs:
        pbs.answers(**{"status__datastore-usage": behaviour})
        with pytest.raises(SourceError) as caught:
            await pbs.source.datastores()
    assert type(caught.value) is kind
    assert words in caught.value.detail
    assert caught.value.operation == f"GET {BASE}/status/datastore-usage"


async def test_the_token_is_sent_with_each_call_and_never_shown() -> None:
    async with running() as pbs:
        await pbs.source.datastores()
    assert {seen.headers["authorization"] for seen in pbs.server.seen} == {
        "PBSAPIToken=sre@pbs!read:0000-1111-secret"
    }
    assert {seen.method for seen in pbs.server.seen} == {"GET"}


async def test_rights_are_asked_once_and_again_only_where_that_failed() -> None:
    async with running() as pbs:
        pbs.answers(access__permissions=in_turn(said("x", 403), data(AUDITOR)))
        unknown = await pbs.source.datastores()
        for _ in range(3):
            assert (await pbs.source.datastores()).detail == ""
    assert unknown.detail == ("what the token may see could not be asked: HTTP 403: not permitted: x")
    assert unknown.completeness == "complete"
    assert pbs.server.paths.count(f"{BASE}/access/permissions") == 2


async def test_sync_jobs_of_both_directions_are_asked_for_where_there_are_two() -> None:
    async with running() as pbs:
        jobs = (await pbs.source.backup_jobs()).value
        assert [job.id for job in jobs if job.kind == "sync"] == ["s-off"]
        assert f"{BASE}/admin/sync?sync-direction=all" in {seen.target for seen in pbs.server.seen}


async def test_a_release_with_one_direction_is_asked_without_it() -> None:
    refused = said(
        "parameter verification failed - 'sync-direction': schema does not allow additional properties."
    )
    async with running() as pbs:
        pbs.answers(**{"admin__sync?sync-direction=all": refused, "admin__sync": data(SYNC)})
        reading = await pbs.source.backup_jobs()
    assert [job.id for job in reading.value if job.kind == "sync"] == ["s-off"]
    assert reading.completeness == "complete"


async def test_another_node_is_asked_for_its_tasks() -> None:
    async with running(node="pbs1") as pbs:
        pbs.answers(nodes__pbs1__tasks=data([]), nodes__pbs1__time=data(TIME))
        await pbs.source.tasks(5, errors=False)
    assert f"{BASE}/nodes/pbs1/tasks?limit=5" in {seen.target for seen in pbs.server.seen}
