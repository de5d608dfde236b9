from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sre_assistant.domain.errors import Denied, Malformed, Missing, Rejected, SourceError
from sre_assistant.domain.reading import Completeness
from tests.integrations.docker.answers import API, INFO, NOT_FOUND, VERSION, WEB, WELL, running
from tests.kit.hostile import answering, by_path, in_turn

FORBIDDEN = answering("<html><body><h1>403 Forbidden</h1></body></html>", 403, "text/html")


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [
        ("1.47", "1.24", "1.47"),
        ("1.52", "1.44", "1.47"),
        ("1.60", "1.50", "1.50"),
        ("1.43", None, "1.43"),
        ("1.41", "1.12", "1.41"),
        ("1.40", "1.12", "1.40"),
        ("1.9", "1.2", "1.9"),
    ],
)
async def test_the_newest_version_that_both_know_is_spoken(newest: str, oldest: Any, spoken: str) -> None:
    async with running() as daemon:
        daemon.answers({"/version": answering(VERSION | {"ApiVersion": newest, "MinAPIVersion": oldest})})
        assert (await daemon.client.spoken()).api == spoken


async def test_the_version_is_asked_once() -> None:
    async with running() as daemon:
        await daemon.inventory.inventory()
        await daemon.inventory.inventory()
    assert daemon.server.paths.count("/version") == 1
    assert all(path == "/version" or path.startswith(f"{API}/") for path in daemon.server.paths)


async def test_a_failed_question_for_the_version_is_asked_again() -> None:
    async with running() as daemon:
        daemon.answers({"/version": answering("no", 404)})
        with pytest.raises(Missing):
            await daemon.client.containers()
        daemon.answers({})
        assert (await daemon.client.containers()).found


async def test_a_version_that_is_none_is_malformed() -> None:
    async with running() as daemon:
        daemon.answers({"/version": answering(VERSION | {"ApiVersion": "../../x"})})
        with pytest.raises(Malformed, match=r"ApiVersion is '\.\./\.\./x'"):
            await daemon.client.containers()


async def test_a_version_that_is_spoken_no_more_is_asked_for_anew() -> None:
    old = {"message": "client version 1.47 is too old. Minimum supported API version is 1.48"}
    newer = answering(VERSION | {"ApiVersion": "1.52", "MinAPIVersion": "1.48"})
    async with running() as daemon:
        await daemon.client.containers()
        daemon.answers({"/containers/json": answering(old, 400), "/version": newer})
        with pytest.raises(Rejected, match="too old"):
            await daemon.client.containers()
        daemon.server.behaviour = by_path(
            {"/version": newer, "/v1.48/containers/json": answering([WEB])}, NOT_FOUND
        )
        assert len((await daemon.client.containers()).found) == 1


async def test_a_proxy_that_hides_the_version_is_asked_without_one() -> None:
    bare = {path.removeprefix(API): behaviour for path, behaviour in WELL.items()}
    async with running() as daemon:
        daemon.server.behaviour = by_path(bare | {"/version": FORBIDDEN}, NOT_FOUND)
        reading = await daemon.inventory.inventory()
        assert reading.completeness is Completeness.COMPLETE
        assert reading.provenance.query == "GET /containers/json"
        assert daemon.server.paths.count("/version") == 1


async def test_a_version_that_may_be_asked_again_is_asked() -> None:
    async with running() as daemon:
        daemon.server.behaviour = FORBIDDEN
        with pytest.raises(Denied):
            await daemon.client.containers()
        daemon.answers({})
        assert (await daemon.client.containers()).found
        assert (await daemon.client.spoken()).api == "1.47"


async def test_a_container_that_is_listed_twice_is_one() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering([WEB, WEB])})
        assert len((await daemon.client.containers()).found) == 1


@pytest.mark.parametrize(
    ("path", "switch"),
    [("/containers/json", "CONTAINERS=1"), ("/info", "INFO=1"), ("/events", "EVENTS=1")],
)
async def test_a_part_that_a_proxy_turns_away_names_its_switch(path: str, switch: str) -> None:
    async with running() as daemon:
        daemon.answers({path: FORBIDDEN})
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        asks: dict[str, Callable[[], Awaitable[object]]] = {
            "/containers/json": daemon.client.containers,
            "/info": daemon.client.info,
            "/events": lambda: daemon.client.events(moment, moment),
        }
        with pytest.raises(Denied, match=f"allow {switch} in the proxy before the daemon"):
            await asks[path]()


async def test_the_daemons_own_words_are_told() -> None:
    words = {"cause": "x", "message": "no such container", "response": 404}
    async with running() as daemon:
        daemon.answers({"/info": answering(words, 404)})
        with pytest.raises(Missing, match="HTTP 404: not there: no such container"):
            await daemon.client.info()


@pytest.mark.parametrize(
    "corner",
    [
        {"Names": None},
        {"Names": []},
        {"Labels": None, "Ports": None, "Mounts": None, "NetworkSettings": None, "HostConfig": None},
        {"NetworkSettings": {"Networks": {"x": {"IPAddress": None, "MacAddress": None}}}},
        {"Created": -5},
        {"Created": 2**62},
        {"Status": ""},
        {"Status": "Exited (99999999999999999999) ages ago"},
        {"something": {"new": [1, 2]}},
        {"State": "quiescing"},
        {"Health": {"Status": "none", "FailingStreak": 0}},
    ],
)
async def test_odd_corners_of_a_container_are_tolerated(corner: dict[str, object]) -> None:
    async with running() as daemon:
        daemon.holds(WEB | corner)
        found, cut = await daemon.client.containers()
    assert len(found) == 1
    assert cut == ""


@pytest.mark.parametrize("odd", [None, 3, {}, {"Id": ""}, {"Id": ".."}, {"Id": "a" * 64, "Labels": {"a": 1}}])
async def test_an_entry_that_cannot_be_read_does_not_hide_the_others(odd: object) -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering([odd, WEB])})
        reading = await daemon.inventory.inventory()
    assert [one.name for one in reading.value if one.kind == "container"] == ["jellyfin"]
    assert reading.completeness is Completeness.PARTIAL
    assert "1 of 2 entries could not be read" in reading.detail


async def test_nothing_but_unreadable_entries_is_malformed() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering([{}, 3])})
        with pytest.raises(Malformed):
            await daemon.inventory.inventory()


async def test_numbers_beyond_all_bounds_are_no_numbers() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"MemTotal": 10**400})})
        with pytest.raises(SourceError, match="cannot be read"):
            await daemon.client.info()


async def test_the_first_of_several_versions_may_recover() -> None:
    async with running() as daemon:
        daemon.answers({"/version": in_turn(answering("", 503), answering(VERSION))})
        assert (await daemon.client.spoken()).api == "1.47"
