"""The label filters: text, numbers, durations, sizes and addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from sre_assistant.sim.logql import addresses, gotext
from sre_assistant.sim.logql.arithmetic import COMPARISONS
from sre_assistant.sim.logql.regex import compiled
from sre_assistant.sim.logql.row import DETAILS, ERROR, Row
from sre_assistant.sim.logql.syntax import (
    BothFilters,
    BytesFilter,
    DurationFilter,
    IpFilter,
    LabelFilter,
    Match,
    NumberFilter,
)

RowTest = Callable[[Row], bool]
FAILED: Final = "LabelFilterErr"


def label_test(stage: LabelFilter) -> RowTest:
    """Whether a row passes; a value that cannot be read passes with an error.

    Raises:
        ValueError: an address pattern is wrong.
    """
    match stage:
        case Match():
            return _text(stage)
        case BothFilters():
            return _both(stage)
        case IpFilter():
            return _address(stage)
        case NumberFilter():
            return _compared(stage, gotext.parse_float)
        case DurationFilter():
            return _compared(stage, gotext.parse_duration)
        case BytesFilter():
            return _compared(stage, gotext.parse_bytes)


def names(stage: LabelFilter) -> frozenset[str]:
    """The labels that a filter looks at."""
    if isinstance(stage, BothFilters):
        return names(stage.left) | names(stage.right)
    return frozenset({stage.name})


def value_test(stage: Match) -> Callable[[str], bool]:
    """Whether a label's value passes."""
    value = stage.value
    if stage.op == "=":
        return lambda text: text == value
    if stage.op == "!=":
        return lambda text: text != value
    full = compiled(f"(?s:{value})").fullmatch
    if stage.op == "=~":
        return lambda text: full(text) is not None
    return lambda text: full(text) is None


def _text(stage: Match) -> RowTest:
    test, name = value_test(stage), stage.name
    if name == ERROR:
        return lambda row: test(row.error)
    if name == DETAILS:
        return lambda row: test(row.details)
    return lambda row: test(row.get(name) or "")


def _both(stage: BothFilters) -> RowTest:
    left, right = label_test(stage.left), label_test(stage.right)
    if stage.op == "or":
        return lambda row: left(row) or right(row)

    def both(row: Row) -> bool:
        # The right side is asked even if the left one fails: it may find an error.
        first, second = left(row), right(row)
        return first and second

    return both


def _address(stage: IpFilter) -> RowTest:
    return partial(_holds, finder=addresses.finder(stage.value), name=stage.name, wanted=stage.op == "=")


def _holds(row: Row, *, finder: Callable[[str], bool], name: str, wanted: bool) -> bool:
    if row.error:
        return True
    value = row.get(name)
    return value is not None and finder(value) == wanted


def _compared(stage: NumberFilter | DurationFilter | BytesFilter, read: Callable[[str], float]) -> RowTest:
    name, limit, compare = stage.name, stage.value, COMPARISONS[stage.op]

    def test(row: Row) -> bool:
        if row.error:
            return True
        text = row.get(name)
        if text is None:
            return False
        try:
            value = read(text)
        except ValueError as error:
            row.fail(FAILED, str(error))
            return True
        return compare(value, limit)

    return test
