"""smartctl_exporter: what the disks of a machine say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, process
from sre_assistant.sim.metrics.targets import Family, Level

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Disk
    from sre_assistant.sim.things.storage import Drive
    from sre_assistant.sim.world import World

_BLOCK: Final = 512.0
_NVME_UNIT: Final = 512_000.0
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "smartctl_version": ("gauge", "Versions of smartctl."),
    "smartctl_devices": ("gauge", "Devices that are read."),
    "smartctl_device": ("gauge", "What the device is."),
    "smartctl_device_smart_status": ("gauge", "Overall health: 1 passed, 0 failed."),
    "smartctl_device_status": ("gauge", "Device status."),
    "smartctl_device_smartctl_exit_status": ("gauge", "Exit status of smartctl, a bit mask."),
    "smartctl_device_attribute": ("gauge", "An ATA attribute."),
    "smartctl_device_temperature": ("gauge", "Temperature in degrees Celsius."),
    "smartctl_device_power_on_seconds": ("counter", "Seconds under power."),
    "smartctl_device_power_cycle_count": ("counter", "How often power came on."),
    "smartctl_device_capacity_bytes": ("gauge", "Capacity in bytes."),
    "smartctl_device_capacity_blocks": ("gauge", "Capacity in blocks."),
    "smartctl_device_block_size": ("gauge", "Block size in bytes."),
    "smartctl_device_interface_speed": ("gauge", "Speed of the interface in bits per second."),
    "smartctl_device_rotation_rate": ("gauge", "Rotations per minute."),
    "smartctl_device_state": ("gauge", "Device state; 0 is active."),
    "smartctl_device_error_log_count": ("gauge", "Entries in the error log."),
    "smartctl_device_self_test_log_count": ("gauge", "Entries in the log of self-tests."),
    "smartctl_device_self_test_log_error_count": ("gauge", "Self-tests that failed."),
    "smartctl_device_percentage_used": ("counter", "Share of its life that an NVMe disk has used, percent."),
    "smartctl_device_available_spare": ("counter", "Spare blocks left, percent."),
    "smartctl_device_available_spare_threshold": ("counter", "Least spare blocks, percent."),
    "smartctl_device_critical_warning": ("counter", "Critical warnings, a bit field."),
    "smartctl_device_media_errors": ("counter", "Unrecovered errors of the medium."),
    "smartctl_device_num_err_log_entries": ("counter", "Entries in the error log."),
    "smartctl_device_bytes_read": ("counter", "Bytes read."),
    "smartctl_device_bytes_written": ("counter", "Bytes written."),
    "smartctl_device_nvme_capacity_bytes": ("gauge", "Capacity of an NVMe disk in bytes."),
}


class Attribute(NamedTuple):
    """An ATA attribute: its flags, its threshold, its raw figure, and what each unit takes from 100."""

    number: int
    name: str
    flags: str
    threshold: float
    raw: Level
    weight: float = 0.0


_LETTERS: Final = {
    "P": "prefailure",
    "O": "updated_online",
    "S": "performance",
    "R": "error_rate",
    "C": "event_count",
    "K": "auto_keep",
}


def families(world: World, host: str) -> list[Family]:
    """All metrics of a machine's disks."""
    drives = [drive for drive in world.drives.values() if drive.host == host]
    machine = world.hosts[host]
    sheet = Sheet(_ABOUT)
    version = {"build_info": "(local build)", "json_format_version": "1.0", "smartctl_version": "7.4"}
    sheet.put("smartctl_version", {**version, "svn_revision": "5530"}, 1.0)
    sheet.put("smartctl_devices", {}, lambda t: np.asarray(sum(drive.present(t) for drive in drives)))
    for drive in drives:
        _device(sheet, drive)
        if drive.spec.kind == "nvme":
            _nvme(sheet, drive, machine.disks[drive.device])
        else:
            _ata(sheet, drive)
    return [
        *sheet.families(),
        *process(machine.seed + 700, machine.boots + 30, world.epoch.timestamp(), 17e6),
    ]


def named(drive: Drive) -> str:
    """The short name: a namespace of an NVMe disk has its controller's."""
    return drive.device.partition("n1")[0] if drive.spec.kind == "nvme" else drive.device


