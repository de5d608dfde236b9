"""Programs that stand in the place of `sre` and go wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_HEAD = """\
#!{python}
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
open({pids!r}, "a").write(str(os.getpid()) + "\\n")
"""
_SERVER = """\
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
{body}
    def do_GET(self):
        self.answer(200, {metrics!r}.encode())
    def log_message(self, *_): pass
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"sre serve: http://127.0.0.1:{{server.server_port}}", file=sys.stderr, flush=True)
server.serve_forever()
"""


class Program:
    """An executable, and the processes it became."""

    def __init__(self, folder: Path, code: str) -> None:
        self._pids = folder / "pids"
        self._pids.touch()
        self.path = folder / "sre"
        self.path.write_text(_HEAD.format(python=sys.executable, pids=str(self._pids)) + code)
        self.path.chmod(0o755)

    @property
    def pids(self) -> list[int]:
        """Of every process it ever was."""
        return [int(line) for line in self._pids.read_text().split()]

    @property
    def running(self) -> list[int]:
        """Of those that are still there."""
        return [pid for pid in self.pids if _is_there(pid)]


def server(folder: Path, body: str, metrics: str = "") -> Program:
    """A server whose answer to every POST is what this code does, and to every GET these metrics."""
    indented = "\n".join(f"        {line}" for line in body.splitlines())
    return Program(folder, _SERVER.format(body=indented, metrics=metrics))


def _is_there(pid: int) -> bool:
    """Whether it runs; one that has ended and waits for its parent to notice does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state not in "ZX"
