"""nut_exporter: what a battery says over the NUT server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, fixed, process
from sre_assistant.sim.metrics.targets import Family, Level

if TYPE_CHECKING:
    from sre_assistant.sim.things.around import Ups
    from sre_assistant.sim.world import World

_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "network_ups_tools_device_info": ("gauge", "What the device is."),
    "network_ups_tools_battery_charge": ("gauge", "Battery charge in percent (battery.charge)."),
    "network_ups_tools_battery_runtime": ("gauge", "Battery runtime in seconds (battery.runtime)."),
    "network_ups_tools_battery_voltage": ("gauge", "Battery voltage in V (battery.voltage)."),
    "network_ups_tools_battery_voltage_nominal": (
        "gauge",
        "Nominal battery voltage in V (battery.voltage.nominal).",
    ),
    "network_ups_tools_input_voltage": ("gauge", "Input voltage in V (input.voltage)."),
    "network_ups_tools_input_voltage_nominal": (
        "gauge",
        "Nominal input voltage in V (input.voltage.nominal).",
    ),
    "network_ups_tools_ups_load": ("gauge", "Load in percent (ups.load)."),
    "network_ups_tools_ups_status": ("gauge", "UPS status (ups.status)."),
}
_NEVER: Final = ("HB", "RB", "BYPASS", "CAL", "OFF", "OVER", "TRIM", "BOOST", "FSD", "SD")


def families(world: World, host: str) -> list[Family]:
    """All metrics of the one battery that a machine watches."""
    machine = world.hosts[host]
    sheet = Sheet(_ABOUT)
    for ups in world.ups.values():
        if ups.spec.host == host:
            _battery(sheet, ups)
    return [
        *sheet.families(),
        *process(machine.seed + 740, machine.boots + 30, world.epoch.timestamp(), 14e6),
    ]


def _battery(sheet: Sheet, ups: Ups) -> None:
    info = {"mfr": "APC", "model": ups.spec.model, "serial": f"AS{ups.seed % 10**10:010d}", "type": "ups"}
    sheet.put("network_ups_tools_device_info", info, 1.0)

    def charging(t: Floats) -> Floats:
        return np.where((ups.on_battery(t) == 0) & (ups.charge(t) < 100), 1.0, 0.0)

    def volts(t: Floats) -> Floats:
        return np.round(23.6 + 3.7 * ups.charge(t) / 100, 1)

    for name, level in (
        ("battery_charge", ups.charge),
        ("battery_runtime", lambda t: np.rint(ups.charge(t) / 100 * ups.spec.runtime)),
        ("battery_voltage", volts),
        ("battery_voltage_nominal", fixed(24.0)),
        ("input_voltage", ups.input_volts),
        ("input_voltage_nominal", fixed(230.0)),
        ("ups_load", ups.load),
    ):
        sheet.put(f"network_ups_tools_{name}", {}, level)
    flags: dict[str, Level] = {
        "OL": lambda t: 1.0 - ups.on_battery(t),
        "OB": ups.on_battery,
        "LB": ups.low,
        "CHRG": charging,
        "DISCHRG": ups.on_battery,
        **dict.fromkeys(_NEVER, fixed(0.0)),
    }
    for flag, level in flags.items():
        sheet.put("network_ups_tools_ups_status", {"flag": flag}, level)
