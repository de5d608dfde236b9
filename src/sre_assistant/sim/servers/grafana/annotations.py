"""Grafana's annotations: what has been changed in the homelab, and what somebody notes."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.responses import Response

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.answers import json_answer
from sre_assistant.sim.servers.grafana.asked import ADMIN, Asked, Refused

_MONTH_MS: Final = 31 * 86_400_000
_FIRST_ID: Final = 100_000  # ids of what people note; below are those of what has happened


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation; moments in unix milliseconds."""

    id: int
    time: int
    end: int
    text: str
    tags: tuple[str, ...]
    board: str = ""
    panel: int = 0


class PostedNote(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An annotation on the wire."""

    text: str = ""
    time: int = 0
    time_end: int = 0
    tags: tuple[str, ...] = ()
    dashboard_uid: str = msgspec.field(name="dashboardUID", default="")
    panel_id: int = 0


class Annotations:
    """All annotations: those that follow from the world, and those posted."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._posted: list[Note] = []

    def calls(self) -> dict[str, Callable[[Asked], Response]]:
        """The endpoints."""
        return {"GET annotations": self._get, "POST annotations": self._post}

    def _get(self, asked: Asked) -> Response:
        until = asked.number("to", asked.now)
        since = asked.number("from", until - _MONTH_MS)
        tags, either = asked.params.getlist("tags"), asked.params.get("matchAny") == "true"
        board, panel = asked.params.get("dashboardUID", ""), asked.number("panelId", 0)
        with self._lock:
            found = [one for one in self._posted if one.time <= until and one.end >= since]
        found += changes(self._live, since, min(until, asked.now))
        if tags:
            some = any if either else all
            found = [one for one in found if some(tag in one.tags for tag in tags)]
        found = [one for one in found if not board or one.board == board]
        found = [one for one in found if not panel or one.panel == panel]
        if asked.params.get("type") == "alert":
            found = []
        found.sort(key=lambda one: (-one.time, -one.id))
        return json_answer([_json(one) for one in found[: asked.number("limit", 100)]])

    def _post(self, asked: Asked) -> Response:
        asked.require("annotations:create")
        posted = asked.decoded(PostedNote)
        if not posted.text:
            raise Refused(
                400, {"message": "Failed to save annotation", "error": "text field should not be empty"}
            )
        time = posted.time or asked.now
        with self._lock:
            note = Note(
                _FIRST_ID + len(self._posted),
                time,
                max(posted.time_end, time),
                posted.text,
                posted.tags,
                posted.dashboard_uid,
                posted.panel_id,
            )
            self._posted.append(note)
        return json_answer({"message": "Annotation added", "id": note.id})


def changes(live: Live, since: int, until: int) -> list[Note]:
    """What was changed in the homelab in a window: updates, edited configurations, restarts, reboots."""
    world = live.world
    begin, end = world.seconds(since), world.seconds(until)
    told = [
        (world.unix_ms(one.at), world.unix_ms(one.at), f"{one.entity}: {one.text}", (one.kind, one.entity))
        for one in world.changes(begin, end)
        if one.kind != "job"
    ]
    for run in world.runs(begin, end, "update"):
        words = "installed updates" if run.good else f"failed to install updates: {run.error}"
        text = f"{run.subject}: {run.job} {words}"
        told.append((world.unix_ms(run.start), world.unix_ms(run.end), text, ("update", run.subject)))
    return [_note(*one) for one in sorted(told)]


def _note(time: int, end: int, text: str, tags: tuple[str, ...]) -> Note:
    return Note(zlib.crc32(f"{time} {text}".encode()) % _FIRST_ID, time, end, text, tags)


def _json(one: Note) -> dict[str, object]:
    return {
        "id": one.id,
        "alertId": 0,
        "alertName": "",
        "dashboardId": 0,
        "dashboardUID": one.board,
        "panelId": one.panel,
        "userId": 1,
        "userName": "",
        "newState": "",
        "prevState": "",
        "created": one.time,
        "updated": one.time,
        "time": one.time,
        "timeEnd": one.end,
        "text": one.text,
        "tags": list(one.tags),
        "login": ADMIN,
        "email": f"{ADMIN}@localhost",
        "avatarUrl": "/avatar/46d229b033af06a191ff2267bca9ae56",
        "data": {},
    }
