"""Parses Go text templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.logql.gotext import parse_float, quoted, unquoted


class BadTemplate(ValueError):
    """A template that cannot be read; the text is Go's."""

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"template: {name}:{line}: {problem}")


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """``.a.b``, of the data here or of something in front of it; with no names the dot itself."""

    names: tuple[str, ...]
    of: Operand | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """``$x`` and fields of it."""

    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A constant."""

    value: object


@dataclass(frozen=True, slots=True)
class Call:
    """A function's name with its arguments, or a lone operand."""

    function: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose results flow into the next; ``variables`` are set to the last one."""

    commands: tuple[Operand, ...]
    variables: tuple[str, ...] = ()
    declares: bool = True


Operand = Field | Variable | Value | Call | Pipeline


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is printed."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``with`` or ``range``."""

    kind: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    kind: str


Node = Text | Action | Block | Jump

_PIECE: Final = re.compile(r"\{\{(?P<left>- )?(?P<inner>.*?)(?P<right> -)?\}\}", re.DOTALL)
_WORD: Final = re.compile(
    r'(?P<space>[ \t\r\n]+)|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<char>\'(?:[^\'\\]|\\.)\')'
    r"|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))(?![\w.])"
    r"|(?P<variable>\$[A-Za-z0-9_]*)|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)|(?P<dot>\.)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>:=|[|(),=])"
)
_CONSTANTS: Final = {"true": True, "false": False, "nil": None}
_DEEPEST: Final = 50


def parse_template(text: str, name: str, functions: frozenset[str]) -> tuple[Node, ...]:
    """The nodes of a template; ``functions`` are the names it may call.

    Raises:
        BadTemplate: it is not a template, or calls something unknown.
    """
    return _Reading(text, name, functions).all()


