"""The expressions against the simulated Prometheus of a house."""

from __future__ import annotations

from random import Random

from sre_assistant.contracts.house import House
from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.disks import compose
from sre_assistant.integrations.prometheus import connect
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.sim.homelab import Homelab
from tests.integrations.disks.answers import Inventory, resource


async def test_smartctl_exporter_of_a_house_tells_of_the_disks_that_rotate() -> None:
    async with Homelab("healthy") as homelab:
        drive = homelab.world.drives["disk/nas:sdb"]
        inventory = Inventory((resource("sdb", "tank", serial=drive.serial),))
        clock = FixedClock(homelab.clock.now())
        config = Config(url=homelab.prometheus_url)
        wire = LiveWire("prom", config, clock, Random(1))
        prometheus = connect(config, wire, clock, "prom")
        nas = Integration(name="nas", kind="x", checkup=prometheus.checkup, tools=(), inventory=inventory)
        (tool,) = compose(House((prometheus, nas)), clock)
        everything = await tool.called({})
        tank = await tool.called({"pool": "tank", "duration": "30d"})
        rotating = [one for one in homelab.world.drives.values() if one.spec.kind == "hdd"]
        await wire.aclose()
    assert everything.text.startswith(f"{len(rotating)} hard disks at ")
    assert f"[spun up (active)] nas sdb ({drive.serial}) in tank: " in everything.text
    assert tank.text.startswith("1 hard disk of pool 'tank' at ")
