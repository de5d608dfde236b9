from __future__ import annotations

import asyncio
from typing import Any

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
from sre_assistant.domain.reading import Completeness
from sre_assistant.kit.secret import Secret
from tests.integrations.truenas.answers import DATASETS, NOT_FOUND, SNAPSHOTS, WELL
from tests.integrations.truenas.systems import KEY, answers, but, connected, logged_in, nas, old_nas, refused
from tests.kit.hostile import answering as http_answering
from tests.kit.hostile import by_path, hostile
from tests.kit.hostile_socket import (
    Behaviour,
    Call,
    by_method,
    bytes_on_the_wire,
    closing,
    drop,
    failing,
    hostile_socket,
    replying,
    saying,
)


def sent(server: Any, method: str) -> list[Any]:
    """The parameters of each call of a method."""
    return [call.params for call in server.calls if call.method == method]


# Which API


async def test_json_rpc_is_asked_first_and_nothing_goes_over_rest() -> None:
    async with nas() as (system, server):
        await system.call("apps")
        await system.call("apps")
        assert [c.method for c in server.calls if c.method != "auth.login_with_api_key"] == [
            "auth.me",
            "app.query",
            "app.query",
        ]


async def test_where_json_rpc_is_missing_rest_is_asked_and_that_is_remembered() -> None:
    async with old_nas(api_key=Secret(KEY)) as (system, server):
        await system.call("apps")
        await system.call("apps")
        assert server.paths == ["/api/current", "/api/v2.0/app", "/api/v2.0/app"]
        assert server.seen[1].headers["authorization"] == f"Bearer {KEY}"
        assert "authorization" not in server.seen[0].headers


async def test_the_choice_is_made_once_for_reads_side_by_side() -> None:
    async with nas() as (system, server):
        await asyncio.gather(*(system.call("apps") for _ in range(6)))
        assert len(sent(server, "auth.me")) == 1
        assert len(server.handshakes) == 1


async def test_a_nas_that_does_not_answer_is_not_taken_for_an_old_one() -> None:
    async with old_nas() as (_, server):
        port_url = server.url
    async with connected(port_url) as system:
        with pytest.raises(Unreachable, match=r"CALL /api/current auth\.me: connection refused"):
            await system.call("apps")


async def test_a_failing_front_is_not_taken_for_an_old_nas_and_heals() -> None:
    async with nas() as (system, server):
        server.front = (502, "text/html", b"<html>bad gateway</html>", {})
        with pytest.raises(Unreachable, match="HTTP 502"):
            await system.call("apps")
        server.front = None
        assert "1 app" in (await system.call("apps")).text


async def test_a_refused_key_is_not_tried_over_rest() -> None:
    async with nas(api_key=Secret("1-wrong")) as (system, server):
        with pytest.raises(Unauthorised, match="the API key is wrong, expired or revoked"):
            await system.call("apps")
        assert len(server.handshakes) == 1


async def test_without_a_key_the_setting_is_named() -> None:
    async with nas(api_key=None) as (system, _):
        with pytest.raises(Unauthorised, match=r"Not authenticated: set TRUENAS_API_KEY"):
            await system.call("apps")


async def test_json_rpc_alone_where_it_is_not_says_what_to_write() -> None:
    async with old_nas(api="jsonrpc") as (system, _):
        with pytest.raises(Missing, match="for an older one write TRUENAS_API=rest"):
            await system.call("apps")


async def test_rest_alone_where_it_is_gone_says_that_26_needs_json_rpc() -> None:
    async with hostile(NOT_FOUND) as server, connected(server.url, api="rest") as system:
        with pytest.raises(Missing, match="TrueNAS 26 answers JSON-RPC alone: write TRUENAS_API=auto"):
            await system.call("apps")


async def test_an_address_with_neither_api_is_doubted() -> None:
    async with hostile(NOT_FOUND) as server, connected(server.url) as system:
        with pytest.raises(Missing, match="nor does JSON-RPC answer: is TRUENAS_URL that of a TrueNAS"):
            await system.call("apps")


async def test_both_apis_tell_the_same() -> None:
    async with nas(answers(disk__temperatures={})) as (new, _), old_nas() as (old, _):
        for tool in ("pool_status", "list_shares", "snapshots", "apps"):
            there, here = await old.call(tool), await new.call(tool)
            assert (there.text, there.completeness) == (here.text, here.completeness), tool
        assert (await old.inventory.inventory()).value == (await new.inventory.inventory()).value


# What is asked


async def test_filters_and_bounds_travel_as_parameters() -> None:
    async with nas() as (system, server):
        await system.call("snapshots", dataset="tank/family/photos")
        [params] = sent(server, "pool.snapshot.query")
        assert params[0] == [["dataset", "in", ["tank/family/photos"]]]
        assert params[1]["limit"] == 10_001
        assert params[1]["extra"] == {"properties": ["creation", "used", "referenced"]}


