from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sre_assistant.domain.errors import CallError, Denied, Missing
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Completeness
from tests.integrations.docker.answers import (
    API,
    DONE,
    INSPECTED,
    LOOP,
    LOOP_ID,
    WEB,
    WEB_ID,
    Running,
    inspected,
    running,
)
from tests.kit.hostile import answering

HEALTHY = WEB | {"Status": "Up 2 hours (healthy)"}


def numbered(count: int, **more: Any) -> list[dict[str, Any]]:
    """That many containers with nothing suspicious about them."""
    return [
        WEB | {"Id": f"{n:064x}", "Names": [f"/c{n}"], "Status": "Up 2 hours", **more} for n in range(count)
    ]


async def only(daemon: Running, summary: dict[str, Any], look: dict[str, Any] | None = None) -> Resource:
    """The one container that there is now."""
    daemon.holds(summary, looks={summary["Id"]: look} if look else {})
    (found,) = (one for one in (await daemon.inventory.inventory()).value if one.kind == "container")
    return found


async def test_the_machine_and_all_its_containers_are_there() -> None:
    async with running() as daemon:
        reading = await daemon.inventory.inventory()
    host, web, loop, done = reading.value
    assert reading.completeness is Completeness.COMPLETE
    assert (reading.provenance.source, reading.detail) == ("docker", "")
    assert reading.provenance.query == f"GET {API}/containers/json"
    assert (host.kind, host.id, host.figures["memory_bytes"], host.figures["cpu_count"]) == (
        "host",
        "media",
        8_589_934_592,
        4,
    )
    assert host.labels["version"] == "27.3.1"
    assert [one.id for one in (web, loop, done)] == ["jellyfin", "loop", "done"]
    assert {one.host for one in (web, loop, done)} == {"media"}


async def test_those_that_do_not_run_are_asked_for_too() -> None:
    async with running() as daemon:
        await daemon.inventory.inventory()
        assert daemon.asked("/containers/json") == [f"{API}/containers/json?all=1"]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["/other/alias", "/own"], "own"),
        (["/x\n[ok]"], WEB_ID[:12]),
        (["/.."], WEB_ID[:12]),
        ([], WEB_ID[:12]),
        (None, WEB_ID[:12]),
    ],
)
async def test_a_name_is_what_docker_lets_one_be(names: Any, name: str) -> None:
    async with running() as daemon:
        assert (await only(daemon, WEB | {"Names": names})).id == name


async def test_a_container_tells_what_it_is_part_of_and_stands_on() -> None:
    async with running() as daemon:
        _, web, loop, _ = (await daemon.inventory.inventory()).value
    assert (web.state, web.within) == ("running", "site")
    assert web.uses == ("/mnt/media", "web-data")
    assert loop.uses == ("container:jellyfin",)
    assert (web.addresses, web.macs) == (("192.0.2.18",), ("02:42:ac:12:00:02",))
    assert web.labels == {
        "id": WEB_ID[:12],
        "image": "tools/web:1",
        "project": "site",
        "service": "front",
        "ports": "8080->80/tcp, 9000/udp",
        "log_driver": "json-file",
        "restart_policy": "unless-stopped",
    }
    assert web.figures == {"restarts": 0.0, "memory_bytes": 536_870_912.0, "cpu_count": 1.5}
    assert web.since == datetime(2026, 3, 1, 0, 14, 5, 123456, tzinfo=UTC)
    assert (loop.figures, loop.since) == (
        {"restarts": 12.0, "exit_code": 3.0},
        datetime(2026, 3, 1, 2, 14, tzinfo=UTC),
    )
    assert "hunter2" not in repr(web)


async def test_trouble_is_told_in_dockers_words() -> None:
    async with running() as daemon:
        _, web, loop, done = (await daemon.inventory.inventory()).value
    assert (web.health, loop.health, done.health) == ("failed", "failed", "unknown")
    assert web.detail == "its health check has failed 4 times in a row: curl: (22) 503 password=[hidden]"
    assert loop.detail == "restarting after exit code 3"
    assert done.detail == ""


