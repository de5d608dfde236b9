"""How scrapes fail, and who else is on the machine: read off the target list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from sre_assistant.domain.reading import Target
from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.observed import Observation, Told
from sre_assistant.investigation.signals import Signal, Signals
from sre_assistant.kit.redaction import bounded

# How metrics servers word a failed scrape, in lower case; the first that fits decides.
_FAILURES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("scrape.refused", re.compile(r"connection refused|connection reset by peer")),
    (
        "scrape.no_route",
        re.compile(r"no route to host|(host|network) is (down|unreachable)|no such host|server misbehaving"),
    ),
    ("scrape.timeout", re.compile(r"deadline exceeded|timeout|timed out")),
    (
        "scrape.bad_answer",
        re.compile(
            r"http status|content[ -]type|malformed|invalid|expected|unsupported|parse|x509|tls|certificate"
            r"|http response to https|limit exceeded|body size|\beof\b|duplicate|label|too (many|large|old)"
        ),
    ),
)
_TARGETS_CALL = "GET /api/v1/targets"


def failure_of(error: str) -> str:
    """The signal a scrape error stands for, or an empty text for one we do not know."""
    return next((signal for signal, pattern in _FAILURES if pattern.search(error.lower())), "")


def observed(
    targets: Iterable[Target], ups: Iterable[Observation], signals: Signals, source: str
) -> dict[str, tuple[Observation, ...]]:
    """Observations on how each failing target fails, from the target list of one server.

    Args:
        targets: what the server scrapes.
        ups: observations of ``target.up``; they carry the figures that can be asked for again.
        signals: the known signals.
        source: the server's name.
    """
    every = tuple(targets)
    up_of = {_identity(o.entity.labels): o for o in ups if o.source == source}
    found: dict[str, list[Observation]] = {s.id: [] for s in signals if not s.query}
    for target in (t for t in every if t.health == "down"):
        own = up_of.get(_identity(target.labels))
        if own is None:
            continue
        if kind := failure_of(target.last_error):
            found[kind].append(_failing(own, target, signals[kind]))
        for neighbour in _neighbours(target, every):
            if known := up_of.get(_identity(neighbour.labels)):
                name, beside = _beside(own, known, neighbour)
                found[name].append(replace(beside, signal=signals[name]))
    return {signal: tuple(observations) for signal, observations in found.items()}


def _failing(own: Observation, target: Target, signal: Signal) -> Observation:
    job, instance = _identity(target.labels)
    statement = f"the scrape of {job} at {instance} fails: {bounded(target.last_error, 200)}"
    return replace(own, signal=signal, value=1.0, told=Told(statement, _TARGETS_CALL, numeric=False))


def _beside(own: Observation, known: Observation, neighbour: Target) -> tuple[str, Observation]:
    """What another target on the machine says about it; a port that refuses shows that the machine lives."""
    job, instance = _identity(known.entity.labels)
    where = f"{job} at {instance}, on the same machine,"
    if known.value > 0:
        told = Told(f"{where} is scraped well", known.query, numeric=True)
        return "host.neighbour_up", replace(own, value=known.value, told=told)
    if failure_of(neighbour.last_error) in {"scrape.refused", "scrape.bad_answer"}:
        told = Told(f"{where} fails, but the machine answers there", _TARGETS_CALL, numeric=False)
        return "host.neighbour_up", replace(own, value=1.0, told=told)
    return "host.neighbour_down", replace(
        own, value=0.0, told=Told(f"{where} fails too", known.query, numeric=True)
    )


def _neighbours(target: Target, every: tuple[Target, ...]) -> tuple[Target, ...]:
    """Other things scraped directly on the machine of a target; a probe shows its prober, not its subject."""
    here = _address(target)
    return tuple(
        t
        for t in every
        if _address(t) == here and t.scrape_url.split("?")[0] != target.scrape_url.split("?")[0]
    )


def _address(target: Target) -> str:
    return urlsplit(target.scrape_url).hostname or host_of(target.labels.get("instance", ""))


def _identity(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("job", ""), labels.get("instance", "")
