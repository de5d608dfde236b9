"""The words of a PromQL expression and where they stand; used to say where an error is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

AGGREGATORS: Final = frozenset(
    {"sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values"}
) | {"group"}
COMPARISONS: Final = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS: Final = frozenset({"and", "or", "unless"})
BINARY: Final = COMPARISONS | SETS | {"+", "-", "*", "/", "%", "^", "atan2"}
KEYWORDS: Final = SETS | {
    "atan2",
    "bool",
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "offset",
    "on",
    "without",
}

_WORDS: Final = re.compile(
    r"(?P<space>[ \t\r\n]+|\#[^\n]*)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`)'
    r"|(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+)(?![0-9a-zA-Z_])"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<identifier>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r"|(?P<operator>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}\[\],@:])"
)
_OPENED: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word: what it is, how it is written, and its first character's place."""

    kind: str
    text: str
    place: int

    @property
    def end(self) -> int:
        """The place after its last character."""
        return self.place + len(self.text)

    @property
    def description(self) -> str:
        """How Prometheus names it in an error."""
        if self.kind in {"identifier", "number", "duration", "string"} and self.text not in KEYWORDS:
            quoted = self.text if self.kind == "string" else f'"{self.text}"'
            return f"{self.kind} {quoted}"
        if self.text in BINARY or self.text in {"=~", "!~"}:
            return f"<op:{self.text}>"
        return f"<{self.text}>" if self.text in KEYWORDS else f'"{self.text}"'


class Unreadable(Exception):
    """A character that begins no word; ``place`` says where it stands."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


def tokens_of(text: str) -> list[Token]:
    """The words of an expression, without spaces and comments.

    Raises:
        Unreadable: something in it is no word.
    """
    found, place = [], 0
    while place < len(text):
        word = _WORDS.match(text, place)
        if word is None:
            raise _unreadable(text, place)
        kind = str(word.lastgroup)
        if kind != "space":
            found.append(Token(kind, word[0], place))
        place = word.end()
    return found


def closing(tokens: Sequence[Token], opened: int) -> int:
    """The index of the bracket that closes the one at ``opened``, or the number of tokens if none does."""
    stack = []
    for index in range(opened, len(tokens)):
        text = tokens[index].text
        if text in _OPENED and tokens[index].kind == "operator":
            stack.append(_OPENED[text])
        elif stack and text == stack[-1]:
            stack.pop()
            if not stack:
                return index
    return len(tokens)


def missing_ends(tokens: Sequence[Token]) -> str:
    """The brackets that are still open, closed in order."""
    stack: list[str] = []
    for token in tokens:
        if token.kind == "operator" and token.text in _OPENED:
            stack.append(_OPENED[token.text])
        elif stack and token.text == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def split_arguments(tokens: Sequence[Token], opened: int) -> list[tuple[int, int]]:
    """The arguments inside the parenthesis at ``opened``, as ranges of token indexes."""
    end, begin, found, index = closing(tokens, opened), opened + 1, [], opened + 1
    while index < end:
        if tokens[index].text in _OPENED and tokens[index].kind == "operator":
            index = closing(tokens, index)
        elif tokens[index].text == ",":
            found.append((begin, index))
            begin = index + 1
        index += 1
    return [*found, (begin, end)] if begin < end else found


def _unreadable(text: str, place: int) -> Unreadable:
    character = text[place]
    if character in "\"'":
        return Unreadable("unterminated quoted string", place)
    if character == "`":
        return Unreadable("unterminated raw string", place)
    if character == "!":
        following = text[place + 1 : place + 2] or "\ufffd"
        return Unreadable(f"unexpected character after '!': '{following}'", place)
    return Unreadable(f"unexpected character: '{character}'", place)
