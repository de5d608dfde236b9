"""The label filters: text, numbers, durations, sizes and addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from sre_assistant.sim.logql import addresses, gotext
from sre_assistant.sim.logql.arithmetic import COMPARISONS
from sre_assistant.sim.logql.row import ERROR, Row
from sre_assistant.sim.logql.syntax import (
    BothFilters,
    BytesFilter,
    DurationFilter,
    IpFilter,
    LabelFilter,
    Match,
    NumberFilter,
)
from sre_assistant.sim.regex import compiled

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
            return _compared(stage, gotext.parse_bytes, limit=_displayed(stage.value))


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


def _displayed(size: int) -> int:
    """A size as the server compares with it: its frontend hands on queries as text, with rounded sizes."""
    return gotext.parse_bytes(gotext.bytes_text(size))


def _compared(
    stage: NumberFilter | DurationFilter | BytesFilter,
    read: Callable[[str], float],
    *,
    limit: float | None = None,
) -> RowTest:
    name, compare = stage.name, COMPARISONS[stage.op]
    bound = stage.value if limit is None else limit

    def test(row: Row) -> bool:
        text = row.get(name)
        if text is None:
            return False
        try:
            value = read(text)
        except ValueError as error:
            if not row.error:
                row.fail(FAILED, str(error))
            return True
        return compare(value, bound)

    return test
