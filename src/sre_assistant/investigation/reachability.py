"""How scrapes fail, and who else is on the machine: read off the target list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sre_assistant.domain.reading import Target
from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.observed import Observation
from sre_assistant.investigation.signals import Signals
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
    targets: Iterable[Target], ups: Iterable[Observation], signals: Signals, source: str, at: datetime
) -> dict[str, tuple[Observation, ...]]:
    """Observations on how each failing target fails, from the target list of one server.

    Args:
        targets: what the server scrapes.
        ups: observations of ``target.up``; they carry the figures that can be asked for again.
        signals: the known signals.
        source: the server's name.
        at: when the list was read, on the server's clock.
    """
    every = tuple(targets)
    up_of = {_identity(o.entity.labels): o for o in ups if o.source == source}
    found: dict[str, list[Observation]] = {
        s: [] for s in ("scrape.refused", "scrape.no_route", "scrape.timeout", "scrape.bad_answer",
                        "host.neighbour_up", "host.neighbour_down")
    }  # fmt: skip
    for target in every:
        if target.health != "down":
            continue
        if kind := failure_of(target.last_error):
            found[kind].append(_failing(target, kind, signals, source, at))
        for neighbour in _neighbours(target, every):
            if known := up_of.get(_identity(neighbour.labels)):
                name = "host.neighbour_up" if known.value > 0 else "host.neighbour_down"
                found[name].append(_beside(target, known, name, signals))
    return {signal: tuple(observations) for signal, observations in found.items()}


def _failing(target: Target, kind: str, signals: Signals, source: str, at: datetime) -> Observation:
    signal = signals[kind]
    instance = target.labels.get("instance", "")
    said = bounded(target.last_error, 200)
    return Observation(
        signal=signal,
        entity=signals.entity(signal, target.labels),
        value=1.0,
        statement=f"the scrape of {target.labels.get('job', '')} at {instance} fails: {said}",
        source=source,
        query=_TARGETS_CALL,
        numeric=False,
        at=at,
    )


def _beside(target: Target, known: Observation, name: str, signals: Signals) -> Observation:
    signal = signals[name]
    state = "is scraped well" if known.value > 0 else "fails too"
    labels = known.entity.labels
    return Observation(
        signal=signal,
        entity=signals.entity(signal, target.labels),
        value=known.value,
        statement=f"{labels.get('job', '')} at {labels.get('instance', '')}, on the same machine, {state}",
        source=known.source,
        query=known.query,
        at=known.at,
        link=known.link,
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