def _device(sheet: Sheet, drive: Drive) -> None:
    device = {"device": named(drive)}
    nvme = drive.spec.kind == "nvme"
    info = {
        **device,
        "interface": "nvme" if nvme else "sat",
        "protocol": "NVMe" if nvme else "ATA",
        "model_name": drive.spec.model,
        "serial_number": drive.serial,
        "firmware_version": f"{drive.seed % 9}B{drive.seed % 7}QGXA7",
        "ata_additional_product_id": "unknown",
        "form_factor": "" if nvme else {"hdd": "3.5 inches", "ssd": "2.5 inches"}[drive.spec.kind],
        "ata_version": "" if nvme else "ACS-3 T13/2161-D revision 5",
        "sata_version": "" if nvme else "SATA 3.3",
    }
    passed = drive.passed
    facts: list[tuple[str, dict[str, str], Level | float]] = [
        ("", info, 1.0),
        ("_smart_status", device, passed),
        ("_status", device, passed),
        ("_smartctl_exit_status", device, lambda t: (1.0 - passed(t)) * 8.0),
        ("_power_on_seconds", device, lambda t: np.floor(drive.powered(t) / 3600) * 3600),
        ("_power_cycle_count", device, float(20 + drive.seed % 90)),
        ("_capacity_bytes", device, drive.spec.size),
        ("_capacity_blocks", device, drive.spec.size // _BLOCK),
        ("_block_size", {**device, "blocks_type": "logical"}, _BLOCK),
        ("_block_size", {**device, "blocks_type": "physical"}, _BLOCK if nvme else 4096.0),
        ("_temperature", {**device, "temperature_type": "current"}, drive.temperature),
    ]
    for name, labels, level in facts:
        sheet.put(f"smartctl_device{name}", labels, level, drive.present)


def _nvme(sheet: Sheet, drive: Drive, disk: Disk) -> None:
    device, before = {"device": named(drive)}, drive.spec.size * 22.0

    def put(name: str, level: Level | float) -> None:
        sheet.put(f"smartctl_device_{name}", device, level, drive.present)

    put("percentage_used", drive.wear)
    put("available_spare", lambda t: np.clip(100.0 - np.floor(drive.bad_sectors(t) / 20), 0.0, 100.0))
    put("available_spare_threshold", 10.0)
    put("critical_warning", lambda t: (1.0 - drive.passed(t)) * 4.0)
    put("media_errors", drive.bad_sectors)
    put("num_err_log_entries", lambda t: drive.bad_sectors(t) * 2)
    put("bytes_read", lambda t: np.floor((before + disk.reads.total(t)) / _NVME_UNIT) * _NVME_UNIT)
    put("bytes_written", lambda t: np.floor((before + disk.writes.total(t)) / _NVME_UNIT) * _NVME_UNIT)
    put("nvme_capacity_bytes", drive.spec.size)


def _ata(sheet: Sheet, drive: Drive) -> None:
    device = {"device": named(drive)}

    def put(name: str, level: Level | float, **more: str) -> None:
        sheet.put(f"smartctl_device_{name}", {**device, **more}, level, drive.present)

    put("interface_speed", 6e9, speed_type="max")
    put("interface_speed", 6e9, speed_type="current")
    put("state", 0.0)
    put("error_log_count", lambda t: uncorrectable(drive, t), error_log_type="extended")
    put("self_test_log_count", 21.0, self_test_log_type="standard")
    put("self_test_log_error_count", lambda t: 1.0 - drive.passed(t), self_test_log_type="standard")
    if drive.spec.kind == "hdd":
        put("rotation_rate", 7200.0)
        put("temperature", 60.0, temperature_type="drive_trip")
    for one in attributes(drive):
        labels = {
            "attribute_id": str(one.number),
            "attribute_name": one.name,
            "attribute_flags_short": one.flags,
            "attribute_flags_long": ",".join(_LETTERS[letter] for letter in one.flags if letter in _LETTERS),
        }
        put("attribute", one.raw, **labels, attribute_value_type="raw")
        put("attribute", _health(one), **labels, attribute_value_type="value")
        put("attribute", _health(one), **labels, attribute_value_type="worst")
        put("attribute", one.threshold, **labels, attribute_value_type="thresh")


def uncorrectable(drive: Drive, t: Floats) -> Floats:
    """Reads that could not be corrected."""
    return np.floor(drive.bad_sectors(t) / 4)


def attributes(drive: Drive) -> list[Attribute]:
    """The attributes that a disk of its kind keeps."""
    hours: Level = lambda t: np.floor(drive.powered(t) / 3600)  # noqa: E731
    cycles: Level = lambda t: np.full(len(t), float(20 + drive.seed % 90))  # noqa: E731
    lost: Level = lambda t: uncorrectable(drive, t)  # noqa: E731
    common = [
        Attribute(5, "Reallocated_Sector_Ct", "PO--CK", 10.0, drive.reallocated, 0.25),
        Attribute(9, "Power_On_Hours", "-O--CK", 0.0, hours, 1 / 900),
        Attribute(12, "Power_Cycle_Count", "-O--CK", 0.0, cycles, 0.02),
        Attribute(187, "Reported_Uncorrect", "-O--CK", 0.0, lost, 1.0),
        Attribute(194, "Temperature_Celsius", "-O---K", 0.0, drive.temperature, 1.0),
        Attribute(199, "UDMA_CRC_Error_Count", "-OSRCK", 0.0, drive.crc_errors, 0.02),
    ]
    if drive.spec.kind == "ssd":
        worn = Attribute(177, "Wear_Leveling_Count", "PO--C-", 0.0, drive.wear, 1.0)
        return sorted([*common, worn])
    spinning = [
        Attribute(188, "Command_Timeout", "-O--CK", 0.0, lambda t: np.zeros(len(t))),
        Attribute(197, "Current_Pending_Sector", "-O--C-", 0.0, drive.pending, 0.2),
        Attribute(198, "Offline_Uncorrectable", "----C-", 0.0, lost, 0.2),
    ]
    return sorted([*common, *spinning])


def _health(one: Attribute) -> Level:
    """The normalised figure: 100 when new, 1 at worst."""
    return lambda t: np.clip(100.0 - np.floor(one.raw(t) * one.weight), 1.0, 100.0)
