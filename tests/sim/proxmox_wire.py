"""Plain HTTP to the two Proxmox APIs of a homelab, and stories told in a few words."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import yaml

from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import Scenario, checked
from sre_assistant.sim.servers.pbs import access as pbs_access
from sre_assistant.sim.servers.proxmox import access as proxmox_access

START = "2026-11-15T00:30:00Z"
BEGUN = 1794702600
"""The same in unix seconds."""


class Said(NamedTuple):
    """An answer, its status line included."""

    status: int
    reason: str
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        """What stands under ``data``."""
        assert self.status == 200, (self.status, self.reason, self.text)
        return self.json["data"]


class Wire:
    """One of the APIs with one of its tokens."""

    def __init__(self, homelab: Homelab, system: str = "proxmox", token: str = "read") -> None:
        self.homelab = homelab
        self._place = urllib.parse.urlsplit(homelab.doors[system].url).netloc
        secret = homelab.live.credentials[system]
        if system == "proxmox":
            self.authorization = f"PVEAPIToken={proxmox_access.Keys(secret).header(token)}"
        else:
            self.authorization = f"PBSAPIToken={pbs_access.Keys(secret).header(token)}"

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        base: str = "/api2/json/",
        form: Mapping[str, object] | None = None,
    ) -> Said:
        """Sends the path as it is, and the form with it or as its query."""
        pairs = urllib.parse.urlencode(form or {})
        body = pairs if method in {"POST", "PUT"} else None
        sent = {"Authorization": self.authorization} if headers is None else headers
        if body is not None:
            sent = {**sent, "Content-Type": "application/x-www-form-urlencoded"}
        place = f"{base}{path}" + (f"?{pairs}" if pairs and body is None else "")
        connection = http.client.HTTPConnection(self._place, timeout=20)
        try:
            connection.request(method, place, body, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
            return Said(answer.status, answer.reason, {k.lower(): v for k, v in answer.getheaders()}, text)
        finally:
            connection.close()

    def get(self, path: str, /, **params: object) -> Any:
        """The data of a good answer; underscores in names stand for dashes."""
        return self.ask("GET", path, form=_dashed(params)).data

    def post(self, path: str, /, **params: object) -> Any:
        """The data of a good answer to a form."""
        return self.ask("POST", path, form=_dashed(params)).data

    def tasks(self, node: str = "pve1", **params: object) -> Any:
        """A node's tasks since the story began."""
        return self.get(f"nodes/{node}/tasks", **{"since": BEGUN, **params})

    def log(self, upid: str, node: str) -> list[str]:
        """Everything that a task wrote."""
        path = f"nodes/{node}/tasks/{urllib.parse.quote(upid, safe='')}/log"
        return [line["t"] for line in self.get(path, limit=0)]

    def state(self, upid: str, node: str = "pve1") -> Any:
        """How a task is."""
        return self.get(f"nodes/{node}/tasks/{urllib.parse.quote(upid, safe='')}/status")


def _dashed(params: Mapping[str, object]) -> dict[str, object]:
    return {name.replace("_", "-"): value for name, value in params.items()}


def story(*timeline: Mapping[str, object], start: str = START, **more: object) -> Scenario:
    """A scenario of faults, written as in its file."""
    faults = [dict(fault) for fault in timeline]
    told = {"name": "told", "title": "told by a test", "start": start, "timeline": faults, **more}
    return checked(Document(yaml.safe_dump(told, sort_keys=False), "told.yaml"))


def advance(homelab: Homelab, **by: float) -> None:
    """Moves the clock of a homelab."""
    homelab.clock.advance(timedelta(**by))


def named(rows: list[dict[str, Any]], key: str) -> dict[Any, dict[str, Any]]:
    """Rows by one of their fields."""
    return {row[key]: row for row in rows}


def resources(wire: Wire, kind: str) -> dict[Any, dict[str, Any]]:
    """The cluster's resources of a kind, by id."""
    return named([row for row in wire.get("cluster/resources") if row["type"] == kind], "id")
