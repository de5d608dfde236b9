from __future__ import annotations

import msgspec
import pytest

from sre_assistant.sim.causality.graph import Graph, split
from sre_assistant.sim.causality.names import called
from sre_assistant.sim.house import House, standard_house

HOUSE = standard_house()
GRAPH = Graph(HOUSE)


def test_every_edge_ends_at_things_that_exist() -> None:
    ends = {end for edge in GRAPH.edges for end in (edge.upper, edge.lower)}
    assert ends <= GRAPH.entities


def test_what_is_carried_comes_after_what_carries_it() -> None:
    places = {entity: place for place, entity in enumerate(GRAPH.ordered())}
    assert set(places) == GRAPH.entities
    assert all(places[edge.lower] < places[edge.upper] for edge in GRAPH.edges)


def test_things_that_need_each_other_are_an_error_that_shows_the_circle() -> None:
    containers = {host: dict(some) for host, some in HOUSE.containers.items()}
    redis = containers["media"]["immich-redis"]
    containers["media"]["immich-redis"] = msgspec.structs.replace(redis, needs=("container/media:immich",))
    house: House = msgspec.structs.replace(HOUSE, containers=containers)
    with pytest.raises(ValueError, match="container/media:immich-redis") as caught:
        Graph(house).ordered()
    assert "container/media:immich needs" in str(caught.value)


def test_the_way_from_a_page_to_the_battery() -> None:
    assert GRAPH.lower("page/http://jellyfin.lan:8096/", "serves") == ["container/media:jellyfin"]
    assert "mount/media:media" in GRAPH.lower("container/media:jellyfin")
    assert GRAPH.lower("mount/media:media", "mounts") == ["share/media"]
    assert "filesystem/nas:/tank/media" in GRAPH.lower("share/media")
    assert "pool/tank" in GRAPH.lower("filesystem/nas:/tank/media")
    assert "host/nas" in GRAPH.lower("pool/tank")
    assert "ups/rack" in GRAPH.lower("host/nas")


@pytest.mark.parametrize(
    ("entity", "parts"),
    [
        ("host/nas", ("host", "nas", "")),
        ("filesystem/nas:/tank/media", ("filesystem", "nas", "/tank/media")),
        ("page/http://jellyfin.lan:8096/", ("page", "http://jellyfin.lan:8096/", "")),
        ("workload/web:wiki", ("workload", "web", "wiki")),
    ],
)
def test_entities_come_apart(entity: str, parts: tuple[str, str, str]) -> None:
    assert split(entity) == parts


@pytest.mark.parametrize(
    ("entity", "names"),
    [
        ("filesystem/nas:/tank/media", {"nas.lan:9100:/tank/media", "nas:/tank/media", "nas.lan:tank/media"}),
        ("guest/media", {"media", "110", "qemu/110", "media.lan:9100", "pve1:110"}),
        ("container/media:jellyfin", {"jellyfin", "media:jellyfin", "192.0.2.31:jellyfin"}),
        ("host/pve1", {"pve1", "node/pve1", "192.0.2.11", "pve1.lan:9100"}),
        ("disk/nas:sdb", {"nas.lan:9100:sdb", "nas:/dev/sdb"}),
        ("net/dns", {"192.0.2.53", "pihole", "201"}),
        ("page/https://cloud.lan/", {"https://cloud.lan/"}),
        ("workload/web:wiki", {"web/wiki", "wiki"}),
        ("exporter/nas:node", {"nas.lan:9100:node", "nas.lan:9100"}),
    ],
)
def test_systems_and_people_have_many_names_for_a_thing(entity: str, names: set[str]) -> None:
    assert names <= called(HOUSE, entity)


def test_no_name_of_a_part_means_the_part_of_another_machine() -> None:
    assert called(HOUSE, "filesystem/pve1:/").isdisjoint(called(HOUSE, "filesystem/pve2:/"))
    assert called(HOUSE, "disk/nas:sdb").isdisjoint(called(HOUSE, "disk/pbs:sdb"))
