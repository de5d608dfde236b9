"""Puts the stages of a query together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from sre_assistant.sim.logql import formats, label_filters
from sre_assistant.sim.logql.errors import StageError
from sre_assistant.sim.logql.extraction import Step, parser_step
from sre_assistant.sim.logql.line_filters import Test, line_test
from sre_assistant.sim.logql.row import ALL, Hints, Row
from sre_assistant.sim.logql.syntax import (
    Decolorize,
    JsonParser,
    LabelFilter,
    LabelFormat,
    LineFilter,
    LineFormat,
    LogfmtParser,
    Pick,
    Stage,
    TextParser,
    Unpack,
)
from sre_assistant.sim.logql.writing import stage_text

S = TypeVar("S", bound=Stage)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages ready to run: tests on the bare line first, then steps that know its labels.

    ``names`` are the labels that its filters and formats read.
    """

    tests: tuple[Test, ...]
    steps: tuple[Step, ...]
    names: frozenset[str]

    def passes(self, line: str) -> bool:
        """Whether the bare line passes the first tests."""
        return all(test(line) for test in self.tests)

    def run(
        self, line: str, base: Mapping[str, str], metadata: Mapping[str, str], at: int, hints: Hints = ALL
    ) -> tuple[str, Row] | None:
        """The line and its labels after all stages, None if it was left out on the way."""
        for test in self.tests:
            if not test(line):
                return None
        row = Row(base, metadata, hints)
        for step in self.steps:
            text = step(line, row, at)
            if text is None:
                return None
            line = text
        return line, row


@lru_cache(maxsize=256)
def pipeline(stages: tuple[Stage, ...]) -> Pipeline:
    """The stages put together.

    Raises:
        StageError: one of them cannot be built.
    """
    first = next((i for i, stage in enumerate(stages) if not isinstance(stage, LineFilter)), len(stages))
    tests = tuple(_built(line_test, stage) for stage in stages[:first] if isinstance(stage, LineFilter))
    steps = tuple(_built(_step, stage) for stage in stages[first:])
    return Pipeline(tests, steps, _names(stages))


def filters(stages: Sequence[LabelFilter]) -> tuple[label_filters.RowTest, ...]:
    """Label filters alone, as after ``unwrap``.

    Raises:
        StageError: one of them cannot be built.
    """
    return tuple(_built(label_filters.label_test, stage) for stage in stages)


def _built(make: Callable[[S], T], stage: S) -> T:
    try:
        return make(stage)
    except ValueError as error:
        raise StageError(stage_text(stage), str(error)) from error


def _step(stage: Stage) -> Step:
    match stage:
        case LineFilter():
            return _filtering(line_test(stage))
        case JsonParser() | LogfmtParser() | TextParser() | Unpack():
            return parser_step(stage)
        case LineFormat():
            return formats.line_format(stage)
        case LabelFormat():
            return formats.label_format(stage)
        case Decolorize():
            return formats.decolorize
        case Pick():
            return formats.pick(stage)
        case _:
            return _selecting(label_filters.label_test(stage))


def _filtering(test: Test) -> Step:
    return lambda line, _row, _at: line if test(line) else None


def _selecting(test: label_filters.RowTest) -> Step:
    return lambda line, row, _at: line if test(row) else None


def _names(stages: tuple[Stage, ...]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for stage in stages:
        match stage:
            case LineFormat() | LabelFormat():
                found |= formats.named(stage)
            case (
                LineFilter() | JsonParser() | LogfmtParser() | TextParser() | Unpack() | Decolorize() | Pick()
            ):
                pass
            case _:
                found |= label_filters.names(stage)
    return found
