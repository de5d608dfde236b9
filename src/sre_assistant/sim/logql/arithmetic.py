"""What the operators do with two numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Final

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def applied(op: str, left: float, right: float) -> float:
    """The result; a comparison gives 1 or 0, a division by zero NaN."""
    if op in COMPARISONS:
        return 1.0 if COMPARISONS[op](left, right) else 0.0
    return _ARITHMETIC[op](left, right)


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _rest(left: float, right: float) -> float:
    if not right or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        result = left**right
    except ZeroDivisionError:
        odd = right == math.floor(right) and right % 2 == 1
        return math.copysign(math.inf, left) if odd else math.inf
    except OverflowError:
        odd = left < 0 and right % 2 == 1
        return -math.inf if odd else math.inf
    return math.nan if isinstance(result, complex) else result


_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _rest,
    "^": _power,
}
