"""Time series: labels, and samples that are worked out when somebody looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol

from sre_assistant.sim.arrays import Samples

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted by name, empty values left out."""

NAME: Final = "__name__"

_PROBLEMS: Final = (
    ("missing )", "missing closing )"),
    ("unbalanced parenthesis", "unexpected )"),
    ("unterminated character set", "missing closing ]"),
    ("nothing to repeat", "missing argument to repetition operator"),
)


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
        full = re.compile(self.value, re.ASCII).fullmatch
        if self.op == "=~":
            return lambda value: full(value) is not None
        return lambda value: full(value) is None


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be used, in Go's words as far as they are the same thing; nothing if it can."""
    if "[[" in pattern or "[:" in pattern:
        return "nested sets are not supported"
    try:
        re.compile(pattern, re.ASCII)
    except re.error as error:
        return next((go for python, go in _PROBLEMS if error.msg.startswith(python)), error.msg)
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


def matching(series: Iterable[Series], matchers: Sequence[Matcher]) -> list[Series]:
    """Those series that pass all matchers, in the order given."""
    found = []
    for one in series:
        have = dict(one.labels)
        if all(matcher.matches(have.get(matcher.name, "")) for matcher in matchers):
            found.append(one)
    return found
