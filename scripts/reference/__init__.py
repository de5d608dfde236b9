"""The reference pages, each made from the code it describes."""

from __future__ import annotations

from reference import commands, errors, events, http, hypotheses, schemas, settings, signals, tools

_INDEX = """\
# Reference

Written from the code by `make docs-write`; `make check` fails when a page differs from it.

| Page | What it lists |
|---|---|
| [cli.md](cli.md) | every command of `sre` with its options |
| [settings.md](settings.md) | every setting: name, type, default, meaning |
| [http.md](http.md) | the endpoints of `sre serve`, and its metrics |
| [signals.md](signals.md) | what is known about machines, disks, targets and probes, and how it is asked |
| [hypotheses.md](hypotheses.md) | every cause that can be found, with the evidence it needs |
| [tools.md](tools.md) | what may be called on a connected system |
| [errors.md](errors.md) | errors by who must act, exit codes, HTTP statuses |
| [events.md](events.md) | the stream of what happens while a case is worked on |
| [schemas/](schemas/) | JSON schemas of the machine formats |
"""


def pages() -> dict[str, str]:
    """Text by path below docs/reference/."""
    made = {
        "README.md": _INDEX,
        "cli.md": commands.page(),
        "settings.md": settings.page(),
        "http.md": http.page(),
        "signals.md": signals.page(),
        "hypotheses.md": hypotheses.page(),
        "tools.md": tools.page(),
        "errors.md": errors.page(),
        "events.md": events.page(),
    }
    return made | {f"schemas/{name}": text for name, text in schemas.files().items()}
