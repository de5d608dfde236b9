"""Turns lines into samples for the functions over windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.logql import gotext
from sre_assistant.sim.logql.costs import Costs
from sre_assistant.sim.logql.label_filters import RowTest, names
from sre_assistant.sim.logql.pipeline import Pipeline, filters, pipeline
from sre_assistant.sim.logql.row import ERROR, SUFFIX, Hints, Row
from sre_assistant.sim.logql.syntax import Grouping, RangeAggregation, Unwrap
from sre_assistant.sim.logstore import Entry, LogStream
from sre_assistant.sim.metrics.series import Labels

FAILED: Final = "SampleExtractionErr"
_BYTES: Final = frozenset({"bytes_over_time", "bytes_rate"})


@dataclass(slots=True)
class Sampled:
    """The samples of one series, in order of time (unix nanoseconds)."""

    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Extractor:
    """Knows for one aggregation which number a line gives, and to which series."""

    pipeline: Pipeline
    unwrap: Unwrap | None
    filters: tuple[RowTest, ...]
    sizes: bool
    hints: Hints
    group: Grouping | None
    bare: bool
    """No label is kept at all."""

    @classmethod
    def of(cls, tree: RangeAggregation, outer: Grouping | None) -> Extractor:
        """For an aggregation; ``outer`` is the grouping of a sum around it, which can be done at once.

        Raises:
            StageError: a stage cannot be built.
        """
        grouping = outer if outer is not None else tree.grouping
        bare = tree.function == "absent_over_time" or (
            grouping is not None and not grouping.labels and not grouping.without
        )
        unwrap = tree.window.unwrap
        line = pipeline(tree.window.source.stages)
        after = unwrap.filters if unwrap else ()
        group = grouping
        if unwrap and (group is None or group.without):
            group = Grouping((*(group.labels if group else ()), unwrap.name), without=True)
        hints = _hints(line.names | _names(unwrap), group, bare=bare, value=unwrap.name if unwrap else "")
        return cls(line, unwrap, filters(after), tree.function in _BYTES, hints, group, bare)

    def samples(
        self, streams: Iterable[LogStream], start: int, end: int, costs: Costs
    ) -> dict[Labels, Sampled]:
        """The samples of all series with ``start <= at < end``."""
        found: dict[Labels, Sampled] = {}
        merged = False
        for stream in streams:
            entries = stream.entries(start, end)
            costs.streams += 1
            _count(entries, costs)
            seen = len(found)
            if self.pipeline.steps or self.unwrap:
                self._read(stream.labels, entries, found, costs)
            else:
                self._read_bare(stream.labels, entries, found, costs)
            merged = merged or bool(seen)
        if merged:
            for sampled in found.values():
                _sort(sampled)
        return found

    def _read_bare(
        self, labels: Labels, entries: Sequence[Entry], found: dict[Labels, Sampled], costs: Costs
    ) -> None:
        """Lines without stages that touch labels: the series depends on the metadata alone."""
        base = dict(labels)
        tests = self.pipeline.tests
        known: dict[int, Sampled] = {}
        for entry in entries:
            text = entry.text
            for test in tests:
                if not test(text):
                    break
            else:
                sampled = known.get(id(entry.metadata))
                if sampled is None:
                    key = self._key(Row(base, entry.metadata))
                    known[id(entry.metadata)] = sampled = found.setdefault(key, Sampled())
                sampled.times.append(entry.at)
                sampled.values.append(float(_size(text)) if self.sizes else 1.0)
                costs.kept += 1

    def _read(
        self, labels: Labels, entries: Sequence[Entry], found: dict[Labels, Sampled], costs: Costs
    ) -> None:
        base = dict(labels)
        run, hints = self.pipeline.run, self.hints
        for entry in entries:
            passed = run(entry.text, base, entry.metadata, entry.at, hints)
            if passed is None:
                continue
            text, row = passed
            value = self._value(text, row)
            if value is None:
                continue
            costs.kept += 1
            sampled = found.setdefault(self._key(row), Sampled())
            sampled.times.append(entry.at)
            sampled.values.append(value)

    def _value(self, text: str, row: Row) -> float | None:
        if self.unwrap is None:
            return float(_size(text)) if self.sizes else 1.0
        label = row.get(self.unwrap.name)
        if not label:
            return None
        value = 0.0
        try:
            value = _CONVERSIONS[self.unwrap.conversion](label)
        except ValueError as error:
            row.fail(FAILED, str(error))
        return value if all(test(row) for test in self.filters) else None

    def _key(self, row: Row) -> Labels:
        """The series of a row; one with an error keeps all its labels, so that the error is not lost."""
        if row.error:
            return tuple(sorted(row.labels().items()))
        if self.bare:
            return ()
        group = self.group
        if group is None:
            return tuple(sorted(row.labels().items()))
        if group.without:
            return tuple(sorted(pair for pair in row.labels().items() if pair[0] not in group.labels))
        values = ((name, row.get(name)) for name in sorted(set(group.labels)))
        return tuple((name, value) for name, value in values if value is not None)


def _names(unwrap: Unwrap | None) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for one in unwrap.filters if unwrap else ():
        found |= names(one)
    return found


def _hints(names: frozenset[str], group: Grouping | None, *, bare: bool, value: str) -> Hints:
    """What parsers must extract, given what is looked at later."""
    wanted = names | frozenset(group.labels if group else ()) | ({value} if value else frozenset())
    wanted |= {name.removesuffix(SUFFIX) for name in wanted}
    preserve = ERROR in wanted
    if bare:
        return Hints(required=wanted, preserve=preserve) if wanted else Hints(nothing=True)
    if group is None or group.without or not group.labels:
        return Hints()
    return Hints(required=wanted, preserve=preserve)


def _count(entries: Sequence[Entry], costs: Costs) -> None:
    costs.lines += len(entries)
    costs.bytes += sum(_size(entry.text) for entry in entries)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _sort(sampled: Sampled) -> None:
    if any(a > b for a, b in zip(sampled.times, sampled.times[1:], strict=False)):
        order = sorted(range(len(sampled.times)), key=sampled.times.__getitem__)
        sampled.times = [sampled.times[i] for i in order]
        sampled.values = [sampled.values[i] for i in order]


def _seconds(text: str) -> float:
    return gotext.parse_duration(text) / 1e9


_CONVERSIONS: Final[Mapping[str, Callable[[str], float]]] = {
    "": gotext.parse_float,
    "bytes": lambda text: float(gotext.parse_bytes(text)),
    "duration": _seconds,
    "duration_seconds": _seconds,
}
