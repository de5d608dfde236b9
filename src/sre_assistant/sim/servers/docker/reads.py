"""Everything that a daemon can be asked for and answers at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sre_assistant.sim.servers.docker import filters, images, networks, system, views
from sre_assistant.sim.servers.docker.call import Call
from sre_assistant.sim.servers.docker.containers import not_running
from sre_assistant.sim.servers.docker.stats import processes
from sre_assistant.sim.servers.docker.wire import Refused, flag, nanoseconds, rfc3339

Read = Callable[[Call], object]

_TITLES: Final = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")


def _list(call: Call) -> object:
    limit = call.params.get("limit", "")
    if limit and not limit.lstrip("-").isdecimal():
        raise Refused(500, f'strconv.Atoi: parsing "{limit}": invalid syntax')
    wanted = filters.parsed(call.params.get("filters", ""))
    for name in ("since", "before"):
        if call.params.get(name):
            wanted[name] = [call.params[name]]
    found = filters.chosen(
        call.here, wanted, everything=flag(call.params, "all"), limit=int(limit) if limit else 0
    )
    return [views.summary(one, call.version, size=flag(call.params, "size")) for one in found]


def _inspect(call: Call) -> object:
    return views.inspected(call.container, call.version, size=flag(call.params, "size"))


def _top(call: Call) -> object:
    container = call.container
    if container.status == "restarting":
        raise Refused(409, f"Container {container.id} is restarting, wait until the container is running")
    if not container.alive or container.started is None:
        raise not_running(container)
    first, name = views.pid(container), images.program_of(container.image)
    begun = rfc3339(nanoseconds(call.world, container.started, container.id))[11:16]
    rows = [["root", str(first), str(first - 21), "0", begun, "?", "00:00:00", name]]
    rows += [
        ["root", str(first + 7 * place), str(first), "0", begun, "?", "00:00:00", f"{name}: worker"]
        for place in range(1, min(processes(container), 4))
    ]
    return {"Processes": rows, "Titles": _TITLES}


def _changes(call: Call) -> object:
    changed = ["/etc", "/run", f"/run/{images.program_of(call.container.image)}.pid"]
    return [{"Path": path, "Kind": int(path.endswith(".pid"))} for path in changed]


def _images(call: Call) -> object:
    wanted = filters.parsed(call.params.get("filters", ""))
    here = images.references(call.world, call.host, call.now)
    if "reference" in wanted:
        here = [one for one in here if {one, images.repository(one)} & set(wanted["reference"])]
    if "true" in wanted.get("dangling", ()):
        here = []
    return [images.image_summary(call.world, one, call.version, -1) for one in here]


def _image(call: Call) -> object:
    here = images.references(call.world, call.host, call.now)
    return images.image_inspected(call.world, images.found_image(here, call.reference), call.version)


def _history(call: Call) -> object:
    here = images.references(call.world, call.host, call.now)
    reference = images.found_image(here, call.reference)
    made = images.image_summary(call.world, reference, call.version, -1)
    return [
        {
            "Comment": "buildkit.dockerfile.v0",
            "Created": made["Created"],
            "CreatedBy": f'CMD ["{images.program_of(reference)}"]',
            "Id": made["Id"],
            "Size": made["Size"],
            "Tags": [reference],
        }
    ]


def _network(call: Call) -> object:
    names = networks.network_names(call.world, call.host)
    for name in names:
        own = networks.network_id(call.world, call.host, name)
        if call.reference in {name, own} or (call.reference and own.startswith(call.reference)):
            return networks.network(call.world, call.host, name, call.here)
    raise Refused(404, f"network {call.reference} not found")


def _volumes(call: Call) -> object:
    wanted = filters.parsed(call.params.get("filters", ""))
    names = networks.volume_names(call.world, call.host)
    if "name" in wanted:
        names = [one for one in names if any(filters.pattern_fits(value, one) for value in wanted["name"])]
    if "true" in wanted.get("dangling", ()):
        names = []
    return {"Volumes": [networks.volume(call.world, call.host, one) for one in names], "Warnings": None}


def _volume(call: Call) -> object:
    if call.reference not in networks.volume_names(call.world, call.host):
        raise Refused(404, f"get {call.reference}: no such volume")
    return networks.volume(call.world, call.host, call.reference)


READS: Final[tuple[tuple[str, Read], ...]] = (
    ("/version", lambda call: system.version(call.world, call.host, call.engine)),
    ("/info", system.info),
    ("/containers/json", _list),
    ("/containers/(.+)/json", _inspect),
    ("/containers/(.+)/top", _top),
    ("/containers/(.+)/changes", _changes),
    ("/images/json", _images),
    ("/images/(.+)/json", _image),
    ("/images/(.+)/history", _history),
    ("/networks", lambda call: networks.networks(call.world, call.host)),
    ("/networks/(.+)", _network),
    ("/volumes", _volumes),
    ("/volumes/(.+)", _volume),
    ("/system/df", system.disk_usage),
    ("/plugins", lambda _call: []),
)
"""Pattern of the path, and what answers it."""
