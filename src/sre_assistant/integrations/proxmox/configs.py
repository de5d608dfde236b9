"""What the configuration of a guest tells, and what of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sre_assistant.integrations.proxmox.estate import STORAGE_NAME, Guest, Place
from sre_assistant.kit.redaction import bounded, redact

SECTIONS: Final[Mapping[str, re.Pattern[str]]] = {
    "Compute": re.compile(
        r"cores|sockets|vcpus|cpu|cpulimit|cpuunits|memory|balloon|shares|swap|numa\d*|hugepages|affinity"
    ),
    "Disks": re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused|mp)\d+|rootfs|scsihw"),
    "Network": re.compile(r"net\d+|ipconfig\d+|nameserver|searchdomain"),
    "Boot": re.compile(r"boot|bootdisk|onboot|startup|bios|machine|template|protection|lock|parent"),
    "OS": re.compile(r"ostype|arch|agent|unprivileged|features|kvm|vga|tablet|acpi|cmode|tty|console"),
    "Other": re.compile(r"name|hostname|tags|hostpci\d+|usb\d+|serial\d+|watchdog|rng0|ciuser|citype"),
}
"""The keys whose values are fit to be shown; all others are only named."""
_DISK: Final = re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|mp)\d+|rootfs")
_NET: Final = re.compile(r"net\d+")
_IP: Final = re.compile(r"(?:net|ipconfig)\d+")
_MAC: Final = re.compile(r"=((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})(?=,|$)")
_ADDRESS: Final = re.compile(r"(?:^|,)ip6?=([0-9A-Fa-f.:]{2,45})(?:/\d{1,3})?(?=,|$)")
_LONGEST: Final = 160
_MOST_KEYS: Final = 200


class Wiring(NamedTuple):
    """What a guest stands on and how it is reached."""

    uses: tuple[str, ...]
    """Storages by ``Place.id``, and folders of the node that are mounted in."""
    macs: tuple[str, ...]
    addresses: tuple[str, ...]


def wiring_of(config: Mapping[str, Any], guest: Guest, places: tuple[Place, ...]) -> Wiring:
    """Storages, hardware addresses and fixed IP addresses in a configuration."""
    texts = {key: value for key, value in config.items() if isinstance(value, str)}
    shared = {place.name for place in places if place.shared}
    disks = (_volume(value) for key, value in texts.items() if _DISK.fullmatch(key))
    uses = (one if one.startswith("/") or one in shared else f"{guest.node}/{one}" for one in disks if one)
    macs = (m[1].lower() for key, value in texts.items() if _NET.fullmatch(key) for m in _MAC.finditer(value))
    addresses = (m[1] for key, value in texts.items() if _IP.fullmatch(key) for m in _ADDRESS.finditer(value))
    return Wiring(_unique(uses), _unique(macs), _unique(addresses))


def title_of(config: Mapping[str, Any]) -> str:
    """A container is called by its ``hostname``, a virtual machine by its ``name``."""
    found = config.get("name", config.get("hostname"))
    return found if isinstance(found, str) else ""


def shown(config: Mapping[str, Any]) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    """The values fit to be shown, by section and key, and the keys whose values are not."""
    sections: dict[str, dict[str, str]] = {}
    hidden: list[str] = []
    for key in sorted(config)[:_MOST_KEYS]:
        section = next((name for name, keys in SECTIONS.items() if keys.fullmatch(key)), "")
        value = config[key]
        if section and isinstance(value, str | int | float):
            sections.setdefault(section, {})[key] = bounded(redact(str(value)), _LONGEST)
        elif key != "digest":
            hidden.append(bounded(key, 40))
    ordered = {name: sections[name] for name in SECTIONS if name in sections}
    return ordered, tuple(hidden)


def _volume(value: str) -> str:
    """The storage of a disk, or the folder that is mounted; empty for a drive without a medium."""
    source = value.partition(",")[0].strip()
    if source.startswith("/"):
        return source
    storage, colon, _ = source.partition(":")
    return storage if colon and STORAGE_NAME.fullmatch(storage) else ""


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
