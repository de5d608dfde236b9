"""The real `sre`, run as a process of its own in an empty home."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SRE = str(Path(sys.executable).with_name("sre"))
_PATIENCE = 60


class Outcome(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


class Shell:
    """A home folder and the settings in it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.environ = {"PATH": os.defpath, "HOME": str(folder), "TZ": "UTC", "LANG": "C.UTF-8", **environ}

    def run(self, *arguments: str, stdin: str | bytes = b"", **environ: str) -> Outcome:
        """Runs `sre` with pipes on all sides."""
        done = subprocess.run(
            [SRE, *arguments],
            cwd=self.folder,
            env=self.environ | environ,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def on_terminal(self, *arguments: str, **environ: str) -> str:
        """Runs `sre` on a terminal and returns everything that reached it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [SRE, *arguments],
            cwd=self.folder,
            env=self.environ | {"TERM": "xterm-256color"} | environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        seen = bytearray()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            while chunk := _read(screen.fileno()):
                seen += chunk
        process.wait(_PATIENCE)
        return seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # how a terminal says that nobody is at its other end
        return b""