@pytest.mark.parametrize(
    ("summary", "state", "more", "health", "detail"),
    [
        (HEALTHY, {}, {}, "ok", ""),
        (WEB | {"Status": "Up 2 hours"}, {}, {}, "unknown", ""),
        (WEB | {"Status": "Up 4 minutes"}, {}, {"RestartCount": 9}, "warning", "restarted it, 9 times"),
        (WEB | {"Status": "Up About a minute"}, {}, {"RestartCount": 1}, "warning", "1 times so far"),
        (WEB | {"Status": "Up 2 hours"}, {}, {"RestartCount": 9}, "unknown", ""),
        (WEB | {"Status": "Up 12 minutes"}, {}, {"RestartCount": 9}, "unknown", ""),
        (HEALTHY, {"OOMKilled": True}, {}, "warning", "a process in it was killed for want of memory"),
        (WEB | {"Status": "Up 5 minutes (health: starting)"}, {}, {}, "unknown", "has not passed yet"),
        (WEB | {"State": "paused", "Status": "Up 2 hours (Paused)"}, {}, {}, "unknown", "paused"),
        (WEB | {"State": "dead", "Status": "Dead"}, {}, {}, "failed", "dead"),
        (DONE | {"Status": "Exited (1) 2 hours ago"}, {"ExitCode": 1}, {}, "failed", "exit code 1"),
        (DONE | {"Status": "Exited (143) 1 hour ago"}, {"ExitCode": 143}, {}, "unknown", "told to end"),
        (DONE | {"Status": "Exited (137) 1 hour ago"}, {"ExitCode": 137}, {}, "unknown", "told to end"),
        (
            DONE,
            {"ExitCode": 137, "OOMKilled": True},
            {},
            "failed",
            "exit code 137, killed for want of memory",
        ),
        (DONE, {"ExitCode": 127, "Error": "no such file"}, {}, "failed", "exit code 127: no such file"),
        (WEB | {"State": "created", "Status": "Created"}, {}, {}, "unknown", ""),
        (WEB | {"Status": "Up 2 hours", "Health": {"Status": "healthy"}}, {}, {}, "ok", ""),
    ],
)
async def test_health_is_judged_by_what_docker_says(
    summary: dict[str, Any], state: dict[str, Any], more: dict[str, Any], health: str, detail: str
) -> None:
    async with running() as daemon:
        found = await only(daemon, summary, inspected(summary, state, **more))
    assert found.health == health
    assert detail in found.detail
    assert bool(detail) == bool(found.detail)


async def test_without_a_closer_look_nothing_is_invented() -> None:
    async with running() as daemon:
        found = await only(daemon, DONE | {"Status": "Exited (137) 3 hours ago"})
    assert (found.since, found.figures) == (None, {"exit_code": 137.0})
    assert (found.health, found.labels.get("log_driver")) == ("unknown", None)


async def test_few_containers_are_all_looked_at() -> None:
    async with running() as daemon:
        some = numbered(30)
        daemon.holds(*some, looks={one["Id"]: inspected(one, {}) for one in some})
        reading = await daemon.inventory.inventory()
        assert all("restarts" in one.figures for one in reading.value[1:])
    assert reading.detail == ""


async def test_of_many_only_the_suspicious_are_looked_at() -> None:
    sick = [
        WEB | {"Id": "e" * 64, "Names": ["/sick"]},
        LOOP,
        DONE | {"Status": "Exited (1) 3 hours ago"},
        WEB | {"Id": "f" * 64, "Names": ["/young"], "Status": "Up 5 seconds"},
    ]
    async with running() as daemon:
        daemon.holds(
            *numbered(100),
            *sick,
            DONE | {"Id": "d" * 64},
            looks={one["Id"]: inspected(one, {}, RestartCount=2) for one in sick},
        )
        reading = await daemon.inventory.inventory()
    known = {one.name for one in reading.value if "restarts" in one.figures}
    assert known == {"sick", "loop", "done", "young"}
    assert len(reading.value) == 106
    assert reading.completeness is Completeness.COMPLETE
    assert reading.detail == "restart counts, times and limits are known of 4 of 105 containers"


