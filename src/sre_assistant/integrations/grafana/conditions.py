"""When a rule fires, read from the graph of its queries and expressions: ``last(A) > 0.9``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sre_assistant.integrations.grafana.loose import Loose, fit
from sre_assistant.kit.codec import encode

_MOST_STEPS: Final = 200
"""Nodes that are said of one rule; a graph in which each names another twice would double with every one."""
_REFERENCE: Final = re.compile(r"\$(?:\{([^}]+)\}|(\w+))")
_EXPRESSION_SOURCES: Final = frozenset({"__expr__", "-100"})
_SIGNS: Final = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}
_RANGES: Final = {
    "within_range": "is between {} and {}",
    "outside_range": "is outside {} to {}",
    "within_range_included": "is from {} to {}",
    "outside_range_included": "is at most {} or at least {}",
}
_QUERY_FIELDS: Final = ("expr", "rawSql", "rawQuery", "query", "target", "expression", "queryText")
"""Where the data sources that homelabs have keep what they ask, in this order."""
_HOUSEKEEPING: Final = frozenset(
    {
        "adhocFilters",
        "datasource",
        "editorMode",
        "exemplar",
        "format",
        "hide",
        "intervalFactor",
        "intervalMs",
        "legendFormat",
        "maxDataPoints",
        "queryType",
        "range",
        "refId",
        "resultFormat",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One query or expression of a rule, under its letter."""

    ref: str
    source: str
    """Uid of the data source."""
    model: Loose

    @property
    def operation(self) -> str:
        """Which expression it is; empty for a query to a data source."""
        server_side = (
            self.source in _EXPRESSION_SOURCES or self.model["datasource"]["type"].text == "__expr__"
        )
        return (self.model["type"].text or "expression") if server_side else ""


def condition_text(ref: str, nodes: Mapping[str, Node]) -> str:
    """What must be true for the rule to fire; queries stay as their letters."""
    said = _Graph(nodes).said(ref, frozenset())
    node = nodes.get(ref)
    plain = node is not None and node.operation in {"", "reduce", "resample"}
    return f"{said} is not 0" if plain else said


def query_text(model: Loose) -> str:
    """What a data source is asked; of one that is not known, its whole model without housekeeping."""
    for name in _QUERY_FIELDS:
        if text := model[name].text.strip():
            kind = model["type"].text if name == "expression" else ""
            return fit(f"{kind}: {text}" if kind else text)
    rest = {name: each.value for name, each in model.fields.items() if each and name not in _HOUSEKEEPING}
    return fit(_json(rest)) if rest else ""


def source_text(source: Loose) -> str:
    """A data source as dashboards and rules name it: by type and uid, or by its name alone."""
    if isinstance(source.value, str):
        return fit(source.value)
    named = [source["type"].text, source["uid"].text]
    if named[1].startswith("-- "):
        return named[1].strip("- ")
    return fit(" ".join(each for each in named if each))


def _json(value: object) -> str:
    try:
        return encode(value).decode()
    except (ValueError, OverflowError, RecursionError) as error:
        return f"(cannot be shown: {error})"


class _Graph:
    """The nodes of a rule, said from the condition downwards."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._steps = 0
        self._writers: Mapping[str, Callable[[Loose, frozenset[str]], str]] = {
            "reduce": self._reduce,
            "resample": self._resample,
            "math": self._math,
            "threshold": self._threshold,
            "classic_conditions": self._classic,
        }

    def said(self, ref: str, above: frozenset[str]) -> str:
        """One node in words; ``above`` are those it is a part of."""
        node = self._nodes.get(ref)
        self._steps += 1
        if node is None:
            return f"{ref or '?'} (which is missing)"
        if ref in above:
            return f"{ref} (which goes in a circle)"
        if not node.operation or self._steps > _MOST_STEPS:
            return ref
        write = self._writers.get(node.operation)
        text = write(node.model, above | {ref}) if write else f"{node.operation}({query_text(node.model)})"
        return fit(text)

    def _operand(self, ref: str, above: frozenset[str]) -> str:
        """As a part of something larger."""
        node = self._nodes.get(ref)
        said = self.said(ref, above)
        compound = node is not None and node.operation in {"math", "threshold", "classic_conditions"}
        return f"({said})" if compound else said

    def _reduce(self, model: Loose, above: frozenset[str]) -> str:
        mode = model["settings"]["mode"].text
        other = {
            "dropNN": ", without NaN",
            "replaceNN": f", NaN as {model['settings']['replaceWithValue'].text or '?'}",
        }
        inner = self.said(_bare(model["expression"].text), above)
        return f"{model['reducer'].text or 'reduce'}({inner}{other.get(mode, '')})"

    def _resample(self, model: Loose, above: frozenset[str]) -> str:
        told = (self.said(_bare(model["expression"].text), above), model["window"].text)
        ways = (model["downsampler"].text, model["upsampler"].text)
        return f"resample({', '.join(each for each in (*told, *ways) if each)})"

    def _math(self, model: Loose, above: frozenset[str]) -> str:
        return _REFERENCE.sub(
            lambda found: self._operand(found[1] or found[2], above), model["expression"].text
        )

    def _threshold(self, model: Loose, above: frozenset[str]) -> str:
        inner = self._operand(_bare(model["expression"].text), above)
        first = next(iter(model["conditions"].items), Loose())
        said = f"{inner} {_comparison(first['evaluator'])}"
        leave = first["unloadEvaluator"]
        return f"{said} (until it {_comparison(leave)})" if leave else said

    def _classic(self, model: Loose, above: frozenset[str]) -> str:
        parts: list[str] = []
        for one in model["conditions"].items:
            if parts:
                parts.append("or" if "or" in one["operator"]["type"].text else "and")
            ref = next(iter(one["query"]["params"].texts), "")
            reducer = one["reducer"]["type"].text or "value"
            parts.append(f"{reducer}({self.said(ref, above)}) {_comparison(one['evaluator'])}")
        return " ".join(parts) or "no condition at all"


def _comparison(evaluator: Loose) -> str:
    kind, numbers = evaluator["type"].text, [each.text or "?" for each in evaluator["params"].items]
    first, second = [*numbers, "?", "?"][:2]
    if kind in _RANGES:
        return _RANGES[kind].format(first, second)
    if kind == "no_value":
        return "has no value"
    return f"{_SIGNS.get(kind, kind or '?')} {first}"


def _bare(ref: str) -> str:
    """``$A`` and ``${A}`` are ``A``."""
    found = _REFERENCE.fullmatch(ref)
    return (found[1] or found[2]) if found else ref
