"""Where in an expression a mistake stands: one function per kind of mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import promql_parser as ast

from sre_assistant.sim.promql.tokens import (
    AGGREGATORS,
    BINARY,
    COMPARISONS,
    Token,
    closing,
    split_arguments,
)
from sre_assistant.sim.promql.types import static_type

TYPES: Final = {"matrix": "range vector", "vector": "instant vector"}
_MODIFIERS: Final = frozenset({"bool", "on", "ignoring", "group_left", "group_right"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """An expression, its words, and how the library's message matched one that is known."""

    text: str
    words: Sequence[Token]
    found: re.Match[str]


Where = Callable[[Mistake], int]


def at_end(mistake: Mistake) -> int:
    """The end of the expression."""
    return len(mistake.text)


def at_end_after(mistake: Mistake) -> int:
    """Right after the expression, where Prometheus sees its end inside brackets."""
    return len(mistake.text) + 1


def at_start(_mistake: Mistake) -> int:
    """The beginning."""
    return 0


def at_name(mistake: Mistake) -> int:
    """The word that the message names."""
    return next((token.place for token in mistake.words if token.text == mistake.found["name"]), 0)


def at_argument(mistake: Mistake) -> int:
    """The argument of a function that has the type the message objects to."""
    places = list(_arguments(mistake.words, {mistake.found["name"]}, mistake.found["got"], mistake.text)) or [
        0
    ]
    return places[-1] if mistake.found["type"] == "string" else places[0]


def at_aggregated(mistake: Mistake) -> int:
    """The argument of an aggregation that has the type the message objects to."""
    return next(_arguments(mistake.words, AGGREGATORS, mistake.found["got"], mistake.text), 0)


def _arguments(
    tokens: Sequence[Token], names: frozenset[str] | set[str], got: str, text: str
) -> Iterator[int]:
    """Where arguments of a type stand in calls of these names."""
    for index, token in enumerate(tokens[:-1]):
        if token.text not in names:
            continue
        opened = index + 1
        if tokens[opened].text in {"by", "without"}:
            opened = closing(tokens, opened + 1) + 1
        if opened < len(tokens) and tokens[opened].text == "(":
            for begin, end in split_arguments(tokens, opened):
                if _type(tokens, begin, end, text) == TYPES.get(got, got):
                    yield tokens[begin].place


def at_operand(mistake: Mistake) -> int:
    """The operand that is a range or a string."""
    for index in _operators(mistake.words, BINARY):
        for begin, end in (_left(mistake.words, index), _right(mistake.words, index)):
            if _type(mistake.words, begin, end, mistake.text) in {"range vector", "string"}:
                return mistake.words[begin].place
    return 0


def at_comparison(mistake: Mistake) -> int:
    """The comparison between two scalars."""
    for index in _operators(mistake.words, COMPARISONS):
        sides = (_left(mistake.words, index), _right(mistake.words, index))
        if all(_type(mistake.words, begin, end, mistake.text) == "scalar" for begin, end in sides):
            return mistake.words[index].place
    return 0


def at_set(mistake: Mistake) -> int:
    """The beginning of a set operator's left side."""
    index = next(_operators(mistake.words, {mistake.found["name"]}), None)
    return 0 if index is None else mistake.words[_left(mistake.words, index)[0]].place


def at_operator(mistake: Mistake) -> int:
    """The first operator with a modifier."""
    for index in _operators(mistake.words, BINARY):
        if index + 1 < len(mistake.words) and mistake.words[index + 1].text in _MODIFIERS:
            return mistake.words[index].place
    return 0


def at_sign(mistake: Mistake) -> int:
    """The sign before an operand."""
    return next((token.place for token in mistake.words if token.text in "+-"), 0)


def at_selector(mistake: Mistake) -> int:
    """The selector without a name."""
    for index, token in enumerate(mistake.words):
        if token.text == "{" and (index == 0 or mistake.words[index - 1].kind != "identifier"):
            return token.place
    return 0


def after_bracket(mistake: Mistake) -> int:
    """What stands after the first square bracket."""
    return next((token.end for i, token in enumerate(mistake.words) if token.text == "["), 0)


def at_bracket(mistake: Mistake) -> int:
    """The range of something in parentheses."""
    return next(
        (
            t.place
            for i, t in enumerate(mistake.words)
            if t.text == "[" and i and mistake.words[i - 1].text == ")"
        ),
        0,
    )


def at_subquery(mistake: Mistake) -> int:
    """What a subquery is taken of: the call, parenthesis, selector or number before its bracket."""
    words = mistake.words
    for index, token in enumerate(words):
        end = closing(words, index) if token.text == "[" else index
        if index and any(one.text[0] == ":" for one in words[index:end]):
            begin = index - 1
            while begin and words[begin].text in ")}]":
                begin = next(i for i in reversed(range(begin)) if closing(words, i) == begin)
                begin -= begin > 0 and (words[begin - 1].kind == "identifier" or words[begin].text == "[")
            return words[begin].place
    return 0


def at_unmatched(mistake: Mistake) -> int:
    """The bracket that closes nothing."""
    depth = 0
    for token in mistake.words:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth < 0 and token.text == mistake.found["name"]:
            return token.place + (token.text == ")")
    return 0


def _operators(tokens: Sequence[Token], names: frozenset[str] | set[str]) -> Iterator[int]:
    """The binary operators among the words: they stand after an operand."""
    for index in range(1, len(tokens)):
        before = tokens[index - 1]
        operand = before.kind != "operator" or before.text in ")]}"
        if tokens[index].text in names and operand and before.text not in BINARY:
            yield index


def _left(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    begin, depth = index - 1, 0
    while begin >= 0:
        text = tokens[begin].text
        depth += (text in ")]}") - (text in "([{")
        if depth < 0 or (depth == 0 and (text == "," or (text in BINARY and text not in "+-"))):
            break
        begin -= 1
    return begin + 1, index


def _right(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    begin = index + 1
    while begin < len(tokens) and tokens[begin].text in _MODIFIERS:
        begin += 1
        if begin < len(tokens) and tokens[begin].text == "(" and tokens[begin - 1].text != "bool":
            begin = closing(tokens, begin) + 1
    end = begin
    while end < len(tokens) and tokens[end].text not in BINARY and tokens[end].text not in ",)":
        end = closing(tokens, end) + 1 if tokens[end].text in "([{" else end + 1
    return begin, end


def _type(tokens: Sequence[Token], begin: int, end: int, text: str) -> str:
    if begin >= end or end > len(tokens):
        return ""
    try:
        return static_type(ast.parse(text[tokens[begin].place : tokens[end - 1].end]))
    except ValueError:
        return ""