async def test_after_a_reboot_the_worst_are_looked_at_first() -> None:
    young = numbered(100, Status="Up 5 seconds")
    async with running() as daemon:
        daemon.holds(*young, LOOP, looks=INSPECTED | {one["Id"]: inspected(one, {}) for one in young})
        reading = await daemon.inventory.inventory()
    known = [one.name for one in reading.value if "restarts" in one.figures]
    assert len(known) == 40
    assert "loop" in known


async def test_a_name_that_may_not_be_read_is_partial() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering("no", 403, "text/plain")})
        reading = await daemon.inventory.inventory()
    assert reading.completeness is Completeness.PARTIAL
    assert "the daemon's name and machine are not known: HTTP 403" in reading.detail
    assert "INFO=1" in reading.detail
    assert [one.kind for one in reading.value] == ["container"] * 3
    assert {one.host for one in reading.value} == {""}


async def test_containers_that_may_not_be_listed_are_denied() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering("no", 403, "text/plain")})
        with pytest.raises(Denied, match="CONTAINERS=1"):
            await daemon.inventory.inventory()


async def test_a_closer_look_that_is_refused_is_partial() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{WEB_ID}/json": answering("no", 403, "text/plain")})
        reading = await daemon.inventory.inventory()
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 3 containers cannot be inspected: HTTP 403")
    assert len(reading.value) == 4


async def test_a_container_that_goes_away_in_between_is_no_failure() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{LOOP_ID}/json": answering({"message": "No such container"}, 404)})
        reading = await daemon.inventory.inventory()
    assert reading.completeness is Completeness.COMPLETE
    assert "known of 2 of 3" in reading.detail


async def test_a_host_without_containers_is_still_a_host() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering(None)})
        reading = await daemon.inventory.inventory()
    assert [one.id for one in reading.value] == ["media"]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("jellyfin", "jellyfin"),
        ("/jellyfin", "jellyfin"),
        (" loop ", "loop"),
        ("front", "jellyfin"),
        (WEB_ID, "jellyfin"),
        ("bbb", "loop"),
        ("BBBB", "loop"),
    ],
)
async def test_a_container_is_found_by_name_service_or_id(reference: str, name: str) -> None:
    async with running() as daemon:
        assert (await daemon.inventory.find(reference)).name == name


async def test_a_name_wins_over_a_service_of_the_same_name() -> None:
    async with running() as daemon:
        daemon.holds(WEB, LOOP | {"Names": ["/front"]})
        assert (await daemon.inventory.find("front")).id == LOOP_ID


async def test_what_several_containers_are_called_names_them_all() -> None:
    async with running() as daemon:
        daemon.holds(WEB | {"Names": ["/site-front-1"]}, WEB | {"Id": LOOP_ID, "Names": ["/site-front-2"]})
        with pytest.raises(CallError, match=r"2 containers: site-front-1 \(a{12}\), site-front-2 \(b{12}\)"):
            await daemon.inventory.find("front")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("jelyfin", "Did you mean jellyfin?"),
        ("nothing-like-it", "There are: done, jellyfin, loop."),
        ("", "There are: "),
        ("aa", "There are: "),
        ("../../info", "There are: "),
        ("\x1b[2Jx", "there is no container 'x'"),
    ],
)
async def test_what_is_not_there_is_told_with_what_is(reference: str, words: str) -> None:
    async with running() as daemon:
        with pytest.raises(Missing) as caught:
            await daemon.inventory.find(reference)
    assert words in caught.value.detail
    assert not [path for path in daemon.server.paths if ".." in path]
