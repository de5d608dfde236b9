"""Signal packs: abstract signals and how to ask an exporter for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

import msgspec
import yaml

from sre_assistant.domain.entities import Entity
from sre_assistant.domain.errors import ConfigError
from sre_assistant.investigation.expressions import Reads, reads
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_value

_LONGEST_LABEL = 200
_TWO_STATES = {
    "works": ("fails", "works"),
    "succeeds": ("fails", "succeeds"),
    "synchronised": ("not synchronised", "synchronised"),
}


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of entity: the labels that pick one out, and what it is called."""

    labels: tuple[str, ...]
    name: str
    """A template over the labels."""


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that can be known about entities of one kind."""

    id: str
    """``area.quantity``, e.g. ``memory.available_ratio``."""
    title: str
    kind: str
    unit: Literal["bytes", "bytes/s", "ratio", "seconds", "count", "events", "code", "1/s", "celsius"]
    """The unit of the value as the source gives it."""
    worse: Literal["up", "down"]
    """Which direction is bad."""
    says: str
    """One sentence over the labels and ``{value}``."""
    query: str = ""
    """A PromQL template; empty when the signal is read off another API."""
    words: tuple[str, ...] = ()
    """What people call it."""
    also: tuple[str, ...] = ()
    """Metrics that speak of the same thing; an alert that reads them is about this signal."""
    vital: bool = False
    """Whether a machine whose exporter does not report it is not really watched."""

    def asked(self, matchers: str, spans: Spans) -> str:
        """The query for the series that match, e.g. ``instance="nas:9100"``."""
        query = self.query.replace("$on", matchers)
        for name, seconds in spans.named():
            query = query.replace(f"[${name}]", f"[{seconds}s]")
        return query

    def statement(self, labels: Mapping[str, str], value: float) -> str:
        """The sentence about one entity."""
        words = {name: states[value >= 0.5] for name, states in _TWO_STATES.items()}
        named = {name: bounded(text, _LONGEST_LABEL) for name, text in labels.items()}
        return self.says.format_map(_Named(named, value=format_value(value, self.unit), **words))

    @property
    def reads(self) -> Reads:
        """What its query looks at, with the metrics that speak of the same."""
        found = _reads(self.query)
        return Reads(found.metrics.union(self.also), found.equal, found.trend)


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The signals of one exporter."""

    name: str
    title: str
    present: str = ""
    """A metric that is there whenever the exporter is."""
    kinds: dict[str, Kind]
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """Lengths of look-back in seconds, fitted to how often the house is scraped."""

    now: int
    """A handful of scrapes: what happens at this moment."""
    rate: int
    """Enough scrapes for a steady rate, short enough to see a new load."""
    short: int
    """The last minutes."""
    lead_in: int
    """How far back before an alert the past is drawn: some hundred scrapes."""
    trend: int = 3600
    """Where things are heading."""
    events: int = 1800
    """How long a single event stays news."""

    @classmethod
    def fitting(cls, scrape_interval: float) -> Spans:
        """Spans for a scrape interval in seconds; 0 means unknown and gets the widest usual ones."""
        interval = scrape_interval or 60.0
        return cls(
            now=_within(5 * interval, 5, 300),
            rate=_within(4 * interval, 60, 300),
            short=_within(20 * interval, 120, 600),
            lead_in=_within(480 * interval, 600, 7200),
        )

    def named(self) -> tuple[tuple[str, int], ...]:
        """Each span with the name that templates use."""
        return tuple((name, getattr(self, name)) for name in self.__slots__)


class Signals:
    """All packs together."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.packs = tuple(packs)
        self._signals: dict[str, Signal] = {}
        self._kinds: dict[str, Kind] = {}
        for pack in self.packs:
            for name, kind in pack.kinds.items():
                if self._kinds.setdefault(name, kind) != kind:
                    raise ConfigError(
                        f"signal pack {pack.name!r}", f"redefines the kind {name!r}", "Rename it."
                    )
            for signal in pack.signals:
                if signal.id in self._signals:
                    raise ConfigError(
                        f"signal pack {pack.name!r}", f"redefines the signal {signal.id!r}", "Rename it."
                    )
                self._signals[signal.id] = signal

    def __iter__(self) -> Iterator[Signal]:
        return iter(self._signals.values())

    def __getitem__(self, signal: str) -> Signal:
        return self._signals[signal]

    def kind(self, name: str) -> Kind:
        """What makes an entity of this kind."""
        return self._kinds[name]

    def entity(self, signal: Signal, labels: Mapping[str, str]) -> Entity:
        """The entity a sample with these labels is about."""
        kind = self._kinds[signal.kind]
        identity = {name: labels[name] for name in kind.labels if name in labels}
        return Entity(kind=signal.kind, name=kind.name.format_map(_Named(identity)), labels=identity)

    def reading(self, seen: Reads) -> frozenset[str]:
        """Ids of the signals that look at the same as an expression.

        Where both demand a label, e.g. a CPU mode, they must demand the same value.
        """
        wanted = dict(seen.equal)
        return frozenset(
            s.id
            for s in self._signals.values()
            if s.reads.metrics & seen.metrics and all(wanted.get(k, v) == v for k, v in s.reads.equal)
        )


class _Named(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"(no {key})"


@cache
def known_signals() -> Signals:
    """The packs that come with the program."""
    folder = resources.files(__package__ or "")
    return Signals(
        _loaded(f) for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".yaml")
    )


def _loaded(file: Traversable) -> Pack:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return msgspec.convert(yaml.load(file.read_text("utf-8"), loader), Pack)  # noqa: S506  both are safe loaders
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"signal pack {file.name}", f"is not valid: {error}", "Mend the file.") from error


@cache
def _reads(template: str) -> Reads:
    query = re.sub(r"\[\$\w+\]", "[1m]", template.replace("$on", ""))
    return (reads(query) if query else None) or Reads(frozenset(), (), trend=False)


def _within(value: float, low: int, high: int) -> int:
    return round(min(max(value, low), high))
