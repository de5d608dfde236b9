"""A homelab whose cluster is asked over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from kubernetes import client

from sre_assistant.sim.faults import AnyFault
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import Scenario
from sre_assistant.sim.servers.kubernetes import change_token

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)


READER = "system:serviceaccount:monitoring:sre-assistant"


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Lab:
    """A homelab with its cluster, and the two tokens for it."""

    def __init__(
        self, *faults: AnyFault, minutes: float = 0.0, kind: type[Scenario] = Scenario, **more: Any
    ) -> None:
        story = kind(name="told", title="Told by a test", start=START, timeline=faults, **more)
        self.homelab = Homelab(story)
        self.homelab.start()
        self.url = self.homelab.doors["kubernetes"].url
        self.reads = self.homelab.live.credentials["kubernetes"]
        self.changes = change_token(self.reads)
        self.advance(minutes)

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.homelab.stop()

    def advance(self, minutes: float) -> None:
        self.homelab.clock.advance(timedelta(minutes=minutes))

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: object = None,
        token: str | None = None,
        timeout: float = 20,
        **headers: str,
    ) -> Answered:
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.reads if token is None else token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answered(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answered(error.code, dict(error.headers), error.read())

    def get(self, path: str, **params: object) -> Any:
        query = urllib.parse.urlencode(params)
        answer = self.ask(f"{path}?{query}" if query else path)
        assert answer.status == 200, answer.body
        return answer.json

    def change(self, method: str, path: str, body: object, kind: str = "application/json") -> Answered:
        return self.ask(path, method=method, body=body, token=self.changes, content_type=kind)

    def client(self, *, changes: bool = False) -> client.ApiClient:
        made = client.Configuration(host=self.url)
        made.api_key = {"authorization": f"Bearer {self.changes if changes else self.reads}"}
        return client.ApiClient(made)

    def pods(self, namespace: str = "web") -> dict[str, Any]:
        items = self.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        return {one["metadata"]["name"]: one for one in items}

    def events(self, **fields: str) -> list[Any]:
        selector = ",".join(f"{name}={value}" for name, value in fields.items())
        return list(self.get("/api/v1/events", fieldSelector=selector)["items"])

    def table(self, path: str) -> dict[str, list[Any]]:
        """The printed rows, by name, without what only ``-o wide`` shows."""
        found = self.ask(path, accept=TABLE).json
        assert found["kind"] == "Table"
        shown = [place for place, one in enumerate(found["columnDefinitions"]) if one["priority"] == 0]
        return {row["cells"][0]: [row["cells"][place] for place in shown] for row in found["rows"]}


def state(pod: Any) -> Any:
    return pod["status"]["containerStatuses"][0]
