"""Trouble begins in one place; what else is hit is worked out by hand here."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from sre_assistant.sim.house import standard_house
from sre_assistant.sim.world import World

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)


def hit(entity: str, mode: str, *, lasts: float = 3600.0, level: float = 0.0) -> tuple[World, float]:
    """A settled world in which one thing is in trouble from a moment on, and that moment."""
    world = World(standard_house(), START, seed=1)
    t = world.begin + 600.0
    world.tell(entity, mode, t, t + lasts, level=level)
    world.settle()
    return world, t


def modes(world: World, entity: str, t: float) -> set[str]:
    return {spell.mode for spell in world.spells[entity] if spell.has(t)}


def status(world: World, url: str, t: float) -> float:
    return float(world.pages[url].status(np.array([t]))[0])


def test_nothing_is_wrong_in_a_house_to_which_nothing_was_told() -> None:
    world = World(standard_house(), START, seed=1)
    world.settle()
    assert {
        e: modes(world, e, world.begin) for e in world.graph.entities if modes(world, e, world.begin)
    } == {}


def test_a_nas_that_is_gone_lets_its_clients_hang_and_their_pages_fall_silent() -> None:
    world, t = hit("host/nas", "gone")
    later = t + 300.0
    assert "stale" in modes(world, "mount/media:media", later)
    assert "hung" in modes(world, "container/media:jellyfin", later)
    assert status(world, "http://jellyfin.lan:8096/", later) == 0
    assert status(world, "https://cloud.lan/", later) == 504
    assert status(world, "https://vault.lan/", later) == 200
    assert modes(world, "host/media", later) == set()
    assert "gone" in modes(world, "storage/nas-backup", later)
    waiting = world.hosts["media"].waiting.value(np.array([t - 60.0, later]))
    assert waiting[1] > 10 * waiting[0]


def test_it_is_over_soon_after_its_cause() -> None:
    world, t = hit("host/nas", "gone", lasts=1200.0)
    assert modes(world, "container/media:jellyfin", t + 1300.0) == set()
    assert status(world, "http://jellyfin.lan:8096/", t + 1300.0) == 200


def test_a_dead_hypervisor_takes_guests_containers_and_pages_along() -> None:
    world, t = hit("host/pve2", "off")
    later = t + 120.0
    assert modes(world, "guest/apps", later) == {"off"}
    assert modes(world, "container/apps:gitea", later) >= {"off"}
    assert status(world, "https://git.lan/", later) == 0
    assert status(world, "http://jellyfin.lan:8096/", later) == 200
    boots = world.hosts["apps"].boots
    assert t + 3600.0 < boots[-1] < t + 3700.0, "the system in the guest starts after its node is back"


def test_one_dead_disk_degrades_a_mirror_and_two_suspend_it() -> None:
    world, t = hit("disk/nas:sdb", "dead")
    assert world.pools["tank"].state(t + 1) == "DEGRADED"
    assert modes(world, "share/media", t + 60) == set()
    other, t = hit("disk/nas:sda", "dead")
    assert other.pools["boot-pool"].state(t + 1) == "SUSPENDED"
    world = World(standard_house(), START, seed=1)
    t = world.begin + 600.0
    world.tell("disk/nas:sdb", "dead", t, t + 7200)
    world.tell("disk/nas:sdc", "dead", t + 600, t + 7200)
    world.settle()
    assert [world.pools["tank"].state(t + after) for after in (60, 900)] == ["DEGRADED", "SUSPENDED"]
    assert "gone" in modes(world, "share/media", t + 900)


def test_a_dead_switch_hides_everything_but_what_monitoring_stands_on() -> None:
    world, t = hit("net/switch", "gone")
    later = t + 120
    for name in ("nas", "pve1", "pbs", "apps", "media"):
        assert "gone" in modes(world, f"host/{name}", later), name
    for name in ("pve3", "mon", "kube3"):
        assert modes(world, f"host/{name}", later) == set(), name


def test_without_dns_no_page_is_found_although_all_of_them_run() -> None:
    world, t = hit("guest/pihole", "stopped")
    later = t + 60
    assert {status(world, url, later) for url in world.pages} == {0.0}
    assert all(modes(world, entity, later) <= {"complaining"} for entity in world.containers)


@pytest.mark.parametrize(
    ("mode", "direct", "behind_a_proxy"),
    [("stopped", 0, 502), ("hung", 0, 504), ("failing", 500, 500), ("unhealthy", 503, 500)],
)
def test_what_visitors_see_of_a_container_in_trouble(mode: str, direct: int, behind_a_proxy: int) -> None:
    world, t = hit("container/media:jellyfin", mode)
    assert status(world, "http://jellyfin.lan:8096/", t + 60) == direct
    world, t = hit("container/apps:nextcloud", mode)
    assert status(world, "https://cloud.lan/", t + 60) == behind_a_proxy


def test_a_full_datastore_fails_the_backups_that_go_there() -> None:
    world, t = hit("filesystem/pbs:/mnt/datastore/main", "full", lasts=86400.0)
    runs = world.runs(t, t + 86400.0, "backup")
    assert runs
    assert {run.error for run in runs} == {"No space left on device (os error 28)"}


def test_a_workload_of_one_pod_is_down_until_the_pod_has_moved() -> None:
    world = World(standard_house(), START, seed=1)
    world.settle()
    assert world.cluster is not None
    (pod,) = world.cluster.workloads["workload/web:links"].at(world.begin)
    world, t = hit(f"host/{pod.node}", "gone")
    assert world.cluster is not None
    assert "down" in modes(world, "workload/web:links", t + 200)
    assert "down" not in modes(world, "workload/web:links", t + 400)
    nodes = {one.node for one in world.cluster.workloads["workload/web:links"].at(t + 600)}
    assert len(nodes - {pod.node}) == 1