class _Reading:
    def __init__(self, text: str, name: str, functions: frozenset[str]) -> None:
        self._name = name
        self._functions = functions
        self._line = 1
        self._pieces = self._split(text)
        self._at = 0
        self._variables = {"$"}

    def all(self) -> tuple[Node, ...]:
        nodes, end = self._nodes(0)
        if end:
            raise self._bad(f"unexpected {{{{{end}}}}}")
        return nodes

    def _bad(self, problem: str) -> BadTemplate:
        return BadTemplate(self._name, self._line, problem)

    def _split(self, text: str) -> list[tuple[int, str, bool]]:
        """Texts and actions with their lines; trimmed where a mark says so."""
        found, place, trim = [], 0, False
        for piece in _PIECE.finditer(text):
            before = text[place : piece.start()]
            before = before.lstrip(" \t\r\n") if trim else before
            before = before.rstrip(" \t\r\n") if piece["left"] else before
            line = text.count("\n", 0, piece.start()) + 1
            found += [(line, before, False), (line, piece["inner"], True)]
            place, trim = piece.end(), bool(piece["right"])
        rest = text[place:]
        if "{{" in rest:
            self._line = text.count("\n") + 1
            raise self._bad("unclosed action")
        return [*found, (0, rest.lstrip(" \t\r\n") if trim else rest, False)]

    def _nodes(self, depth: int) -> tuple[tuple[Node, ...], str]:
        """Nodes up to ``else`` or ``end``, and which of them ended it with what follows."""
        if depth > _DEEPEST:
            raise self._bad("exceeded maximum template depth")
        found: list[Node] = []
        while self._at < len(self._pieces):
            line, text, acts = self._pieces[self._at]
            self._at += 1
            self._line = line or self._line
            if not acts:
                found += [Text(text)] if text else []
                continue
            inner = text.strip()
            word = inner.split(None, 1)[0] if inner else ""
            if word in {"end", "else"}:
                return tuple(found), inner
            found += self._acted(inner, word, depth)
        return tuple(found), ""

    def _acted(self, inner: str, word: str, depth: int) -> list[Node]:
        if inner.startswith("/*"):
            return []
        if not inner:
            raise self._bad("missing value for command")
        if word in {"if", "with", "range"}:
            return [self._block(word, inner[len(word) :], depth)]
        if word in {"break", "continue"}:
            return [Jump(word)]
        if word in {"define", "template", "block"}:
            raise self._bad(f"{{{{{word}}}}} is not supported here")
        return [Action(self._pipeline(inner))]

    def _block(self, kind: str, text: str, depth: int) -> Block:
        if not text.strip():
            raise self._bad(f"missing value for {kind}")
        pipeline = self._pipeline(text)
        body, end = self._nodes(depth + 1)
        otherwise: tuple[Node, ...] = ()
        if end.startswith("else"):
            following = end[4:].strip()
            word = following.split(None, 1)[0] if following else ""
            if word in {"if", "with"} and word == kind:
                return Block(kind, pipeline, body, (self._block(word, following[len(word) :], depth + 1),))
            if following:
                raise self._bad(f"unexpected <{word}> in else")
            otherwise, end = self._nodes(depth + 1)
        if not end:
            raise self._bad("unexpected EOF")
        return Block(kind, pipeline, body, otherwise)

    def _pipeline(self, text: str) -> Pipeline:
        words = _Words(self._lexed(text))
        pipeline = self._piped(words)
        if words.kind:
            raise self._bad(f"unexpected {quoted(words.text)} in command")
        return pipeline

    def _lexed(self, text: str) -> list[tuple[str, str]]:
        found, place = [], 0
        while place < len(text):
            word = _WORD.match(text, place)
            if not word:
                raise self._bad(f"unexpected {quoted(text[place])} in command")
            found.append((str(word.lastgroup), word[0]))
            place = word.end()
        return [one for one in found if one[0] != "space"] if not _glued(found) else _unglued(found)

    def _piped(self, words: _Words) -> Pipeline:
        variables, declares = self._assigned(words)
        commands = [self._command(words)]
        while words.took("|"):
            commands.append(self._command(words))
        self._variables.update(variables)
        return Pipeline(tuple(commands), variables, declares)

    def _assigned(self, words: _Words) -> tuple[tuple[str, ...], bool]:
        texts = [text for _, text in words.rest(4)]
        for count in (1, 2):
            names = texts[: 2 * count - 1 : 2]
            sign = texts[2 * count - 1] if len(texts) > 2 * count - 1 else ""
            if sign in {":=", "="} and all(name.startswith("$") for name in names):
                words.skip(2 * count)
                return tuple(names), sign == ":="
        return (), True

    def _command(self, words: _Words) -> Operand:
        if words.kind == "name" and words.text not in _CONSTANTS:
            name = words.next()
            if name not in self._functions:
                raise self._bad(f"function {quoted(name)} not defined")
            return Call(name, self._arguments(words))
        if not words.kind or words.text in {")", "|"}:
            raise self._bad("missing value for command")
        first = self._operand(words)
        arguments = self._arguments(words)
        if arguments:
            raise self._bad("can't give argument to non-function")
        return first

    def _arguments(self, words: _Words) -> tuple[Operand, ...]:
        found = []
        while words.kind and words.text not in {")", "|"}:
            found.append(self._operand(words))
        return tuple(found)

    def _operand(self, words: _Words) -> Operand:
        kind, text = words.kind, words.next()
        if kind == "string":
            try:
                return Value(unquoted(text))
            except ValueError as error:
                raise self._bad(str(error)) from error
        if kind == "char":
            return Value(ord(unquoted(text)))
        if kind == "number":
            return Value(_number(text))
        if kind == "variable":
            if text not in self._variables:
                raise self._bad(f"undefined variable {quoted(text)}")
            return Variable(text, self._fields(words))
        if kind in {"field", "dot"}:
            names = (text[1:], *self._fields(words)) if kind == "field" else ()
            return Field(names)
        if kind == "name":
            return self._named(text)
        if text == "(":
            inner = self._piped(words)
            if not words.took(")"):
                raise self._bad("unclosed left paren")
            names = self._fields(words)
            return Field(names, inner) if names else inner
        raise self._bad(f"unexpected {quoted(text)} in operand")

    def _named(self, text: str) -> Operand:
        if text in _CONSTANTS:
            return Value(_CONSTANTS[text])
        if text not in self._functions:
            raise self._bad(f"function {quoted(text)} not defined")
        return Call(text, ())

    @staticmethod
    def _fields(words: _Words) -> tuple[str, ...]:
        found = []
        while words.kind == "glued":
            found.append(words.next()[1:])
        return tuple(found)


class _Words:
    def __init__(self, words: list[tuple[str, str]]) -> None:
        self._words = words
        self._at = 0

    @property
    def kind(self) -> str:
        return self._words[self._at][0] if self._at < len(self._words) else ""

    @property
    def text(self) -> str:
        return self._words[self._at][1] if self._at < len(self._words) else ""

    def rest(self, count: int) -> list[tuple[str, str]]:
        return self._words[self._at : self._at + count]

    def skip(self, count: int) -> None:
        self._at += count

    def next(self) -> str:
        text = self.text
        self._at += 1
        return text

    def took(self, text: str) -> bool:
        if self.kind == "sign" and self.text == text:
            self._at += 1
            return True
        return False


def _glued(words: list[tuple[str, str]]) -> bool:
    """Whether a field follows something without a space, and so belongs to it."""
    return any(
        kind == "field" and place and words[place - 1][0] in {"field", "variable", "sign"}
        for place, (kind, _) in enumerate(words)
    )


def _unglued(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for place, (kind, text) in enumerate(words):
        before = words[place - 1] if place else ("space", "")
        belongs = before[0] in {"field", "variable"} or before[1] == ")"
        if kind != "space":
            found.append(("glued" if kind == "field" and belongs else kind, text))
    return found


def _number(text: str) -> int | float:
    try:
        return int(text, 0)
    except ValueError:
        return parse_float(text)
