"""The calls about a node's disks."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.servers.proxmox import disks
from sre_assistant.sim.servers.proxmox.asked import FLAG, WORD, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused, needs
from sre_assistant.sim.things.storage import Drive, Pool

Row = dict[str, object]


def _list(asked: Asked) -> list[Row]:
    if not asked.caller.has("/", "Sys.Audit"):
        asked.caller.check(f"/nodes/{asked.node}", "Sys.Audit")
    view = asked.view
    found = disks.drives(view.world, asked.node, view.t)
    return [_disk(asked, one) for one in found]


def _disk(asked: Asked, drive: Drive) -> Row:
    view, spec = asked.view, drive.spec
    row: Row = {
        "devpath": f"/dev/{drive.device}",
        "by_id_link": f"/dev/disk/by-id/{spec.kind}-{spec.model.replace(' ', '_')}_{drive.serial}",
        "model": spec.model.replace(" ", "_"),
        "vendor": "unknown" if spec.kind == "nvme" else "ATA     ",
        "serial": drive.serial,
        "size": int(spec.size),
        "rpm": disks.rpm(drive),
        "type": spec.kind,
        "gpt": 1,
        "wwn": disks.wwn(drive),
        "osdid": -1,
        "osdid-list": None,
        "mounted": 0,
        "used": disks.used_for(view.world, drive),
    }
    if asked.flag("skipsmart"):
        return row
    wearout: object = "N/A" if spec.kind == "hdd" else 100 - disks.worn(drive, view.t)
    return row | {"health": "PASSED" if disks.passed(drive, view.t) else "FAILED", "wearout": wearout}


def _smart(asked: Asked) -> Row:
    device, view = asked.text("disk"), asked.view
    found = disks.drives(view.world, asked.node, view.t)
    drive = next((one for one in found if f"/dev/{one.device}" == device), None)
    if drive is None:
        raise Refused(500, f"{device} is not a valid local disk!")
    answer: Row = {"health": "PASSED" if disks.passed(drive, view.t) else "FAILED"}
    if asked.flag("healthonly"):
        return answer
    if drive.spec.kind != "hdd":
        answer["wearout"] = 100 - disks.worn(drive, view.t)
    if drive.spec.kind == "nvme":
        return answer | {"type": "text", "text": disks.nvme_text(drive, view.t)}
    return answer | {"type": "ata", "attributes": _table(drive, view.t)}


def _table(drive: Drive, t: float) -> list[Row]:
    return [
        {
            "id": f"{number:>3}",
            "name": name,
            "value": value,
            "normalized": value,
            "worst": value,
            "threshold": threshold,
            "raw": str(raw),
            "fail": "NOW" if threshold and value <= threshold else "-",
            "flags": "PO--CK",
        }
        for number, name, value, threshold, raw in disks.attributes(drive, t)
    ]


def _pools(asked: Asked) -> dict[str, Pool]:
    return {name: pool for name, pool in asked.view.world.pools.items() if pool.spec.host == asked.node}


def _zfs(asked: Asked) -> list[Row]:
    return [disks.pool_row(pool, asked.view.t) for pool in _pools(asked).values()]


def _one_zfs(asked: Asked) -> Row:
    name = asked.text("name")
    pool = _pools(asked).get(name)
    if pool is None:
        raise Refused(500, f"command '/sbin/zpool status -P {name}' failed: exit code 1")
    return disks.pool_tree(pool, asked.view.t)


_PLACE: Final = "nodes/{node}/disks"
_ALL: Final = needs("/", "Sys.Audit")
_CHOICES: Final = {
    "include-partitions": FLAG,
    "skipsmart": FLAG,
    "type": Field(choices=("unused", "journal_disks")),
}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", f"{_PLACE}/list", _list, fields=_CHOICES),
    Call("GET", f"{_PLACE}/smart", _smart, _ALL, {"disk": WORD, "healthonly": FLAG}),
    Call("GET", f"{_PLACE}/zfs", _zfs, _ALL),
    Call("GET", f"{_PLACE}/zfs/{{name}}", _one_zfs, _ALL, {"name": WORD}),
)
