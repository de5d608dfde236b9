"""signals.md: what can be known, by exporter."""

from __future__ import annotations

from reference.markdown import code, fence, table
from sre_assistant.investigation.signals.pack import Pack, Signal, known_signals

_INTRO = """\
# Signals

A signal is a quantity with a meaning, a unit and a bad direction; a pack says how one exporter is asked
for it. In a query `$on` becomes the labels of the subject, and `$now`, `$rate`, `$short`, `$trend` and
`$events` become spans that fit the scrape interval. How to add a pack:
[../how-to/add-a-signal-pack.md](../how-to/add-a-signal-pack.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *(_pack(pack) for pack in known_signals().packs)])


def _pack(pack: Pack) -> str:
    present = f"The exporter is there when {code(pack.present)} is.\n" if pack.present else ""
    kinds = (
        (code(name), ", ".join(code(label) for label in kind.labels)) for name, kind in pack.kinds.items()
    )
    parts = [f"## {pack.title}\n", present]
    if pack.kinds:
        parts.append(table(("Subject", "Told apart by"), kinds))
    return "\n".join([*(part for part in parts if part), *(_signal(signal) for signal in pack.signals)])


def _signal(signal: Signal) -> str:
    facts = f"{signal.title}; {signal.kind}, {signal.unit}, worse {signal.worse}wards."
    query = fence(signal.query, "promql") if signal.query else "Read off another API, not queried.\n"
    return f"### `{signal.id}`\n\n{facts[0].upper()}{facts[1:]}\n\n{query}"