async def test_rest_is_told_no_filter_that_it_would_take_for_a_field() -> None:
    async with old_nas(api="rest") as (system, server):
        result = await system.call("snapshots", dataset="tank/family/photos")
        await system.call("system_status")
        targets = [seen.target for seen in server.seen]
    assert "/api/v2.0/zfs/snapshot" in targets
    assert "/api/v2.0/core/get_jobs?sort=-id" in targets
    assert not [one for one in targets if "query" in one or "dataset=" in one]
    assert result.text.startswith("2 snapshots of tank/family/photos")


async def test_secrets_of_tasks_are_not_even_asked_for() -> None:
    async with nas() as (system, server):
        await system.backups.backup_jobs()
        await system.call("system_status")
    for method in ("replication.query", "cloudsync.query", "rsynctask.query", "core.get_jobs"):
        selected = set(sent(server, method)[0][1]["select"])
        assert not selected & {"ssh_credentials", "credentials_", "attributes", "arguments", "encryption_key"}
        assert "id" in selected
    assert "credentials" not in sent(server, "cloudsync.query")[0][1]["select"]


async def test_releases_before_25_10_are_asked_for_snapshots_by_the_old_name() -> None:
    gone = failing(-32601, "Method does not exist")
    behaviour = but("pool.snapshot.query", gone, answers(zfs__snapshot__query=SNAPSHOTS))
    async with nas(behaviour) as (system, server):
        assert len((await system.backups.backups()).value) == 2
        await system.backups.backups()
    asked = [call.method for call in server.calls if "snapshot" in call.method]
    assert asked == ["pool.snapshot.query", "zfs.snapshot.query", "zfs.snapshot.query"]


async def test_snapshots_that_are_nowhere_are_missing() -> None:
    async with nas(but("pool.snapshot.query", failing(-32601, "Method does not exist"))) as (system, _):
        with pytest.raises(Missing, match=r"zfs\.snapshot\.query: Method does not exist"):
            await system.backups.backups()


# Errors


@pytest.mark.parametrize(
    ("behaviour", "kind", "told"),
    [
        (
            refused(13, "[EACCES] Not authorized"),
            Denied,
            "needs the role APPS_READ, which READONLY_ADMIN includes",
        ),
        (refused(1, "[EPERM] no"), Denied, "APPS_READ"),
        (refused(2, "[ENOENT] App gone"), Missing, "App gone"),
        (refused(22, "[EINVAL] x"), Rejected, "x"),
        (refused(14, "[EFAULT] docker is down"), Unreachable, "docker is down"),
        (
            refused(207, "[ENOTAUTHENTICATED] Not authenticated"),
            Unauthorised,
            "a fresh login is not accepted",
        ),
        (failing(-32601, "Method does not exist"), Missing, "Method does not exist"),
        (failing(-32602, "Invalid params", reason="[EINVAL] filters: no"), Rejected, "filters: no"),
        (
            failing(-32000, "Maximum number of concurrent calls (20) has exceeded"),
            Unreachable,
            "Maximum number",
        ),
        (failing(-32001, "Method call error"), Unreachable, "Method call error"),
        (replying(error={"code": -5, "message": ""}), Rejected, "error -5"),
        (replying(error="no"), Malformed, "cannot be read"),
        (replying(error={"code": "x"}), Malformed, "cannot be read"),
        (replying(result={"not": "a list"}), Malformed, "cannot be read"),
        (replying(result=[{"no": "name"}]), Malformed, "cannot be read"),
        (replying(result=None), Malformed, "cannot be read"),
        (replying(), Malformed, "neither a result nor an error"),
        (replying(id=99, result=[]), Malformed, "a call that was not made"),
        (saying("pong"), Malformed, "no JSON-RPC"),
        (saying(b"\x00\x01"), Malformed, "a binary message"),
        (saying('"' + "x" * 2_000_000 + '"'), Malformed, "answer larger than 1.0 MiB"),
        (bytes_on_the_wire(b"\x81\x7e\x10\x00{half"), Unreachable, "broke off"),
        (drop, Unreachable, "broke off"),
        (closing(1011, "crashed"), Unreachable, "1011: crashed"),
    ],
)
async def test_each_failure_of_a_call_is_the_right_error_and_heals(
    behaviour: Behaviour, kind: type[SourceError], told: str
) -> None:
    async with nas(but("app.query", behaviour), max_body=1024 * 1024) as (system, server):
        with pytest.raises(SourceError) as caught:
            await system.call("apps")
        error = caught.value
        assert type(error) is kind, error
        assert told in error.detail
        assert (error.system, error.operation) == ("nas", "CALL /api/current app.query")
        assert KEY not in f"{error} {error!r}"
        server.behaviour = logged_in(answers())
        assert "1 app" in (await system.call("apps")).text


