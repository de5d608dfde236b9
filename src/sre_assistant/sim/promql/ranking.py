"""The k largest or smallest of some values, ties decided as by Prometheus' heap."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence


def best(values: Sequence[float], count: int, *, largest: bool) -> list[int]:
    """Places of the ``count`` best values, best first; NaN is worse than anything."""
    ahead: Callable[[float, float], bool] = operator.gt if largest else operator.lt

    def worse(a: int, b: int) -> bool:
        if math.isnan(values[a]):
            return True
        return ahead(values[b], values[a])

    heap: list[int] = []
    for place, value in enumerate(values):
        if len(heap) < count:
            _push(heap, place, worse)
        elif ahead(value, values[heap[0]]) or math.isnan(values[heap[0]]):
            _replace(heap, place, worse, alone=count == 1)
    return _sorted(heap, lambda a, b: worse(b, a))


def _push(heap: list[int], place: int, before: Callable[[int, int], bool]) -> None:
    heap.append(place)
    _up(heap, before)


def _replace(heap: list[int], place: int, before: Callable[[int, int], bool], *, alone: bool) -> None:
    """The worst one goes, a new one comes."""
    if alone:
        heap[0] = place
        return
    heap[0] = heap[-1]
    heap.pop()
    _down(heap, before)
    _push(heap, place, before)


def _up(heap: list[int], before: Callable[[int, int], bool]) -> None:
    child = len(heap) - 1
    while child:
        parent = (child - 1) // 2
        if not before(heap[child], heap[parent]):
            return
        heap[child], heap[parent] = heap[parent], heap[child]
        child = parent


def _down(heap: list[int], before: Callable[[int, int], bool]) -> None:
    parent = 0
    while (child := 2 * parent + 1) < len(heap):
        if child + 1 < len(heap) and before(heap[child + 1], heap[child]):
            child += 1
        if not before(heap[child], heap[parent]):
            return
        heap[child], heap[parent] = heap[parent], heap[child]
        parent = child


def _sorted(heap: Sequence[int], before: Callable[[int, int], bool]) -> list[int]:
    """By insertion, which keeps the heap's order among equals."""
    ordered: list[int] = []
    for place in heap:
        at = len(ordered)
        while at and before(place, ordered[at - 1]):
            at -= 1
        ordered.insert(at, place)
    return ordered
