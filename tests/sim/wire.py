"""Plain HTTP for tests: status, content type and body, whatever the status."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple


class Answered(NamedTuple):
    """What a server said."""

    status: int
    kind: str
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON; NaN and infinities are refused, as strict parsers do."""
        return json.loads(self.text, parse_constant=_refuse)

    @property
    def data(self) -> Any:
        """What stands under ``data`` in Prometheus' envelope."""
        assert self.json["status"] == "success", self.text
        return self.json["data"]


def get(url: str, **params: object) -> Answered:
    """A GET; a trailing underscore in a parameter's name stands for ``[]``."""
    pairs = [(key.replace("_", "[]") if key.endswith("_") else key, value) for key, value in params.items()]
    query = urllib.parse.urlencode(pairs)
    return send("GET", f"{url}?{query}" if query else url)


def send(method: str, url: str, body: object = None, kind: str = "application/json") -> Answered:
    """Any request; a body that is not text goes as JSON."""
    data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answered(answer.status, answer.headers.get("Content-Type") or "", answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.headers.get("Content-Type") or "", error.read().decode())


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
