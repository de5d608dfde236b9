"""Parsing: the library's tree, held to what Prometheus 2.42 accepts and this evaluator can do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import promql_parser as ast

from sre_assistant.sim.metrics.series import Matcher, whole
from sre_assistant.sim.promql.complaints import complaint, placed
from sre_assistant.sim.promql.errors import BadData
from sre_assistant.sim.promql.evaluator import SUPPORTED
from sre_assistant.sim.promql.selection import matchers_of
from sre_assistant.sim.promql.strings import hidden, unquoted
from sre_assistant.sim.promql.text import quoted
from sre_assistant.sim.promql.tokens import Token, Unreadable, closing, tokens_of

_RENAMED: Final = {"holt_winters": "double_exponential_smoothing"}
"""Functions that the library knows by the names of later versions."""


_NEWER: Final = frozenset({"fill", "fill_left", "fill_right", *_RENAMED.values()})


@lru_cache(maxsize=1024)  # rules and dashboards ask the same again and again
def parse(text: str) -> ast.Expr:
    """The tree of an expression.

    Raises:
        BadData: it is none, or uses what Prometheus 2.42 does not know; the text says where and why.
    """
    tokens = _words(text)
    readable = _readable(text, tokens)
    _refuse_newer(text, tokens)
    try:
        tree: ast.Expr = ast.parse(readable)
    except ValueError as error:
        message = str(error)
        for old, new in _RENAMED.items():
            message = message.replace(new, old)
        raise BadData(complaint(text, message)) from error
    _Checks(text, tokens).run(tree)
    return tree


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The conditions of a series selector as in ``match[]``.

    Raises:
        BadData: not a selector.
    """
    tokens = _words(text)
    if not tokens:
        raise BadData(placed(text, len(text), "unexpected end of input"))
    end = 1 if tokens[0].kind == "identifier" else 0
    if end < len(tokens) and tokens[end].text == "{":
        end = closing(tokens, end) + 1
    if end < len(tokens):
        raise BadData(placed(text, tokens[end].place, f"unexpected {tokens[end].description}"))
    try:
        tree = parse(text)
    except BadData as error:
        if "at least one non-empty matcher" not in str(error):
            raise
        raise BadData("match[] must contain at least one non-empty matcher") from error
    return matchers_of(tree) if isinstance(tree, ast.VectorSelector) else ()


def selectors_of(tree: ast.Expr) -> list[tuple[Matcher, ...]]:
    """The conditions of every selector in an expression."""
    found: list[tuple[Matcher, ...]] = []

    def visit(node: ast.Expr) -> bool:
        if isinstance(node, ast.VectorSelector):
            found.append(matchers_of(node))
        return True

    ast.walk(tree, pre_visit=visit)
    return found


def _words(text: str) -> list[Token]:
    try:
        return tokens_of(text)
    except Unreadable as error:
        raise BadData(placed(text, error.place, str(error))) from error


def _readable(text: str, tokens: Sequence[Token]) -> str:
    """The same expression without what the library reads otherwise than Go: raw strings and patterns."""
    pieces, end = [], 0
    for index, token in enumerate(tokens):
        if token.kind != "string":
            if token.text in _RENAMED and tokens[index + 1 : index + 2] and tokens[index + 1].text == "(":
                pieces += [text[end : token.place], _RENAMED[token.text]]
                end = token.end
            continue
        written = quoted(token.text[1:-1]) if token.text[0] == "`" else token.text
        if index and tokens[index - 1].text in {"=~", "!~"} and (value := unquoted(written)) is not None:
            try:
                pattern = whole(value, alone=True)
            except ValueError as error:
                raise BadData(placed(text, tokens[max(index - 2, 0)].place, str(error))) from error
            written = f'"{hidden(value, empty=pattern.match("") is not None)}"'
        pieces += [text[end : token.place], written]
        end = token.end
    return "".join(pieces) + text[end:]


def _refuse_newer(text: str, tokens: Sequence[Token]) -> None:
    """What the library accepts from later versions: plain numbers as durations, and durations as numbers."""
    for index, token in enumerate(tokens):
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if token.kind == "number" and before == "[":
            raise BadData(placed(text, token.place, "missing unit character in duration"))
        if token.kind == "number" and before == "offset":
            raise BadData(
                placed(text, token.place, f"unexpected {token.description} in offset, expected duration")
            )
        if token.kind == "duration" and before not in {"[", ":", "offset", "-"}:
            raise BadData(placed(text, token.place, f"unexpected {token.description}"))
        if before == "@" and token.text == "-":
            raise BadData(placed(text, token.place, "timestamps before 1970 are not supported in @"))
        if token.text in _NEWER and after == "(":
            raise BadData(placed(text, token.place, f"unknown function with name {quoted(token.text)}"))


class _Checks:
    """Looks at every node for what cannot be evaluated here."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens

    def run(self, tree: ast.Expr) -> None:
        ast.walk(tree, pre_visit=self._visit)

    def _visit(self, node: ast.Expr) -> bool:
        if isinstance(node, ast.Call) and node.func.name not in SUPPORTED:
            raise self._at(node.func.name, f"unknown function with name {quoted(node.func.name)}")
        if isinstance(node, ast.AggregateExpr) and str(node.op) in {"limitk", "limit_ratio"}:
            raise self._at(str(node.op), f"unknown function with name {quoted(str(node.op))}")
        if isinstance(node, ast.VectorSelector) and node.matchers.or_matchers:
            raise self._at("or", 'unexpected identifier "or" in label matching, expected "," or "}"')
        return True

    def _at(self, word: str, problem: str) -> BadData:
        place = next((token.place for token in self._tokens if token.text == word), 0)
        return BadData(placed(self._text, place, problem))