async def test_what_an_error_says_is_bounded_and_bare() -> None:
    hostile_text = f"{KEY} \x1b[2J password=hunter2 " + "x" * 5_000
    async with nas(but("app.query", refused(14, hostile_text))) as (system, _):
        with pytest.raises(Unreachable) as caught:
            await system.call("apps")
    assert len(caught.value.detail) <= 300
    assert not {KEY, "hunter2", "\x1b"} & set(caught.value.detail.split())
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (403, "403: Forbidden", Denied, "app.query needs the role APPS_READ"),
        (401, "Invalid API key", Unauthorised, "Invalid API key"),
        (422, {"message": "Pool not found", "errno": 2}, Rejected, "Pool not found"),
        (422, {"app.x": [{"message": "must be y", "errno": 22}]}, Rejected, "app.x: must be y"),
        (500, {"message": "boom", "traceback": "Traceback …"}, Unreachable, "boom"),
    ],
)
async def test_errors_of_rest_say_what_it_says(
    status: int, body: object, kind: type[SourceError], told: str
) -> None:
    behaviour = by_path(WELL | {"/api/v2.0/app": http_answering(body, status)}, NOT_FOUND)
    async with hostile(behaviour) as server, connected(server.url, api="rest") as system:
        with pytest.raises(SourceError) as caught:
            await system.call("apps")
    assert type(caught.value) is kind
    assert told in caught.value.detail
    assert "traceback" not in caught.value.detail.lower()


async def test_a_dropped_connection_is_made_again_under_way() -> None:
    dropped: list[int] = []

    async def once(call: Any) -> None:
        if dropped:
            await answers()(call)
        else:
            dropped.append(1)
            call.socket.transport.abort()

    async with nas(but("pool.query", once)) as (system, server):
        assert (await system.call("pool_status")).completeness is Completeness.COMPLETE
        assert len(server.handshakes) == 2


async def test_a_key_revoked_in_the_middle_is_said_and_a_new_one_is_not_needed_when_it_returns() -> None:
    async with nas() as (system, server):
        await system.call("apps")
        server.behaviour = logged_in(answers(), "another")
        with pytest.raises(Unauthorised, match="the API key is wrong, expired or revoked"):
            await system.call("apps")
        server.behaviour = logged_in(answers())
        assert "1 app" in (await system.call("apps")).text


async def test_roles_may_come_as_a_list_and_be_absent() -> None:
    for privilege, roles in (({"roles": ["POOL_READ"]}, ("POOL_READ",)), (None, ()), ({"roles": 3}, ())):
        async with nas(answers(auth__me={"pw_name": "x", "privilege": privilege})) as (system, _):
            assert (await system.integration.checkup()).rights == roles


async def test_an_odd_entry_is_counted_and_the_others_kept() -> None:
    async with nas(answers(pool__dataset__query=[*DATASETS, {"id": 3}])) as (system, _):
        result = await system.call("pool_status")
    assert result.completeness is Completeness.PARTIAL
    assert "datasets: 1 of 3 entries could not be read" in result.detail
    assert "2 datasets" in result.text


async def test_more_rows_than_are_kept_are_said() -> None:
    rows = [{"id": f"tank/{n}", "pool": "tank"} for n in range(10_001)]
    async with nas(answers(pool__dataset__query=rows)) as (system, _):
        reading = await system.inventory.inventory()
    assert "datasets: 10,001 entries came, the first 10,000 were kept" in reading.detail
    assert len([one for one in reading.value if one.kind == "dataset"]) == 10_000


async def test_not_more_than_eight_calls_are_under_way_for_an_inventory() -> None:
    eight = asyncio.Event()

    async def gated(call: Call) -> None:
        if call.method not in {"auth.me", "system.info"}:
            if server.under_way == 8:
                eight.set()
            await eight.wait()
        await answers()(call)

    async with nas(gated) as (system, server):
        await system.inventory.inventory()
    assert server.most_under_way == 8
    assert len(server.calls) > 12


async def test_methods_that_are_not_there_leave_the_rest_readable() -> None:
    few = by_method({"auth.me": {"pw_name": "sre"}, "system.info": {"version": "25.10", "hostname": "nas"}})
    async with hostile_socket(logged_in(few)) as server, connected(server.url, api_key=Secret(KEY)) as system:
        reading = await system.inventory.inventory()
    assert reading.completeness is Completeness.PARTIAL
    assert [one.id for one in reading.value] == ["nas"]
    assert "pools: Method does not exist" in reading.detail
