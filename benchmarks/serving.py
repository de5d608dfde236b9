"""A server that nobody asks anything: how much memory it holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from figures import Figure
from startup import SRE

_SMALLEST = """
import sys
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "ok"}


print("http://127.0.0.1:" + sys.argv[1], file=sys.stderr, flush=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error")
"""
_PATIENCE = 20.0


@contextmanager
def serving(command: Sequence[str], environ: Mapping[str, str], path: str) -> Iterator[tuple[str, int]]:
    """A server that answers at ``path``: its address and process id; it is ended afterwards."""
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        yield _answering(process, path), process.pid
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE)


def sre_environment(folder: str, **settings: str) -> dict[str, str]:
    """The environment of a fresh installation with only these settings."""
    return {"PATH": os.defpath, "HOME": folder, "SRE_STATE_DIR": folder, "TZ": "UTC", **settings}


def measure() -> list[Figure]:
    """Resident memory a second after the first answer."""
    with tempfile.TemporaryDirectory() as folder:
        settings = sre_environment(folder, PROMETHEUS_URL="http://prom.example:9090")
        own = _idle([SRE, "serve", "--port", "0"], settings)
        least = _idle([sys.executable, "-c", _SMALLEST, str(_free_port())], settings)
    return [
        Figure(
            what="idle server, resident memory",
            value=own,
            unit="MB",
            bound=80,
            peer="the smallest FastAPI application under uvicorn",
            peer_value=least,
        )
    ]


def _idle(command: Sequence[str], environ: Mapping[str, str]) -> float:
    with serving(command, environ, "/livez") as (_, pid):
        time.sleep(1)
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/{pid}/status tells no VmRSS")
    return int(found[1]) * 1024 / 1e6


def _answering(process: subprocess.Popen[str], path: str) -> str:
    """The address a server prints, once it answers there."""
    if process.stderr is None:
        raise RuntimeError("the server's errors must be piped")
    said = ""
    while not (found := re.search(r"http://[\w.:\[\]]+", said)):
        line = process.stderr.readline()
        if not line:
            raise RuntimeError(f"the server ended: {said}")
        said += line
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            with urlopen(found[0] + path, timeout=1):
                return found[0]
        except URLError:
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {found[0]}{path} within {_PATIENCE:.0f} s")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
