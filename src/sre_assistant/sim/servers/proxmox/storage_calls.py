"""The calls about storages and what lies on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sre_assistant.sim.servers.pbs import contents
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.asked import CONSOLIDATION, FLAG, TEXT, TIMEFRAME, Asked
from sre_assistant.sim.servers.proxmox.backups import Backup, kept, path_of
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused, needs
from sre_assistant.sim.servers.proxmox.figures import moments, reached, rows
from sre_assistant.sim.servers.proxmox.task_logs import file_name, zulu
from sre_assistant.sim.servers.proxmox.view import ClusterView

Row = dict[str, object]

_KINDS: Final = ("dir", "lvmthin", "nfs", "pbs", "zfspool")
_PLACES: Final[dict[str, Row]] = {
    "local": {"path": "/var/lib/vz"},
    "lvmthin": {"thinpool": "data", "vgname": "pve"},
}
_IMAGE: Final = ("debian-12.9.0-amd64-netinst.iso", 663_748_608)


def usage(view: ClusterView, node: str, name: str) -> Row:
    """How a storage is, as one node sees it."""
    spec = view.world.house.storages[name]
    row: Row = {
        "type": spec.kind,
        "content": ",".join(spec.content),
        "enabled": 1,
        "shared": int(spec.shared),
        "active": 0,
        "total": 0,
        "used": 0,
        "avail": 0,
    }
    if not view.active(node, name):
        return row
    space = view.space(node, name, view.at)
    total, used = int(space.total[0]), int(space.used[0])
    return row | {"active": 1, "total": total, "used": used, "avail": total - used}


def _storages(asked: Asked) -> list[Row]:
    found: list[Row] = []
    wanted = [one for one in asked.text("content").replace(";", ",").split(",") if one]
    for name, spec in asked.view.storages(asked.node).items():
        if not asked.keeps(name) or asked.text("storage", name) != name:
            continue
        if wanted and not set(wanted) & set(spec.content):
            continue
        row = {"storage": name} | usage(asked.view, asked.node, name)
        if row["total"]:
            row["used_fraction"] = int(str(row["used"])) / int(str(row["total"]))
        found.append(row)
    return found


def _status(asked: Asked) -> Row:
    asked.view.storage(asked.node, asked.text("storage"))
    return usage(asked.view, asked.node, asked.text("storage"))


def _history(asked: Asked) -> list[Row]:
    view, name = asked.view, asked.text("storage")
    view.storage(asked.node, name)
    t = moments(view, asked.text("timeframe"))
    space = view.space(asked.node, name, t)
    gone = view.world.spells[f"storage/{name}"].inside(t, "gone")
    known = reached(view, asked.node, t) * (1.0 - gone)
    return rows(view, t, {"total": space.total, "used": space.used}, known)


def _content(asked: Asked) -> list[Row]:
    """What lies on a storage, of that what the caller may use; an auditor may use little."""
    name = asked.text("storage")
    asked.view.storage(asked.node, name)
    if not asked.view.active(asked.node, name):
        raise Refused(500, f"storage '{name}' is not online")
    found = [*_images(asked, name), *_disks(asked, name), *_backups(asked, name)]
    content = asked.text("content")
    if content:
        found = [row for row in found if row["content"] == content]
    if "vmid" in asked.values:
        found = [row for row in found if row.get("vmid") == asked.number("vmid", 0)]
    return found


def _images(asked: Asked, name: str) -> Iterator[Row]:
    spec = asked.view.world.house.storages[name]
    if "iso" in spec.content:
        file, size = _IMAGE
        born = asked.view.unix(asked.view.world.begin) - 90 * 86400
        yield {"volid": f"{name}:iso/{file}", "content": "iso", "format": "iso", "size": size, "ctime": born}


def _disks(asked: Asked, name: str) -> Iterator[Row]:
    """The guests' disks; an owner's right is that to change its disks."""
    for guest in asked.view.guests(asked.node):
        right = asked.caller.has(f"/vms/{guest.spec.vmid}", "VM.Config.Disk")
        if guest.spec.storage != name or not (right or _owns(asked, name)):
            continue
        word = "base" if guest.spec.template else "vm"
        yield {
            "volid": f"{name}:{word}-{guest.spec.vmid}-disk-0",
            "content": "images" if guest.spec.kind == "qemu" else "rootdir",
            "format": "raw",
            "size": int(guest.spec.disk),
            "vmid": guest.spec.vmid,
        }


def _backups(asked: Asked, name: str) -> Iterator[Row]:
    """The backups; who lists them must be able to restore them."""
    if not asked.caller.has(f"/storage/{name}", "Datastore.AllocateSpace", "Datastore.Allocate"):
        return
    view = asked.view
    checked = _checked(view, name)
    for one in kept(view.world, view.deeds, view.t, name):
        right = asked.caller.has(f"/vms/{one.guest.spec.vmid}", "VM.Backup")
        if (right or _owns(asked, name)) and not one.under_way(view.t):
            check = checked.get(path_of(view.world, one))
            yield _backup(view, name, one) | ({"verification": check} if check else {})


def _owns(asked: Asked, name: str) -> bool:
    """Whether everything on a storage is the caller's to use."""
    return asked.caller.has(f"/storage/{name}", "Datastore.Allocate")


