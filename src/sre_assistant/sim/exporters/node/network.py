"""Network cards and the kernel's network statistics."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sre_assistant.sim.exporters.shapes import counted, fixed, many, steady
from sre_assistant.sim.signals import Scaled
from sre_assistant.sim.targets import Family, Level

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Host


def network(host: Host) -> list[Family]:
    """Traffic and state of the card and of loopback."""
    device = host.spec.network.device
    local = steady(40e3, host.name, "lo")
    flows: dict[str, dict[str, Level]] = {
        "receive_bytes_total": {device: counted(host.receive, host.boots), "lo": counted(local, host.boots)},
        "transmit_bytes_total": {
            device: counted(host.transmit, host.boots),
            "lo": counted(local, host.boots),
        },
        "receive_packets_total": {
            device: counted(Scaled(host.receive, 1 / 1100), host.boots),
            "lo": counted(Scaled(local, 1 / 400), host.boots),
        },
        "transmit_packets_total": {
            device: counted(Scaled(host.transmit, 1 / 1100), host.boots),
            "lo": counted(Scaled(local, 1 / 400), host.boots),
        },
    }
    counters = [
        many(
            f"node_network_{name}",
            "counter",
            f"Network device statistic {name}.",
            [({"device": d}, level) for d, level in levels.items()],
        )
        for name, levels in flows.items()
    ]
    zero = (
        "receive_errs_total",
        "receive_drop_total",
        "receive_fifo_total",
        "receive_frame_total",
        "transmit_errs_total",
        "transmit_drop_total",
        "transmit_carrier_total",
        "transmit_colls_total",
    )
    quiet = [
        many(
            f"node_network_{name}",
            "counter",
            f"Network device statistic {name}.",
            [({"device": d}, fixed(0.0)) for d in (device, "lo")],
        )
        for name in zero
    ]
    state = {
        "up": 1.0,
        "carrier": 1.0,
        "carrier_changes_total": 2.0,
        "speed_bytes": 1.25e8,
        "mtu_bytes": 1500.0,
    }
    gauges = [
        many(
            f"node_network_{name}",
            "counter" if name.endswith("total") else "gauge",
            f"Network device property {name}.",
            [({"device": device}, fixed(value))],
        )
        for name, value in state.items()
    ]
    address = ":".join(f"{(zlib.crc32(host.name.encode()) >> shift) & 0xFF:02x}" for shift in (24, 16, 8, 0))
    info = {
        "device": device,
        "address": f"02:00:{address}",
        "broadcast": "ff:ff:ff:ff:ff:ff",
        "duplex": "full",
        "operstate": "up",
        "adminstate": "up",
    }
    return [
        *counters,
        *quiet,
        *gauges,
        many("node_network_info", "gauge", "What the network device is.", [(info, fixed(1.0))]),
    ]
