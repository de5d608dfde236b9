"""What could not be seen, and therefore must not be called healthy. Pure."""

from __future__ import annotations

import math

from sre_assistant.domain.reading import Completeness
from sre_assistant.investigation.concern import Concern
from sre_assistant.investigation.hypotheses import LIBRARY
from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.observed import Observation, Observed

_GENERAL = frozenset({"clock", "exporters", "alerts", "targets"})


def blind_spots(seen: Observed, concern: Concern) -> tuple[str, ...]:
    """Why "healthy" must not be said, in words; empty when all that would show a fault was answered."""
    # What a silent server does not show would only repeat that it is silent.
    spots = _unanswered(seen) or (_house(seen) if concern.whole_house else _concerned(seen, concern))
    return tuple(dict.fromkeys(spots))


def _unanswered(seen: Observed) -> list[str]:
    required = {s for h in LIBRARY for s in h.required_signals()}
    missing = [gap for name, gap in seen.gaps.items() if name in required | _GENERAL]
    # Told once per server, with its first failure's reason, however many look-ups it spoiled.
    reasons: dict[tuple[str, Completeness], str] = {}
    for gap in missing:
        if gap.operation == "targets" and gap.completeness is Completeness.UNSUPPORTED:
            continue  # servers that only answer queries: ``up`` shows the same
        reasons.setdefault((gap.source, gap.completeness), gap.detail)
    return [f"{source} is {how.value}: {detail}" for (source, how), detail in reasons.items()]


def _house(seen: Observed) -> list[str]:
    spots = []
    if not seen.observations.get("target.up"):
        spots.append("no scrape target has a current value, so nothing is being watched")
    hosts = seen.present.get("node_exporter", ())
    if not hosts:
        spots.append("no node_exporter is being scraped, so no machine is watched from inside")
    for signal in (s for s in seen.signals if s.vital):
        reported = {o.entity.labels.get("instance") for o in _valued(seen, signal.id)}
        silent = sorted({h["instance"] for h in hosts if "instance" in h} - {r for r in reported if r})
        if silent:
            spots.append(f"{signal.title} is not reported by {', '.join(silent[:3])}")
    return spots


def _concerned(seen: Observed, concern: Concern) -> list[str]:
    known = {host_of(o.entity.labels.get("instance", "")) for o in seen.on_hosts(concern.hosts)}
    unknown = [h for h in concern.hosts if h not in known]
    if concern.hosts and len(unknown) == len(concern.hosts):
        return [f"no metric of {unknown[0]} is known, now or lately"]
    if not concern.signals:
        return ["what the alert reads is not known here"]
    if not any(concern.about(o.entity) for s in concern.signals for o in _valued(seen, s)):
        titles = sorted(seen.signals[s].title for s in concern.signals)
        where = f" on {concern.hosts[0]}" if concern.hosts else ""
        return [f"{titles[0]}{where} has no current value"]
    return []


def _valued(seen: Observed, signal: str) -> list[Observation]:
    """Observations that say something: a value that is no number shows neither health nor fault."""
    return [o for o in seen.observations.get(signal, ()) if math.isfinite(o.value)]
