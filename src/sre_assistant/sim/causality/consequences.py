"""How trouble travels: what happens to a thing when something that it stands on is in trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sre_assistant.sim.causality.graph import Edge, Graph, split
from sre_assistant.sim.causality.spells import FOREVER, Spell, Spells
from sre_assistant.sim.things.pods import NOTICED, TOLERATION, placed

_TOLERATED: Final = {"stripe": 0, "mirror": 1, "raidz1": 1, "raidz2": 2}
_GONE: Final = ("gone", "off")
_DOWN: Final = ("stopped", "off", "gone", "crashing", "oom", "pull-failed", "down")


@dataclass(frozen=True, slots=True)
class _Effect:
    """The mode that follows, so many seconds later, with a level of its own."""

    mode: str
    after: float = 0.0
    over: float = 0.0
    """Seconds that it outlasts its cause."""
    level: float = 0.0
    detail: str = ""


_BY_RELATION: Final[dict[tuple[str, str, str], dict[tuple[str, ...], _Effect]]] = {
    # (what is hit, relation, what is in trouble): {its modes: what follows}
    ("host", "powers", "ups"): {("empty",): _Effect("off", over=150.0)},
    ("net", "powers", "ups"): {("empty",): _Effect("gone", over=60.0)},
    ("host", "routes", "net"): {_GONE: _Effect("gone")},
    ("net", "routes", "net"): {_GONE: _Effect("gone", over=5.0)},
    ("guest", "runs-on", "host"): {("off",): _Effect("off", over=25.0), ("gone",): _Effect("gone")},
    ("host", "runs-on", "guest"): {
        ("stopped", "off"): _Effect("off", over=22.0),
        ("gone",): _Effect("gone"),
    },
    ("net", "runs-on", "guest"): {(*_GONE, "stopped"): _Effect("gone", over=12.0)},
    ("container", "runs-on", "host"): {("off",): _Effect("off", over=18.0), ("gone",): _Effect("gone")},
    ("share", "runs-on", "host"): {_GONE: _Effect("gone", over=20.0)},
    ("datastore", "runs-on", "host"): {_GONE: _Effect("gone", over=15.0, detail="connection timed out")},
    ("pool", "part-of", "host"): {_GONE: _Effect("gone")},
    ("exporter", "part-of", "host"): {_GONE: _Effect("gone")},
    ("filesystem", "stores-on", "pool"): {("suspended",): _Effect("gone")},
    ("share", "stores-on", "filesystem"): {("gone",): _Effect("gone", after=5.0)},
    ("datastore", "stores-on", "filesystem"): {
        ("gone",): _Effect("gone", detail="datastore is not available"),
        ("full",): _Effect("full", detail="No space left on device (os error 28)"),
    },
    ("mount", "mounts", "share"): {("gone",): _Effect("stale", over=8.0)},
    ("storage", "mounts", "share"): {("gone",): _Effect("gone", detail="storage is not online")},
    ("storage", "stores-on", "datastore"): {
        ("gone",): _Effect("gone"),
        ("full",): _Effect("full"),
    },
    ("container", "mounts", "mount"): {("stale",): _Effect("hung", after=40.0, over=6.0)},
    ("job", "backs-up", "storage"): {("gone", "full"): _Effect("failing")},
    ("job", "runs-on", "datastore"): {("gone", "full"): _Effect("failing")},
    ("job", "runs-on", "pool"): {("gone", "suspended"): _Effect("failing", detail="pool is not available")},
    ("page", "serves", "container"): {
        _DOWN: _Effect("silent", after=0.5, over=3.0),
        ("hung",): _Effect("silent", after=10.0, over=4.0),
        ("failing",): _Effect("status", after=2.0, over=2.0, level=500),
        ("unhealthy",): _Effect("status", level=503),
    },
    ("page", "serves", "host"): {_GONE: _Effect("silent")},
    ("page", "depends-on", "container"): {
        _DOWN: _Effect("status", after=0.5, over=3.0, level=502),
        ("hung",): _Effect("status", after=20.0, over=4.0, level=504),
        ("failing", "unhealthy"): _Effect("status", after=2.0, level=500),
    },
    ("page", "depends-on", "workload"): {
        ("down",): _Effect("status", after=1.0, over=5.0, level=503),
        ("failing",): _Effect("status", after=2.0, level=500),
    },
    ("page", "depends-on", "guest"): {_DOWN: _Effect("silent", over=30.0)},
    ("page", "depends-on", "net"): {_GONE: _Effect("silent", after=1.0)},
    ("container", "depends-on", "container"): {
        (*_DOWN, "hung"): _Effect("failing", after=4.0, over=5.0),
        ("failing", "unhealthy"): _Effect("failing", after=4.0, over=5.0),
    },
    ("container", "depends-on", "net"): {_GONE: _Effect("complaining", after=2.0)},
    ("workload", "depends-on", "workload"): {("down", "failing"): _Effect("failing", after=4.0, over=5.0)},
    ("workload", "depends-on", "guest"): {_DOWN: _Effect("failing", after=10.0, over=10.0)},
    ("workload", "depends-on", "net"): {_GONE: _Effect("complaining", after=2.0)},
}


def spread(graph: Graph, spells: Mapping[str, Spells]) -> None:
    """Lets all trouble travel up the edges, each thing after everything that it stands on."""
    reached = _within_reach(graph)
    edges: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        edges.setdefault(edge.upper, []).append(edge)
    for entity in graph.ordered():
        for edge in edges.get(entity, ()):
            if edge.relation == "routes" and entity in reached:
                continue
            for spell in list(spells[edge.lower]):
                follows = _follows(edge, spell)
                if follows is not None:
                    spells[entity].add(follows)
        if entity.startswith("pool/"):
            _degrade(graph, entity, spells)
        if entity.startswith("workload/"):
            _displace(graph, entity, spells)


def _follows(edge: Edge, spell: Spell) -> Spell | None:
    upper, lower = edge.upper.partition("/")[0], edge.lower.partition("/")[0]
    for modes, effect in _BY_RELATION.get((upper, edge.relation, lower), {}).items():
        if spell.mode in modes:
            end = FOREVER if spell.lasting else spell.end + effect.over
            detail = effect.detail or spell.detail
            start = spell.start + effect.after
            return Spell(start, end, effect.mode, edge.lower, detail, effect.level)
    return None


def _degrade(graph: Graph, pool: str, spells: Mapping[str, Spells]) -> None:
    """A pool survives as many dead disks as its layout allows; a failing one costs it checksums."""
    layout = graph.house.pools[pool.partition("/")[2]].layout
    dead: list[Spell] = []
    for disk in graph.lower(pool, "stores-on"):
        for spell in spells[disk].of("dead"):
            lost = sum(one.touches(spell.start, spell.end) for one in dead)
            mode = "degraded" if lost < _TOLERATED[layout] else "suspended"
            spells[pool].add(replace(spell, mode=mode, why=disk, part=disk))
            dead.append(spell)
        for spell in spells[disk].of("failing"):
            spells[pool].add(replace(spell, mode="errors", why=disk, part=disk, level=spell.level / 4))


def _displace(graph: Graph, workload: str, spells: Mapping[str, Spells]) -> None:
    """A workload with a single pod is down from the loss of its node until the pod is replaced."""
    _, space, name = split(workload)
    cluster = graph.house.kubernetes
    if cluster is None or cluster.namespaces[space][name].replicas != 1:
        return
    node = f"host/{placed(cluster, space, name, 0)}"
    for spell in spells[node].of(*_GONE, "kubelet"):
        begin = spell.start + (NOTICED if spell.mode == "kubelet" else 0.0)
        end = min(spell.end + 10.0, spell.start + TOLERATION + 15.0)
        if end - spell.start > NOTICED:
            spells[workload].add(Spell(begin, end, "down", node))


def _within_reach(graph: Graph) -> set[str]:
    """The machines that monitoring reaches without the network: its own and the one it runs on."""
    house = graph.house
    near = {house.monitoring}
    if house.monitoring in house.guests:
        near.add(house.guests[house.monitoring].node)
    return {f"host/{name}" for name in near}
