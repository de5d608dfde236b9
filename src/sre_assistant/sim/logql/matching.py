"""The operators between series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats
from sre_assistant.sim.logql.arithmetic import COMPARISONS, applied
from sre_assistant.sim.logql.errors import EvaluationFailed
from sre_assistant.sim.logql.syntax import Binary, Matching
from sre_assistant.sim.logql.windows import Line
from sre_assistant.sim.metrics.series import Labels, labels_of


def with_number(tree: Binary, lines: Sequence[Line], number: float, *, left: bool) -> list[Line]:
    """Series and a number, which stands on the left or the right."""
    found = []
    for line in lines:
        other = np.full(len(line.values), number)
        first, second = (other, line.values) if left else (line.values, other)
        values, present = _applied(tree, first, second, line.present, kept=line.values)
        if present.any():
            found.append(Line(line.labels, values, present))
    return found


def joined(tree: Binary, left: Sequence[Line], right: Sequence[Line]) -> list[Line]:
    """Two sides of series.

    Raises:
        EvaluationFailed: a series has more than one partner where it may have one.
    """
    if tree.op == "and":
        return _kept(left, right, tree.matching, partners=True)
    if tree.op == "unless":
        return _kept(left, right, tree.matching, partners=False)
    if tree.op == "or":
        return [*left, *_kept(right, left, tree.matching, partners=False)]
    return _paired(tree, left, right)


def _signature(labels: Labels, matching: Matching) -> Labels:
    names = matching.labels or ()
    return tuple(pair for pair in labels if (pair[0] in names) == matching.on)


def _kept(lines: Sequence[Line], others: Sequence[Line], matching: Matching, *, partners: bool) -> list[Line]:
    """The series of one side where there is, or is not, one of the other with the same signature."""
    there: dict[Labels, Bools] = {}
    for other in others:
        key = _signature(other.labels, matching)
        there[key] = there[key] | other.present if key in there else other.present
    found = []
    for line in lines:
        mask = there.get(_signature(line.labels, matching), np.zeros(len(line.present), dtype=np.bool_))
        present = line.present & (mask if partners else ~mask)
        if present.any():
            found.append(Line(line.labels, line.values, present))
    return found


def _paired(tree: Binary, left: Sequence[Line], right: Sequence[Line]) -> list[Line]:
    swapped = tree.matching.many == "right"
    many, one = (right, left) if swapped else (left, right)
    partners: dict[Labels, list[Line]] = {}
    for line in one:
        key = _signature(line.labels, tree.matching)
        for other in partners.get(key, []):
            if (other.present & line.present).any():
                side = "left" if swapped else "right"
                raise EvaluationFailed(
                    f"found duplicate series on the {side} hand-side;many-to-many matching not allowed: "
                    "matching labels must be unique on one side"
                )
        partners.setdefault(key, []).append(line)
    found: list[Line] = []
    taken: dict[Labels, Bools] = {}
    for line in many:
        for other in partners.get(_signature(line.labels, tree.matching), []):
            made = _pair(tree, line, other, swapped=swapped)
            _check_unique(tree, line, made, line.present & other.present, taken)
            if made.present.any():
                found.append(made)
    return found


def _check_unique(tree: Binary, line: Line, made: Line, present: Bools, taken: dict[Labels, Bools]) -> None:
    """No two of the many may end as the same series at one step."""
    many = bool(tree.matching.many)
    key = made.labels if many else _signature(line.labels, tree.matching)
    if key in taken and (taken[key] & present).any():
        if many:
            raise EvaluationFailed("multiple matches for labels: grouping labels must ensure unique matches")
        raise EvaluationFailed(
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        )
    taken[key] = taken[key] | present if key in taken else present


def _pair(tree: Binary, line: Line, other: Line, *, swapped: bool) -> Line:
    left, right = (other, line) if swapped else (line, other)
    present = line.present & other.present
    values, present = _applied(tree, left.values, right.values, present, kept=left.values)
    return Line(_result_labels(line.labels, other.labels, tree.matching), values, present)


def _result_labels(many: Labels, one: Labels, matching: Matching) -> Labels:
    labels = dict(many)
    names = matching.labels or ()
    if not matching.many:
        labels = {name: value for name, value in many if (name in names) == matching.on}
    source = dict(one)
    for name in matching.include or ():
        labels[name] = source.get(name, "")
    return labels_of(labels)


def _applied(
    tree: Binary, left: Floats, right: Floats, present: Bools, *, kept: Floats
) -> tuple[Floats, Bools]:
    """The operator at each step; a comparison keeps values where it holds, or with ``bool`` says 1 or 0."""
    if tree.op in COMPARISONS:
        with np.errstate(all="ignore"):
            holds = np.asarray(COMPARISONS[tree.op](left, right), dtype=np.bool_)  # type: ignore[arg-type]
        if tree.as_bool:
            return holds.astype(np.float64), present
        return kept, present & holds
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array([applied(tree.op, a, b) for a, b in pairs], dtype=np.float64), present
