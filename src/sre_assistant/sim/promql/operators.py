"""Arithmetic and comparison of numbers, and of a vector with a scalar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats
from sre_assistant.sim.promql.vectors import Scalar, Text, Vector

ARITHMETIC: Final[dict[str, Callable[[Floats, Floats], Floats]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
KEEPS_NAME: Final = frozenset({"atan2"})
"""Arithmetic after which a result is still called as before."""
COMPARISON: Final[dict[str, Callable[[Floats, Floats], Bools]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def scalars(op: str, left: Floats, right: Floats) -> Floats:
    """Two numbers; a comparison gives 0 or 1."""
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right)
    return COMPARISON[op](left, right).astype(np.float64)


def with_scalar(op: str, vector: Vector, scalar: Floats, *, as_bool: bool, swapped: bool) -> Vector:
    """A vector and a number; ``swapped`` when the number stands on the left."""
    number = np.broadcast_to(scalar, vector.values.shape)
    left, right = (number, vector.values) if swapped else (vector.values, number)
    if op in ARITHMETIC:
        found = Vector(vector.labels, ARITHMETIC[op](left, right), vector.present)
        return found if op in KEEPS_NAME else found.nameless()
    holds = COMPARISON[op](left, right)
    if as_bool:
        return Vector(vector.labels, holds.astype(np.float64), vector.present).nameless()
    return vector.where(holds).kept()


def negated(value: Scalar | Vector | Text) -> Scalar | Vector:
    """Minus a scalar or a vector."""
    if isinstance(value, Scalar):
        return Scalar(-value.values)
    if isinstance(value, Vector):
        return Vector(value.labels, -value.values, value.present).nameless()
    raise TypeError("the parser lets no minus stand before a string")
