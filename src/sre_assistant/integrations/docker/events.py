"""What happened on one daemon, as far as it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.inventory import Change, ResourceKind
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.parse import happened_at, moment
from sre_assistant.kit.redaction import bounded, redact

REMEMBERED: Final = 256
"""Events of all kinds that the daemon keeps; health checks alone are three each."""
_Kind: TypeAlias = Literal["lifecycle", "deployment", "config"]
_Outcome: TypeAlias = Literal["ok", "failed", "unknown"]

_PODMAN: Final = {"died": "die", "remove": "destroy", "cleanup": "", "init": ""}
_CONTAINER: Final[dict[str, _Kind]] = {
    "create": "deployment",
    "destroy": "deployment",
    "rename": "deployment",
    "update": "config",
    **dict.fromkeys(
        ("start", "die", "oom", "kill", "restart", "stop", "pause", "unpause", "health_status"), "lifecycle"
    ),
}
_OTHERS: Final[dict[str, dict[str, _Kind]]] = {
    "image": {"pull": "deployment", "load": "deployment", "import": "deployment", "delete": "deployment"},
    "network": {"create": "config", "destroy": "config"},
    "volume": {"create": "config", "destroy": "config"},
    "daemon": {"reload": "config"},
}
_SUBJECTS: Final[dict[str, ResourceKind]] = {
    "container": "container",
    "network": "network",
    "volume": "volume",
    "daemon": "host",
}
_TOLD_TO_END: Final = frozenset({"137", "143"})
_ATTRIBUTES: Final = ("exitCode", "signal", "image", "oldName")
"""What is repeated of an event; labels of the container may hold anything."""


class Events:
    """The memory of one daemon.

    Args:
        client: asks the daemon.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """What happened to containers, images, networks and volumes within a window, oldest first.

        ``partial`` when the daemon's memory does not reach back to the begin of the window.
        """
        query = await self._client.asked("events")
        now = await self._now()
        if window.start >= now:
            return self._client.reading(
                (), query, window=window, note=f"the daemon's clock says {now:%F %TZ}"
            )
        # Asked up to its own present: whatever it remembers shows how far back that reaches.
        events, cut = await self._client.events(window.start, now)
        found = [one for one in _changes(events) if one.at <= window.end]
        return self._client.reading(
            tuple(found),
            query,
            window=window,
            cut=(cut, _forgotten(events, window)),
            note="" if found else "the daemon forgets its events when it is restarted",
        )

    async def _now(self) -> datetime:
        """The daemon's own time: asked for events up to a moment to come, it would wait for that."""
        ours = self._client.clock.now()
        try:
            theirs = moment((await self._client.info()).system_time)
        except SourceError:
            return ours  # it may not be asked; the check-up says so
        return theirs or ours


def _forgotten(events: tuple[shapes.Event, ...], window: Window) -> str:
    if len(events) < REMEMBERED:
        return ""
    oldest = happened_at(events[0])
    if oldest <= window.start + timedelta(seconds=1):
        return ""
    return f"the daemon remembers its last {REMEMBERED} events only, the oldest of {oldest:%F %TZ}"


def _changes(events: tuple[shapes.Event, ...]) -> list[Change]:
    """The events that change something, by time."""
    told: dict[str, datetime] = {}
    found = []
    for event in sorted(events, key=lambda one: one.time_nano):
        action, _, more = event.action.partition(":")
        action = _PODMAN.get(action, action)
        known = _CONTAINER if event.type == "container" else _OTHERS.get(event.type, {})
        kind = known.get(action)
        if kind is None:
            continue
        if action == "kill":
            told[event.actor.id] = happened_at(event)
        found.append(_change(event, action, more.strip(), kind, ordered=event.actor.id in told))
        if action == "start":
            told.pop(event.actor.id, None)
    return found


def _change(event: shapes.Event, action: str, more: str, kind: _Kind, *, ordered: bool) -> Change:
    attributes = event.actor.attributes or {}
    name = _named(event, attributes)
    more = more or attributes.get("health_status", "")  # Podman has it there
    said = [f"{key}={attributes[key]}" for key in _ATTRIBUTES if attributes.get(key)]
    text = f"{action} {name}" + (f": {more}" if more else "") + (f" ({', '.join(said)})" if said else "")
    return Change(
        at=happened_at(event),
        kind=kind,
        subject_kind=_SUBJECTS.get(event.type, ""),
        subject=name,
        text=bounded(redact(text), 300),
        outcome=_outcome(action, more, attributes.get("exitCode", ""), ordered=ordered),
    )


def _named(event: shapes.Event, attributes: Mapping[str, str]) -> str:
    """What it happened to; an image's id is its name with the tag, or a digest."""
    own = event.actor.id
    if event.type == "image" and own and not own.startswith("sha256:"):
        return own
    return attributes.get("name", "") or own


def _outcome(action: str, more: str, code: str, *, ordered: bool) -> _Outcome:
    if action == "health_status":
        return "ok" if more == "healthy" else "failed" if more == "unhealthy" else "unknown"
    if action == "oom":
        return "failed"
    if action == "kill" or (action == "die" and ordered and code in _TOLD_TO_END):
        return "unknown"
    if action == "die":
        return "ok" if code == "0" else "failed"
    return "ok"
