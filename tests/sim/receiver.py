"""A little web server that takes what is posted to it, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Posted(NamedTuple):
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded; the order of its keys is kept."""
        return json.loads(self.body)

    @property
    def names(self) -> list[str]:
        """The alerts told of, those that are over with a minus."""
        return [
            ("-" if one["status"] == "resolved" else "") + one["labels"]["alertname"]
            for one in self.json["alerts"]
        ]


class Receiver:
    """What has come, and the status to answer with."""

    def __init__(self) -> None:
        self.taken: list[Posted] = []
        self.refused: list[Posted] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came = Posted(dict(self.headers.items()), body)
                (outer.taken if outer.status < 300 else outer.refused).append(came)
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        """Listens meanwhile."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def told(self) -> list[list[str]]:
        """The alerts of each notification, and none are left to read."""
        found = [one.names for one in self.taken]
        self.taken.clear()
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    with Receiver().running() as made:
        yield made
