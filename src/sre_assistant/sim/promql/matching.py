"""Operators between two vectors: which rows belong together, and what becomes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools
from sre_assistant.sim.metrics.series import NAME, Labels, labels_of
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.operators import ARITHMETIC, COMPARISON, KEEPS_NAME
from sre_assistant.sim.promql.text import label_set
from sre_assistant.sim.promql.vectors import Frame, Vector, less, merged, nothing, only, without_name

SETS: Final = frozenset({"and", "or", "unless"})


@dataclass(frozen=True, slots=True)
class Rule:
    """How rows are matched: ``on`` these names or all others, and which side may have many."""

    on: bool
    names: frozenset[str]
    many: Literal["neither", "left", "right"]
    include: tuple[str, ...]
    as_bool: bool

    def key(self, labels: Labels) -> Labels:
        """What two rows must share."""
        return only(labels, self.names) if self.on else less(labels, self.names | {NAME})


def rule_of(modifier: ast.BinModifier | None) -> Rule:
    """The matching rule of an operator; without a modifier all labels but the name must agree."""
    if modifier is None:
        return Rule(on=False, names=frozenset(), many="neither", include=(), as_bool=False)
    matching = modifier.matching
    on = bool(matching and matching.type == ast.LabelModifierType.Include)
    many: Literal["neither", "left", "right"] = "neither"
    if modifier.card == ast.VectorMatchCardinality.ManyToOne:
        many = "left"
    elif modifier.card == ast.VectorMatchCardinality.OneToMany:
        many = "right"
    return Rule(
        on=on,
        names=frozenset(matching.labels if matching else ()),
        many=many,
        include=tuple(modifier.group_labels or ()),
        as_bool=modifier.return_bool,
    )


def combined(op: str, left: Vector, right: Vector, rule: Rule, frame: Frame) -> Vector:
    """The result of an operator between two vectors.

    Raises:
        ExecutionFailed: rows do not match one to one, or one to many where that is allowed.
    """
    if op in SETS:
        return _set(op, left, right, rule)
    if not len(left) or not len(right):
        return nothing(frame)
    if rule.many == "right":
        return _paired(op, right, left, rule)
    return _paired(op, left, right, rule)


def _set(op: str, left: Vector, right: Vector, rule: Rule) -> Vector:
    if op == "or":
        present = right.present & ~_shared(right, left, rule)
        both = np.concatenate((left.present, present))
        return merged(left.labels + right.labels, np.concatenate((left.values, right.values)), both).kept()
    shared = _shared(left, right, rule)
    return left.where(shared if op == "and" else ~shared).kept()


def _shared(mine: Vector, other: Vector, rule: Rule) -> Bools:
    """Where the other side has a row of the same key."""
    there: dict[Labels, Bools] = {}
    for labels, present in zip(other.labels, other.present, strict=True):
        key = rule.key(labels)
        there[key] = there[key] | present if key in there else present
    nowhere = np.zeros(mine.present.shape[1:], dtype=np.bool_)
    rows = [there.get(rule.key(labels), nowhere) for labels in mine.labels]
    return np.stack(rows) if rows else mine.present


def _paired(op: str, many: Vector, one: Vector, rule: Rule) -> Vector:
    """Each row of the many side with its row of the one side; sides are swapped back for the operation."""
    sides = defaultdict(list)
    for place, labels in enumerate(one.labels):
        sides[rule.key(labels)].append(place)
    _check_unique(one, sides, many, rule)
    pairs = [
        (place, other)
        for place, labels in enumerate(many.labels)
        for other in sides.get(rule.key(labels), ())
    ]
    if not pairs:
        return Vector([], many.values[:0], many.present[:0])
    mine, other = (np.array(column) for column in zip(*pairs, strict=True))
    a, b = many.values[mine], one.values[other]
    left, right = (b, a) if rule.many == "right" else (a, b)
    present = many.present[mine] & one.present[other]
    if op in ARITHMETIC:
        values = ARITHMETIC[op](left, right)
    else:
        holds = COMPARISON[op](left, right)
        values = holds.astype(np.float64) if rule.as_bool else left
        present = present if rule.as_bool else present & holds
    named = _result_labels(op, rule)
    rows = [named(many.labels[i], one.labels[j]) for i, j in pairs]
    _check_results([rule.key(many.labels[i]) for i in mine], rows, present, rule)
    return merged(rows, values, present).kept()


def _result_labels(op: str, rule: Rule) -> Callable[[Labels, Labels], Labels]:
    def named(many: Labels, one: Labels) -> Labels:
        if (op in ARITHMETIC and op not in KEEPS_NAME) or rule.as_bool:
            many = without_name(many)
        if rule.many == "neither":
            many = only(many, rule.names) if rule.on else less(many, rule.names)
        if not rule.include:
            return many
        there = dict(one)
        return labels_of({**dict(many), **{name: there.get(name, "") for name in rule.include}})

    return named


def _check_unique(one: Vector, sides: dict[Labels, list[int]], many: Vector, rule: Rule) -> None:
    needed = many.present.any(axis=0)
    for key, places in sides.items():
        if len(places) < 2:
            continue
        clash = (one.present[places].sum(axis=0) > 1) & needed
        if clash.any():
            step = int(np.argmax(clash))
            first, second = [place for place in places if one.present[place, step]][:2]
            side = "left" if rule.many == "right" else "right"
            raise ExecutionFailed(
                f"found duplicate series for the match group {label_set(key)} on the {side} hand-side of the "
                f"operation: [{label_set(one.labels[second])}, {label_set(one.labels[first])}]"
                ";many-to-many matching not allowed: matching labels must be unique on one side"
            )


def _check_results(keys: Sequence[Labels], labels: list[Labels], present: Bools, rule: Rule) -> None:
    groups: dict[tuple[Labels, Labels], list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        groups[key, labels[place] if rule.many != "neither" else ()].append(place)
    for places in groups.values():
        if len(places) > 1 and bool((present[places].sum(axis=0) > 1).any()):
            if rule.many == "neither":
                raise ExecutionFailed(
                    "multiple matches for labels: many-to-one matching must be explicit "
                    "(group_left/group_right)"
                )
            raise ExecutionFailed("multiple matches for labels: grouping labels must ensure unique matches")
