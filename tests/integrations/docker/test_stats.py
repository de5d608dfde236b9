from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sre_assistant.domain.errors import Denied
from sre_assistant.domain.reading import Completeness
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.stats import Usage, use
from tests.integrations.docker.answers import (
    CPU,
    LOOP,
    STATS,
    WEB,
    WEB_ID,
    Running,
    running,
)
from tests.kit.hostile import answering, in_turn

MIB = 1024**2


def reckoned(whole: int = 0, **changed: Any) -> Any:
    stats = msgspec.convert(STATS | changed, shapes.Stats)
    return use("web", stats.precpu_stats, stats, whole)


async def used(daemon: Running) -> Any:
    found, _ = await daemon.client.containers()
    return await Usage(daemon.client).of(tuple(one for one in found if one.alive))


def test_two_samples_tell_what_a_container_uses() -> None:
    found = reckoned()
    assert found.cpus == pytest.approx(1.5)  # 1.5 s of work while 4 CPUs counted 4 s
    assert (found.memory, found.limit) == (256 * MIB, 512 * MIB)
    assert (found.received, found.sent) == (2048, 2048)
    assert (found.read, found.written) == (4096, 8192)
    assert (found.processes, found.throttled) == (7, 0.5)


@pytest.mark.parametrize(
    "changed",
    [
        {"precpu_stats": {"cpu_usage": {"total_usage": 0}}},
        {"precpu_stats": None},
        {"cpu_stats": None},
        {"cpu_stats": CPU},
        {"cpu_stats": CPU | {"system_cpu_usage": None}},
        {"cpu_stats": CPU | {"cpu_usage": {"total_usage": 5}, "system_cpu_usage": 10**12}},
        {"cpu_stats": CPU | {"online_cpus": 0, "system_cpu_usage": 10**12}},
    ],
)
def test_a_use_of_cpu_that_was_not_measured_is_not_known(changed: dict[str, Any]) -> None:
    assert reckoned(**changed).cpus is None


@pytest.mark.parametrize(
    ("memory", "resident", "limit"),
    [
        (
            {"usage": 100 * MIB, "limit": 200 * MIB, "stats": {"total_inactive_file": 30 * MIB}},
            70 * MIB,
            200 * MIB,
        ),
        ({"usage": 100, "stats": {"inactive_file": 10, "total_inactive_file": 30}}, 70, None),
        ({"usage": 100, "stats": {"inactive_file": 200}}, 100, None),
        ({"usage": 100, "stats": None, "limit": 0}, 100, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_memory_leaves_out_what_could_be_taken_back(memory: Any, resident: Any, limit: Any) -> None:
    found = reckoned(memory_stats=memory)
    assert (found.memory, found.limit) == (resident, limit)


@pytest.mark.parametrize(("whole", "limit"), [(0, 512 * MIB), (512 * MIB, None), (1024 * MIB, 512 * MIB)])
def test_the_memory_of_the_machine_is_no_limit(whole: int, limit: float | None) -> None:
    assert reckoned(whole).limit == limit


def test_what_nobody_counts_is_not_nothing() -> None:
    found = reckoned(networks=None, blkio_stats={"io_service_bytes_recursive": []}, pids_stats=None)
    assert (found.received, found.sent, found.read, found.written) == (None, None, None, None)
    assert (found.processes, reckoned(blkio_stats=None).read) == (None, None)


@pytest.mark.parametrize("data", [None, {"periods": 100, "throttled_periods": 5}])
def test_without_a_quota_nothing_was_held_back(data: Any) -> None:
    assert reckoned(cpu_stats=STATS["cpu_stats"] | {"throttling_data": data}).throttled is None


async def test_of_few_the_daemon_takes_both_samples() -> None:
    async with running() as daemon:
        reading = await used(daemon)
        (target,) = daemon.asked("/stats")
    assert target.endswith("/stats?stream=0")
    assert reading.value[0].cpus == pytest.approx(1.5)
    assert reading.completeness is Completeness.COMPLETE


async def test_of_many_two_samples_are_taken_a_second_apart() -> None:
    many = [WEB | {"Id": f"{n:064x}", "Names": [f"/c{n}"]} for n in range(17)]
    first, second = STATS | {"cpu_stats": STATS["precpu_stats"]}, STATS
    async with running() as daemon:
        daemon.holds(*many)
        others = daemon.server.behaviour
        turns = {one["Id"]: in_turn(answering(first), answering(second)) for one in many}

        async def behave(seen: Any, writer: Any) -> bool:
            is_stats = seen.path.endswith("/stats")
            return await (turns[seen.path.split("/")[3]] if is_stats else others)(seen, writer)

        daemon.server.behaviour = behave
        reading = await used(daemon)
        asked = daemon.asked("/stats")
        assert daemon.clock.monotonic() == 1.0
    assert len(asked) == 34
    assert all(target.endswith("stream=0&one-shot=1") for target in asked)
    assert [one.cpus for one in reading.value] == pytest.approx([1.5] * 17)


async def test_the_busiest_comes_first() -> None:
    calm = STATS | {"cpu_stats": STATS["cpu_stats"] | {"cpu_usage": {"total_usage": 40_000_000_001}}}
    async with running() as daemon:
        daemon.holds(LOOP | {"State": "running", "Status": "Up 2 hours"}, WEB)
        daemon.server.behaviour = _changed(daemon, "b" * 64, calm)
        assert [one.container for one in (await used(daemon)).value] == ["jellyfin", "loop"]


def _changed(daemon: Running, identity: str, stats: dict[str, Any]) -> Any:
    others = daemon.server.behaviour

    async def behave(seen: Any, writer: Any) -> bool:
        mine = identity in seen.path and seen.path.endswith("/stats")
        return await (answering(stats) if mine else others)(seen, writer)

    return behave


async def test_one_that_cannot_be_measured_does_not_hide_the_others() -> None:
    async with running() as daemon:
        daemon.holds(LOOP | {"State": "running"}, WEB)
        daemon.server.behaviour = _changed(daemon, "b" * 64, {"cpu_stats": 3})
        reading = await used(daemon)
    assert [one.container for one in reading.value] == ["jellyfin"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 2 cannot be measured: the answer cannot be read")


async def test_figures_that_a_proxy_hides_are_denied() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{WEB_ID}/stats": answering("no", 403, "text/plain")})
        with pytest.raises(Denied, match="CONTAINERS=1"):
            await used(daemon)


async def test_a_daemon_that_hides_its_memory_shows_limits_as_they_come() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering("no", 403, "text/plain")})
        (found,) = (await used(daemon)).value
    assert found == replace(found, limit=512 * MIB)
