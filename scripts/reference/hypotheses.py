"""hypotheses.md: the library of causes."""

from __future__ import annotations

from collections.abc import Iterable

from reference.markdown import code, table
from sre_assistant.investigation.hypotheses.library import LIBRARY
from sre_assistant.investigation.hypotheses.model import Check, Hypothesis
from sre_assistant.investigation.signals import known_signals
from sre_assistant.kit.units import format_value

_INTRO = """\
# Hypotheses

Each is a cause that can be told from signals. It stands only when every required bound holds; what
supports or refutes it moves its score by its weight. How the score is worked out:
[../explanation/scoring.md](../explanation/scoring.md). Values in braces come from the subject's labels.

An alert rule of your own may draw the line elsewhere: where it does, the row "required when your own
alert says so" is enough.
"""


def page() -> str:
    """The whole page."""
    overview = table(
        ("Id", "Shown best by", "Explains alerts about"),
        (
            (f"[`{h.id}`](#{h.id})", code(h.key), ", ".join(code(signal) for signal in h.explains))
            for h in LIBRARY
        ),
    )
    return "\n".join([_INTRO, overview, *(_hypothesis(h) for h in LIBRARY)])


def _hypothesis(h: Hypothesis) -> str:
    parts = [f"## `{h.id}`\n", f"{h.title}\n", _evidence(h)]
    if h.leads_to:
        parts.append(f"Can bring about: {', '.join(code(other) for other in h.leads_to)}.\n")
    if not h.alone:
        parts.append("A fault only when an alert complains; by itself it is business.\n")
    if h.remedies:
        parts.append("What to do:\n")
        steps = enumerate(h.remedies, 1)
        parts.append("".join(f"{n}. {step.text}{_command(step.command)}\n" for n, step in steps))
    return "\n".join(parts)


def _evidence(h: Hypothesis) -> str:
    rows = [
        *(("required", " or ".join(_bound(check) for check in group), "") for group in h.requires),
        *(
            ("required when your own alert says so", " or ".join(map(_bound, group)), "")
            for group in h.owner_requires
        ),
        *_weighed("supports", h.supports),
        *_weighed("refutes", h.refutes),
    ]
    return table(("Evidence", "Bound", "Weight"), rows)


def _weighed(role: str, checks: Iterable[Check]) -> list[tuple[str, str, str]]:
    return [(role, _bound(check), f"{check.weight:g}") for check in checks]


def _bound(check: Check) -> str:
    unit = known_signals()[check.signal].unit
    bounds = [
        *((f"> {format_value(check.above, unit)}",) if check.above not in (None, float("-inf")) else ()),
        *((f"< {format_value(check.below, unit)}",) if check.below is not None else ()),
    ]
    return f"{code(check.signal)} {' and '.join(bounds) or 'has a value'}"


def _command(command: str) -> str:
    return f": {code(command)}" if command else ""
