"""Whether a house makes sense: every name in it means something, and nothing stands on itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sre_assistant.sim.causality.graph import Graph
from sre_assistant.sim.documents import Document, nearest
from sre_assistant.sim.house import House
from sre_assistant.sim.things.jobs import schedule


def sound(house: House, document: Document, root: str) -> Graph:
    """The graph of a house whose parts are written below ``root`` of a document.

    Raises:
        ConfigError: a name means nothing, a schedule is none, or things stand on each other; with file and
            line.
    """
    for path, what, value, known in _references(house):
        if value not in known:
            problem = f"names an unknown {what}: {value!r}"
            raise document.error(f"{root}.{path}", problem, nearest(value, set(known)))
    for name, job in house.jobs.items():
        try:
            schedule(job.schedule)
        except ValueError as error:
            path = f"{root}.jobs.{name}.schedule"
            raise document.error(path, str(error), "Times are UTC.") from error
    graph = Graph(house)
    for edge in graph.edges:
        for end in (edge.upper, edge.lower):
            if end not in graph.entities:
                problem = f"makes {edge.upper!r} stand on {edge.lower!r}: {end!r} is not known"
                raise document.error(root, problem, nearest(end, graph.entities))
    try:
        graph.ordered()
    except ValueError as error:
        raise document.error(root, f"has a circle: {error}", "Remove one of these needs.") from error
    return graph


def _references(house: House) -> Iterator[tuple[str, str, str, Collection[str]]]:
    """Where a name stands, what it should name, the name, and all that would be right."""
    hosts, guests = house.hosts, house.guests
    yield "monitoring", "host", house.monitoring, hosts
    yield from _each("hypervisors", "host", house.hypervisors, hosts)
    for name, host in hosts.items():
        for mount, filesystem in host.filesystems.items():
            yield from _each(f"hosts.{name}.filesystems.{mount}", "disk", filesystem.disks, host.disks)
    for name, guest in guests.items():
        yield f"guests.{name}.node", "hypervisor", guest.node, house.hypervisors
    for name in house.containers:
        yield f"containers.{name}", "host", name, hosts
    for name, job in house.jobs.items():
        yield from _each(f"jobs.{name}.guests", "guest", job.guests, guests)
        yield from _each(f"jobs.{name}.without", "guest", job.without, guests)
        yield from _each(f"jobs.{name}.hosts", "host", job.hosts, hosts)
        if job.target:
            yield f"jobs.{name}.target", "host", job.target, hosts


def _each(
    path: str, what: str, values: Iterable[str], known: Collection[str]
) -> Iterator[tuple[str, str, str, Collection[str]]]:
    return ((path, what, value, known) for value in values)
