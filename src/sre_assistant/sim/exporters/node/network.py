"""Network cards and what the kernel counts of them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.exporters.shapes import counted, fixed, many, steady
from sre_assistant.sim.metrics.targets import Family
from sre_assistant.sim.signals import NOTHING, During, Scaled, Signal

if TYPE_CHECKING:
    from sre_assistant.sim.causality.spells import Spells
    from sre_assistant.sim.things.hosts import Host

_PACKET: Final = {"card": 1100.0, "lo": 400.0}
_BROKEN: Final = ("receive_errs_total", "receive_frame_total")
_FAULTLESS: Final = (
    "receive_drop_total",
    "receive_fifo_total",
    "transmit_errs_total",
    "transmit_drop_total",
    "transmit_carrier_total",
    "transmit_colls_total",
)
_STATE: Final = {
    "up": 1.0,
    "carrier": 1.0,
    "carrier_changes_total": 2.0,
    "speed_bytes": 1.25e8,
    "mtu_bytes": 1500.0,
}


def network(host: Host, spells: Spells) -> list[Family]:
    """Traffic and state of the card and of loopback."""
    return [*_traffic(host), *_broken(host, spells), *_quiet(host), *_state(host)]


def _traffic(host: Host) -> list[Family]:
    local = steady(40e3, host.name, "lo")
    flows: dict[str, tuple[Signal, Signal]] = {
        "receive": (host.receive, local),
        "transmit": (host.transmit, local),
    }
    families = []
    for way, (card, lo) in flows.items():
        for unit, sizes in (("bytes", {"card": 1.0, "lo": 1.0}), ("packets", _PACKET)):
            points = [
                ({"device": host.spec.network.device}, counted(Scaled(card, 1 / sizes["card"]), host.boots)),
                ({"device": "lo"}, counted(Scaled(lo, 1 / sizes["lo"]), host.boots)),
            ]
            name = f"{way}_{unit}_total"
            families.append(
                many(f"node_network_{name}", "counter", f"Network device statistic {name}.", points)
            )
    return families


def _broken(host: Host, spells: Spells) -> list[Family]:
    """Packets that arrive broken while the card or its cable is bad."""
    arriving = Scaled(host.receive, 1 / _PACKET["card"])
    broken: Signal = NOTHING
    for one in spells.of("lossy"):
        broken = During(broken, one.start, one.end, Scaled(arriving, one.level))
    points = [
        ({"device": host.spec.network.device}, counted(broken, host.boots)),
        ({"device": "lo"}, fixed(0.0)),
    ]
    return [
        many(f"node_network_{name}", "counter", f"Network device statistic {name}.", points)
        for name in _BROKEN
    ]


def _quiet(host: Host) -> list[Family]:
    points = [({"device": device}, fixed(0.0)) for device in (host.spec.network.device, "lo")]
    return [
        many(f"node_network_{name}", "counter", f"Network device statistic {name}.", points)
        for name in _FAULTLESS
    ]


def _state(host: Host) -> list[Family]:
    device = {"device": host.spec.network.device}
    mark = zlib.crc32(host.name.encode()).to_bytes(4, "big").hex(":")
    info = {
        **device,
        "address": f"02:00:{mark}",
        "broadcast": "ff:ff:ff:ff:ff:ff",
        "duplex": "full",
        "operstate": "up",
        "adminstate": "up",
    }
    properties = [
        many(
            f"node_network_{name}",
            "counter" if name.endswith("total") else "gauge",
            f"Network device property {name}.",
            [(device, fixed(value))],
        )
        for name, value in _STATE.items()
    ]
    return [
        *properties,
        many("node_network_info", "gauge", "What the network device is.", [(info, fixed(1.0))]),
    ]
