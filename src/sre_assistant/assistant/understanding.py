"""What a question means, found without a model: an intent, machines, signals. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.signals import Signals

Intent: TypeAlias = Literal["house", "alerts", "targets", "why", "normal", "state", "ambiguous", "outside"]

_WORD = re.compile(r"[a-z0-9][a-z0-9_.\-:/]*", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w.:/])/[\w./\-]*")
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|percent)")

_ALERTS = frozenset({"alert", "alerts", "alarm", "alarms", "firing", "alerting"})
_TARGETS = frozenset({"target", "targets", "exporter", "exporters", "scrape", "scrapes"})
_DOWN = frozenset({"down", "offline", "unreachable", "dead", "missing", "failing", "broken", "gone", "up"})
_WHY = frozenset({"why", "cause", "causes", "reason", "because", "explain", "wrong", "happened", "caused"})
_NORMAL = frozenset({"normal", "usual", "unusual", "abnormal", "typical", "expected", "strange", "odd"})
_STATE = frozenset(
    {
        "how", "what", "which", "state", "status", "show", "is", "are", "much", "many", "full", "high",
        "low", "list", "and", "tell", "doing", "usage", "most", "highest", "top", "busiest",
    }
)  # fmt: skip
_HOUSE = frozenset({"everything", "anything", "all", "house", "homelab", "lab", "something", "things"})
_WELLBEING = frozenset(
    {"ok", "okay", "fine", "well", "wrong", "healthy", "good", "problem", "problems", "broken"}
)
_SAME = frozenset({"same", "there", "it", "its", "that", "this"})
_TRENDING = frozenset({"filling", "fill", "fills", "growing", "grows", "growth"})
_PLACING = frozenset({"on", "of", "at"})
_ORDINARY = frozenset().union(
    _ALERTS, _TARGETS, _DOWN, _WHY, _NORMAL, _STATE, _HOUSE, _WELLBEING, _SAME, _TRENDING, _PLACING
) | {"the", "a", "an", "my", "this", "our", "in", "to", "be", "so", "machine", "host", "hosts", "machines"}
# A name this short matches too much by chance.
_SHORTEST_START, _SHORTEST_FUZZY = 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A question, as far as it was understood."""

    intent: Intent
    hosts: tuple[str, ...] = ()
    """Machines, as the metrics call them."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Further labels it names, e.g. ``mountpoint``."""
    signals: tuple[str, ...] = ()
    """Signals it names, the best fit first."""
    trend: bool = False
    """Whether it asks about growth."""
    claimed: float | None = None
    """A share it names: 0.85 for "is 85 % normal"."""
    alert: str = ""
    """An active alert it names."""
    choices: tuple[str, ...] = ()
    """What a name that is not clear could mean."""
    unclear: str = ""
    """That name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names and words of one house."""

    aliases: Mapping[str, str]
    """Every name a machine goes by, with the one its metrics use."""
    alerts: tuple[str, ...]
    """Names of the active alerts."""
    signals: Signals


def understand(question: str, known: Vocabulary, previous: Understood | None = None) -> Understood:
    """What a question means.

    Args:
        question: in English, of any length.
        known: the names and words of the house.
        previous: what the question before meant, for "and memory on the same machine?".
    """
    signals = known.signals
    words = [w.rstrip(".:/-").lower() for w in _WORD.findall(question)]
    if alert := next((a for a in known.alerts if a.lower() in words), ""):
        return Understood(intent="why", alert=alert)
    named, unclear, choices = _machines(words, known)
    if unclear:
        return Understood(intent="ambiguous", unclear=unclear, choices=choices)
    paths = _PATH.findall(question)
    matches = tuple(dict.fromkeys(named.values()))
    said = set(words) - named.keys()
    wanted = _signals(said, signals, paths)
    labels = {"mountpoint": paths[0].rstrip("/") or "/"} if paths else {}
    if said & _TRENDING or "when" in said:
        wanted = _with_time_to_full(wanted)
    if previous is not None and not matches and (said & _SAME or words[:1] == ["and"]):
        matches = previous.hosts
    if previous is not None and words[:1] == ["and"] and not wanted:
        wanted, labels = previous.signals, labels or dict(previous.labels)
    percent = _PERCENT.search(question)
    return Understood(
        intent=_intent(said, matches, wanted),
        hosts=matches,
        labels=labels,
        signals=wanted,
        trend=bool(said & _TRENDING),
        claimed=float(percent[1].replace(",", ".")) / 100 if percent else None,
    )


def _with_time_to_full(wanted: tuple[str, ...]) -> tuple[str, ...]:
    about_space = any(s.startswith("filesystem.") for s in wanted)
    return tuple(dict.fromkeys((*wanted, "filesystem.time_to_full"))) if about_space else wanted


def _intent(said: set[str], hosts: tuple[str, ...], wanted: tuple[str, ...]) -> Intent:
    if said & _ALERTS and not said & _WHY:
        return "alerts"
    named = bool(hosts or wanted)
    if said & _TARGETS and said & _DOWN and not said & _WHY:
        return "targets"
    if not hosts and said & _HOUSE and said & _WELLBEING:
        return "house"
    if named and said & _WHY:
        return "why"
    if named and said & _NORMAL:
        return "normal"
    if not hosts and {"what", "down"} <= said:
        return "targets"
    if (hosts and (wanted or not said)) or (named and said & (_STATE | _SAME)):
        return "state"
    return "outside"


def _machines(words: list[str], known: Vocabulary) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """The words that name machines; or else the word that is not clear, and what it could mean."""
    measured = {w for s in known.signals for w in s.words}
    found: dict[str, str] = {}
    for before, word in pairwise(["", *words]):
        if word in _ORDINARY or word.startswith("/"):
            continue
        # A machine may well be called ``storage``: its exact name wins over the word for what is measured.
        meant = _named(word, known.aliases) or (set() if word in measured else _alike(word, known.aliases))
        if len(meant) > 1:
            return {}, word, tuple(sorted(meant))
        if not meant and before in _PLACING and word not in measured:
            return {}, word, tuple(sorted(set(known.aliases.values())))
        for full in meant:
            found[word] = full
    return found, "", ()


def _named(word: str, aliases: Mapping[str, str]) -> set[str]:
    host = host_of(word)
    return {full for alias, full in aliases.items() if host in (alias.lower(), _short(alias))}


def _alike(word: str, aliases: Mapping[str, str]) -> set[str]:
    if len(word) < _SHORTEST_START or word.isdigit():
        return set()
    begun = {full for alias, full in aliases.items() if alias.lower().startswith(word)}
    if begun or len(word) < _SHORTEST_FUZZY:
        return begun
    short = {_short(alias): full for alias, full in aliases.items()}
    return {short[close] for close in difflib.get_close_matches(word, short, n=1, cutoff=0.8)}


def _short(alias: str) -> str:
    """The first label of a name; an address has no short form."""
    head = alias.split(".", maxsplit=1)[0].lower()
    return alias if head.isdigit() else head


def _signals(said: set[str], signals: Signals, paths: list[str]) -> tuple[str, ...]:
    """Signals whose words are used, those with the most words first."""
    hits = {s.id: len(said & set(s.words)) for s in signals}
    if paths:
        hits["filesystem.used_ratio"] = hits.get("filesystem.used_ratio", 0) + 1
    ranked = sorted((s for s, n in hits.items() if n), key=lambda s: -hits[s])
    return tuple(s for s in ranked if hits[s] == hits[ranked[0]]) if ranked else ()
