"""Time series: labels, and samples that are worked out when somebody looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple, Protocol

from sre_assistant.sim.arrays import Bools, Floats, Ints, Samples
from sre_assistant.sim.regex import compiled

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted by name, empty values left out."""

NAME: Final = "__name__"


def labels_of(pairs: Mapping[str, str]) -> Labels:
    """The canonical form of a label set."""
    return tuple(sorted((name, value) for name, value in pairs.items() if value))


@dataclass(frozen=True)
class Matcher:
    """One condition on one label; a label that is not there counts as empty."""

    name: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str

    def matches(self, value: str) -> bool:
        """Whether a label value passes."""
        return self._test(value)

    @cached_property
    def _test(self) -> Callable[[str], bool]:
        if self.op == "=":
            return lambda value: value == self.value
        if self.op == "!=":
            return lambda value: value != self.value
        fits = whole(self.value).match
        if self.op == "=~":
            return lambda value: fits(value) is not None
        return lambda value: fits(value) is None


def whole(pattern: str, *, alone: bool = False) -> re.Pattern[str]:
    """A pattern that whole values must fit, read as Go reads it; with ``alone`` it must make sense bare too.

    Raises:
        ValueError: it is none; the text is Go's.
    """
    if "(?<" in pattern:  # known to Go since 1.22 only
        raise ValueError("error parsing regexp: invalid or unsupported Perl syntax: `(?<`")
    fits = compiled(f"^(?:{pattern})$")
    if alone:
        compiled(pattern)
    return fits


def pattern_error(pattern: str) -> str:
    """Why a pattern cannot be used, in Go's words; nothing if it can."""
    try:
        whole(pattern)
    except ValueError as error:
        return str(error)
    return ""


class Series(Protocol):
    """One time series."""

    @property
    def labels(self) -> Labels:
        """Its identity, the metric name under ``__name__``."""
        ...

    def samples(self, start: int, end: int) -> Samples:
        """All samples from ``start`` to ``end``, both included, in unix milliseconds."""
        ...


class Newest(NamedTuple):
    """The newest sample at or before each moment, its time, and where there is one."""

    times: Ints
    values: Floats
    fresh: Bools


class Thrifty(Protocol):
    """A series that can be read at some moments without reading everything between them."""

    def newest(self, moments: Ints, lookback: int) -> Newest | None:
        """The newest samples of at most ``lookback`` milliseconds before ascending moments.

        None when reading everything is the better way.
        """
        ...


def newest(series: Series | Thrifty, moments: Ints, lookback: int) -> Newest | None:
    """The newest samples before ascending moments; None unless the series can be read so, and better so."""
    read = getattr(series, "newest", None)  # asked for thousands of series, where isinstance takes its time
    found: Newest | None = read(moments, lookback) if read else None
    return found


class Storage(Protocol):
    """Where series are found."""

    def select(self, matchers: Sequence[Matcher], start: int, end: int, /) -> Iterable[Series]:
        """The series that pass all matchers and may have samples in the window, sorted by labels."""
        ...


class Index:
    """Finds series by their labels; a metric name given by equality narrows the search."""

    def __init__(self, series: Iterable[Series]) -> None:
        self._all = sorted(series, key=lambda one: one.labels)
        self._named: dict[str, list[Series]] = {}
        for one in self._all:
            self._named.setdefault(dict(one.labels).get(NAME, ""), []).append(one)

    def __iter__(self) -> Iterator[Series]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def matching(self, matchers: Sequence[Matcher]) -> list[Series]:
        """The series that pass all matchers, sorted by labels."""
        found = self._all
        for matcher in matchers:
            if matcher.name == NAME and matcher.op == "=":
                found = self._named.get(matcher.value, [])
        return matching(found, matchers)


def matching_labels(labels: Labels, matchers: Sequence[Matcher]) -> bool:
    """Whether a label set passes all matchers."""
    have = dict(labels)
    return all(matcher.matches(have.get(matcher.name, "")) for matcher in matchers)


def matching(series: Iterable[Series], matchers: Sequence[Matcher]) -> list[Series]:
    """Those series that pass all matchers, in the order given."""
    return [one for one in series if matching_labels(one.labels, matchers)]