def _checked(view: ClusterView, name: str) -> dict[str, object]:
    """How the verification of backups went, where a backup server keeps them."""
    store = view.world.house.storages[name].datastore
    if not store:
        return {}
    rows = contents.snapshots(StoreView(view.world, view.t, view.deeds), store)
    return {
        f"{row['backup-type']}/{row['backup-id']}/{row['backup-time']}": row["verification"]
        for row in rows
        if "verification" in row
    }


def _backup(view: ClusterView, name: str, one: Backup) -> Row:
    spec, begun = one.guest.spec, view.unix(one.start)
    row: Row = {
        "content": "backup",
        "subtype": spec.kind,
        "ctime": begun,
        "vmid": spec.vmid,
        "notes": one.guest.title,
    }
    if view.world.house.storages[name].kind == "pbs":
        short = "vm" if spec.kind == "qemu" else "ct"
        volume = f"{name}:backup/{short}/{spec.vmid}/{zulu(begun)}"
        row |= {"volid": volume, "format": f"pbs-{short}", "protected": 0}
        return row | {"size": contents.size(one)}
    file = file_name(view, one)
    size = int(spec.disk * (0.2 + one.guest.seed % 20 / 100))
    return row | {"volid": f"{name}:backup/{file}", "format": file.partition(".")[2], "size": size}


def _configured(asked: Asked) -> list[Row]:
    kind = asked.text("type")
    storages = asked.view.world.house.storages
    return [
        _settings(asked, name)
        for name in sorted(storages)
        if asked.keeps(name) and kind in {"", storages[name].kind}
    ]


def _settings(asked: Asked, name: str) -> Row:
    house = asked.view.world.house
    spec = house.storages[name]
    row: Row = {"storage": name, "type": spec.kind, "content": ",".join(spec.content)}
    row |= _PLACES.get(name, _PLACES.get(spec.kind, {}))
    if spec.nodes:
        row["nodes"] = ",".join(spec.nodes)
    if spec.shared:
        row["shared"] = 1
    if spec.share:
        share = house.shares[spec.share]
        server = house.hosts[share.host].address
        row |= {"server": server, "export": f"/mnt{share.path}", "path": f"/mnt/pve/{name}"}
    if spec.datastore:
        store = house.datastores[spec.datastore]
        row |= {"server": house.hosts[store.host].address, "datastore": spec.datastore}
        row |= {"username": "pve@pbs!cluster", "prune-backups": "keep-all=1"}
    return row


def _one_configured(asked: Asked) -> Row:
    name = asked.text("storage")
    if name not in asked.view.world.house.storages:
        raise Refused(500, f"storage '{name}' does not exist")
    return _settings(asked, name)


_PLACE: Final = "nodes/{node}/storage/{storage}"
_SEES: Final = needs("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
_NAMED: Final = {"storage": Field(pattern=r"[A-Za-z][\w.-]*[A-Za-z0-9]", noun="storage ID", needed=True)}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "storage", _configured, fields={"type": Field(choices=_KINDS)}),
    Call(
        "GET", "storage/{storage}", _one_configured, needs("/storage/{storage}", "Datastore.Allocate"), _NAMED
    ),
    Call(
        "GET",
        "nodes/{node}/storage",
        _storages,
        fields={"content": TEXT, "enabled": FLAG, "format": FLAG, "storage": TEXT, "target": TEXT},
    ),
    Call("GET", f"{_PLACE}/status", _status, _SEES, _NAMED),
    Call(
        "GET",
        f"{_PLACE}/content",
        _content,
        _SEES,
        _NAMED | {"content": TEXT, "vmid": Field(kind="integer", least=100, most=999_999_999)},
    ),
    Call("GET", f"{_PLACE}/rrddata", _history, _SEES, _NAMED | {"timeframe": TIMEFRAME, "cf": CONSOLIDATION}),
)
