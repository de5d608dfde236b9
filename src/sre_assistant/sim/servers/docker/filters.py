"""The ``filters`` parameter: what it may say, and which containers and events pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sre_assistant.sim.servers.docker.containers import Container, found_container
from sre_assistant.sim.servers.docker.images import image_id, repository
from sre_assistant.sim.servers.docker.networks import mounts, network_id, network_name
from sre_assistant.sim.servers.docker.views import labels
from sre_assistant.sim.servers.docker.wire import Refused

Filters = dict[str, list[str]]
"""The values that are asked for, by name."""

_OF_CONTAINERS: Final = frozenset(
    {
        *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name"),
        *("network", "publish", "since", "status", "volume"),
    }
)
_NOT_FILTERS: Final = "json: cannot unmarshal array into Go value of type map[string]map[string]bool"
_STATES: Final = frozenset({"created", "running", "paused", "restarting", "removing", "exited", "dead"})
_HEALTHS: Final = frozenset({"starting", "healthy", "unhealthy", "none"})


def parsed(text: str) -> Filters:
    """Filters from JSON: lists of values, or as of old objects with each value true.

    Raises:
        Refused: it is no such JSON.
    """
    if not text:
        return {}
    try:
        raw = msgspec.json.decode(text.encode(), type=dict[str, dict[str, bool] | list[str]])
    except msgspec.DecodeError as error:
        raise Refused(400, "invalid filter", (500, _NOT_FILTERS)) from error
    return {
        name: [value for value, wanted in values.items() if wanted] if isinstance(values, dict) else values
        for name, values in raw.items()
    }


def chosen(among: list[Container], filters: Filters, *, everything: bool, limit: int) -> list[Container]:
    """The containers that ``GET /containers/json`` shows, in the order given.

    Raises:
        Refused: a filter or a value is not known.
    """
    _check(filters)
    later, earlier = (
        {found_container(among, one).created for one in filters.get(name, ())} for name in ("since", "before")
    )
    dead_too = everything or limit > 0 or bool({"status", "exited", "since", "before"} & filters.keys())
    found = [
        one
        for one in among
        if (dead_too or one.alive or one.status == "restarting")
        and (not later or one.created > max(later))
        and (not earlier or one.created < min(earlier))
        and _passes(one, filters)
    ]
    return found[:limit] if limit > 0 else found


def pattern_fits(pattern: str, text: str) -> bool:
    """Whether a pattern occurs in a text; what is no pattern is looked for as it stands."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return pattern in text


def labels_fit(wanted: list[str], have: Mapping[str, str]) -> bool:
    """Whether there are all labels asked for, as ``name`` or ``name=value``."""
    for one in wanted:
        name, equals, value = one.partition("=")
        if name not in have or (equals and have[name] != value):
            return False
    return True


def _check(filters: Filters) -> None:
    for name in filters:
        if name not in _OF_CONTAINERS:
            raise Refused(400, f"invalid filter '{name}'", (400, f"Invalid filter '{name}'"))
    for name, allowed in (("status", _STATES), ("health", _HEALTHS)):
        for value in filters.get(name, ()):
            if value not in allowed:
                own = f"filter '{name}={value}'"
                raise Refused(400, f"invalid {own}", (400, f"Invalid {own}"))
    for value in filters.get("exited", ()):
        if not value.lstrip("-").isdecimal():
            raise Refused(400, f"invalid filter 'exited={value}'")


def _passes(container: Container, filters: Filters) -> bool:
    return labels_fit(filters.get("label", []), labels(container)) and all(
        any(_fits(container, name, value) for value in values)
        for name, values in filters.items()
        if values and name not in {"label", "since", "before"}
    )


def _fits(container: Container, name: str, value: str) -> bool:  # noqa: C901, PLR0911  one line for each
    match name:
        case "status":
            return container.status == value
        case "name":
            return pattern_fits(value, container.name) or pattern_fits(value, f"/{container.name}")
        case "id":
            return pattern_fits(value, container.id)
        case "health":
            return (container.health or "none") == value
        case "exited":
            return not container.alive and container.life is not None and container.code == int(value)
        case "ancestor":
            own = {container.image, repository(container.image), image_id(container.image)}
            return value in own or image_id(container.image).removeprefix("sha256:").startswith(value)
        case "network":
            network = network_name(container)
            return value == network or network_id(container.world, container.host, network).startswith(value)
        case "volume":
            return any(value in {one.get("Name"), one["Destination"]} for one in mounts(container))
        case "publish":
            return any(
                _port(value) in {outside, int(_port_of(inside))} for inside, outside in _ports(container)
            )
        case "expose":
            return any(_port(value) == int(_port_of(inside)) for inside, _ in _ports(container))
        case _:
            return value in {"false", "0", "default"}


def _ports(container: Container) -> list[tuple[str, int]]:
    return list(container.spec.ports.items())


def _port(value: str) -> int:
    text = _port_of(value)
    return int(text) if text.isdecimal() else -1


def _port_of(text: str) -> str:
    return text.partition("/")[0]
