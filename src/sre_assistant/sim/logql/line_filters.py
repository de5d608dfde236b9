"""The line filters ``|= != |~ !~ |> !>``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sre_assistant.sim.logql import addresses, patterns
from sre_assistant.sim.logql.syntax import LineFilter, LineOp, Needle
from sre_assistant.sim.regex import compiled

Test = Callable[[str], bool]
_MANY: Final = 2


@lru_cache(maxsize=256)
def line_test(stage: LineFilter) -> Test:
    """Whether a line passes.

    Raises:
        ValueError: the pattern is wrong; the text is the server's.
    """
    tests = [_found(stage.op, needle) for needle in stage.needles]
    one = tests[0] if len(tests) < _MANY else lambda line: any(test(line) for test in tests)
    if stage.op[0] == "!":
        return lambda line: not one(line)
    return one


def _found(op: LineOp, needle: Needle) -> Test:
    value = needle.value
    if needle.ip:
        if op not in {"|=", "!="}:
            raise ValueError("ip: invalid operation")
        return addresses.finder(value)
    if op in {"|~", "!~"}:
        return _searching(value)
    if op in {"|>", "!>"}:
        return _following(value)
    return lambda line: value in line


def _searching(pattern: str) -> Test:
    search = compiled(pattern).search
    return lambda line: search(line) is not None


def _following(pattern: str) -> Test:
    if not pattern:
        return lambda line: not line
    parts = patterns.line_matcher(pattern)
    return lambda line: patterns.matches(parts, line) if line else False
