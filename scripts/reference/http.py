"""http.md: the endpoints of `sre serve`, from its OpenAPI document, and its metrics."""

from __future__ import annotations

import re

from reference.markdown import code, table
from sre_assistant.api.app import create_app
from sre_assistant.api.gates import OPEN_PATHS
from sre_assistant.api.metrics import Meters
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.ids import RandomIds
from sre_assistant.runtime.program import Program
from sre_assistant.runtime.settings import load

_INTRO = """\
# HTTP API

`sre serve` listens on loopback. `GET /openapi.json` describes every body and answer; the answers are those
of `--json` ([schemas](schemas/)). Every request but the open ones carries `Authorization: Bearer TOKEN`, and
calls the server by a name it knows (`SRE_ALLOWED_HOSTS`).
"""
_STATUSES = """\
Besides the statuses of [errors.md](errors.md#classes): 400 the body is not JSON · 401 no token or a wrong
one · 404 no such path · 405 wrong method · 408 the body took too long · 413 it is larger than 1 MiB · 415 it
is not JSON by its own account · 421 the server does not go by that name · 429 too much at once, with
`Retry-After`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, _endpoints(), _STATUSES, "## Metrics\n", _metrics()])


def _endpoints() -> str:
    settings = load({"HOME": "/nonexistent"})
    program = Program(settings, {}, clock=SystemClock(), ids=RandomIds())
    paths = create_app(program, token="").openapi()["paths"]
    rows = [
        (code(f"{method.upper()} {path}"), operation["summary"], "open" if path in OPEN_PATHS else "token")
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return table(("Endpoint", "What it does", "Access"), rows)


def _metrics() -> str:
    text = Meters(dict).text().decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    rows = [
        (code(name), kinds[name], told)
        for name, told in re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE)
        if not name.endswith("_created")
    ]
    return table(("Metric", "Type", "Meaning"), rows)
