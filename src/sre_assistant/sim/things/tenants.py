"""Guests and containers of a settled world: what runs on machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.causality.spells import FOREVER, Spells, joined
from sre_assistant.sim.signals import DAY, Constant, During, Signal, Weekly, seeded, uneven
from sre_assistant.sim.things.containers import Running
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.hosts import usual_week
from sre_assistant.sim.things.lives import ENDING, Lives, docker_wait, without

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

REBOOT_SECONDS: Final = 70.0
_CRASH_RUN_SECONDS: Final = 6.0
_TRAFFIC: Final = 9e4  # bytes per second of a guest without an exporter


def guest_of(world: World, name: str) -> Guest:
    """A guest; its runs follow from its node's and from what happened to it."""
    spec = world.house.guests[name]
    node, host = world.hosts[spec.node], world.hosts.get(name)
    entity, own = f"guest/{name}", seeded(world.seed, "guest", name)
    spells = world.spells[entity]
    first = min(world.begin - DAY * (20 + own % 300), -DAY)
    begun = [(first, FOREVER)] if spec.running else joined(spells.of("started"))
    ups = without(begun, joined(world.spells[f"host/{spec.node}"].of("off")))
    lives = Lives(ups, spells.of(*ENDING), _CRASH_RUN_SECONDS, docker_wait)
    busy = uneven(Weekly(usual_week(own) * spec.load), own + 1, spec.load * 0.3)
    traffic = [uneven(Weekly(usual_week(own + n) * _TRAFFIC), own + n, _TRAFFIC / 2) for n in (5, 7)]
    receive, transmit = (host.receive, host.transmit) if host else traffic
    return Guest(name, spec, own, node, host, lives, spells, busy, receive, transmit)


def container_of(world: World, host: str, name: str) -> Running:
    """A Docker container; it starts some seconds after its machine."""
    spec = world.house.containers[host][name]
    entity, own = f"container/{host}:{name}", seeded(world.seed, "container", host, name)
    boots, spells = world.hosts[host].boots, world.spells[entity]
    starts = (boots + 14.0 + own % 9).tolist()
    ends = [*(boots[1:] - REBOOT_SECONDS).tolist(), FOREVER]
    ups = without(list(zip(starts, ends, strict=True)), joined(spells.of("off")))
    troubles = [one for one in spells if one.mode in ENDING and one.mode != "off"]
    return Running(
        entity=entity,
        name=name,
        seed=own,
        image=spec.image,
        memory=spec.memory,
        limit=spec.limit,
        cpu=_demand(spec.cpu, own, spells),
        lives=Lives(ups, troubles, _CRASH_RUN_SECONDS, docker_wait),
        spells=spells,
        images=[(one.start, one.detail) for one in spells.of("updated")],
    )


def _demand(cores: float, own: int, spells: Spells) -> Signal:
    """What a container keeps busy: as usual, or in a ``busy`` spell that many cores."""
    demand: Signal = uneven(Weekly(usual_week(own) * cores), own, cores * 0.2)
    for one in spells.of("busy"):
        level = uneven(Constant(one.level), own + 2, one.level * 0.1)
        demand = During(demand, one.start, one.end, level)
    return demand
