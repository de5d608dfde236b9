"""How long it takes until something happens."""

from __future__ import annotations

import sys
from pathlib import Path

from figures import Figure, python, run_seconds, side_by_side

SRE = str(Path(sys.executable).with_name("sre"))
_ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
commands = parser.add_subparsers()
for name in ("demo", "ask", "chat", "investigate", "alerts", "doctor", "serve", "config"):
    commands.add_parser(name).add_argument("--json", action="store_true")
parser.parse_args(["--help"])
"""


def measure() -> list[Figure]:
    """The command line and the API application."""
    bare = "an empty Python program"
    help_, empty = side_by_side(lambda: run_seconds([SRE, "--help"]), lambda: run_seconds(python("pass")))
    again, argparse = side_by_side(
        lambda: run_seconds([SRE, "--help"]), lambda: run_seconds(python(_ARGPARSE))
    )
    api, fastapi = side_by_side(
        lambda: run_seconds(python("import sre_assistant.api.app")),
        lambda: run_seconds(python("import fastapi")),
    )
    return [
        Figure(
            what="`sre --help`", value=help_ * 1e3, unit="ms", bound=250, peer=bare, peer_value=empty * 1e3
        ),
        Figure(
            what="`sre --help`",
            value=again * 1e3,
            unit="ms",
            bound=250,
            peer="argparse with as many commands",
            peer_value=argparse * 1e3,
        ),
        Figure(
            what="importing the API application",
            value=api * 1e3,
            unit="ms",
            bound=600,
            peer="importing FastAPI",
            peer_value=fastapi * 1e3,
        ),
    ]
