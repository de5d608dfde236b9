"""Parses Go text templates."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sre_assistant.sim.logql.gotext import parse_float, quoted, unquoted
from sre_assistant.sim.logql.template_nodes import (
    Action,
    Block,
    Call,
    Field,
    Jump,
    Node,
    Operand,
    Pipeline,
    Text,
    Value,
    Variable,
)

_PIECE: Final = re.compile(r"\{\{(?P<left>- )?(?P<inner>.*?)(?P<right> -)?\}\}", re.DOTALL)
_WORD: Final = re.compile(
    r'(?P<space>[ \t\r\n]+)|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<char>\'(?:[^\'\\]|\\.)\')'
    r"|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))(?![\w.])"
    r"|(?P<variable>\$[A-Za-z0-9_]*)|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)|(?P<dot>\.)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>:=|[|(),=])"
)
_CONSTANTS: Final = {"true": True, "false": False, "nil": None}
_DEEPEST: Final = 50


class BadTemplate(ValueError):
    """A template that cannot be read; the text is Go's."""

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"template: {name}:{line}: {problem}")


def parse_template(text: str, name: str, functions: frozenset[str]) -> tuple[Node, ...]:
    """The nodes of a template; ``functions`` are the names it may call.

    Raises:
        BadTemplate: it is not a template, or calls something unknown.
    """
    return _Reading(text, name, functions).all()


def fields_of(nodes: tuple[Node, ...]) -> frozenset[str]:
    """The names of all fields that the nodes read."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Action | Block):
            found |= _fields_in(node.pipeline)
        if isinstance(node, Block):
            found |= fields_of(node.body) | fields_of(node.otherwise)
    return frozenset(found)


def _fields_in(operand: Operand) -> set[str]:
    match operand:
        case Field():
            return set(operand.names) | (_fields_in(operand.of) if operand.of else set())
        case Variable():
            return set(operand.names)
        case Call():
            return {name for one in operand.arguments for name in _fields_in(one)}
        case Pipeline():
            return {name for one in operand.commands for name in _fields_in(one)}
        case Value():
            return set()


class _Reading:
    def __init__(self, text: str, name: str, functions: frozenset[str]) -> None:
        self._name = name
        self._functions = functions
        self._line = 1
        self._text = text
        self._base = 0
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

    def _split(self, text: str) -> list[tuple[int, str, int]]:
        """Texts and actions with their lines, trimmed where a mark says so; an action with its place."""
        found: list[tuple[int, str, int]] = []
        place, trim = 0, False
        for piece in _PIECE.finditer(text):
            before = text[place : piece.start()]
            before = before.lstrip(" \t\r\n") if trim else before
            before = before.rstrip(" \t\r\n") if piece["left"] else before
            line = text.count("\n", 0, piece.start()) + 1
            found += [(line, before, -1), (line, piece["inner"], piece.start("inner"))]
            place, trim = piece.end(), bool(piece["right"])
        rest = text[place:]
        if "{{" in rest:
            self._line = text.count("\n") + 1
            raise self._bad("unclosed action")
        return [*found, (0, rest.lstrip(" \t\r\n") if trim else rest, -1)]

    def _nodes(self, depth: int) -> tuple[tuple[Node, ...], str]:
        """Nodes up to ``else`` or ``end``, and which of them ended it with what follows."""
        if depth > _DEEPEST:
            raise self._bad("exceeded maximum template depth")
        found: list[Node] = []
        while self._at < len(self._pieces):
            line, text, base = self._pieces[self._at]
            self._at += 1
            self._line = line or self._line
            self._base = base + len(text) - len(text.lstrip())
            if base < 0:
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
            self._base += len(word)
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
        words = _Words(self._lexed(text), text, self._base)
        pipeline = self._piped(words)
        if words.kind:
            raise self._bad(f"unexpected {quoted(words.text)} in command")
        return pipeline

    def _lexed(self, text: str) -> list[_Word]:
        found: list[_Word] = []
        place = 0
        while place < len(text):
            word = _WORD.match(text, place)
            if not word:
                raise self._bad(f"unexpected {quoted(text[place])} in command")
            found.append(_Word(str(word.lastgroup), word[0], place))
            place = word.end()
        return _joined(found)

    def _piped(self, words: _Words) -> Pipeline:
        variables, declares = self._assigned(words)
        commands = [self._command(words)]
        while words.took("|"):
            commands.append(self._command(words))
        self._variables.update(variables)
        return Pipeline(tuple(commands), variables, declares)

    def _assigned(self, words: _Words) -> tuple[tuple[str, ...], bool]:
        texts = [word.text for word in words.rest(4)]
        for count in (1, 2):
            names = texts[: 2 * count - 1 : 2]
            sign = texts[2 * count - 1] if len(texts) > 2 * count - 1 else ""
            if sign in {":=", "="} and all(name.startswith("$") for name in names):
                words.skip(2 * count)
                return tuple(names), sign == ":="
        return (), True

    def _command(self, words: _Words) -> Operand:
        if words.kind == "name" and words.text not in _CONSTANTS:
            start, name = words.at, words.next()
            if name not in self._functions:
                raise self._bad(f"function {quoted(name)} not defined")
            arguments = self._arguments(words)
            return Call(name, arguments, words.written(start), self._place(words.place(start)))
        if not words.kind or words.text in {")", "|"}:
            raise self._bad("missing value for command")
        first = self._operand(words)
        arguments = self._arguments(words)
        if arguments:
            raise self._bad("can't give argument to non-function")
        return first

    def _place(self, at: int) -> str:
        """A place in the template as Go writes it: the line, and the characters before it there."""
        before = self._text[:at]
        column = len(before[before.rfind("\n") + 1 :].encode())
        return f"{before.count(chr(10)) + 1}:{column}"

    def _arguments(self, words: _Words) -> tuple[Operand, ...]:
        found = []
        while words.kind and words.text not in {")", "|"}:
            found.append(self._operand(words))
        return tuple(found)

    def _operand(self, words: _Words) -> Operand:
        kind, text = words.kind, words.next()
        match kind:
            case "string" | "char" | "number":
                return self._constant(kind, text)
            case "variable":
                if text not in self._variables:
                    raise self._bad(f"undefined variable {quoted(text)}")
                return Variable(text, self._fields(words))
            case "field":
                return Field((text[1:], *self._fields(words)))
            case "dot":
                return Field(())
            case "name":
                return self._named(text)
        if text != "(":
            raise self._bad(f"unexpected {quoted(text)} in operand")
        inner = self._piped(words)
        if not words.took(")"):
            raise self._bad("unclosed left paren")
        names = self._fields(words)
        return Field(names, inner) if names else inner

    def _constant(self, kind: str, text: str) -> Value:
        if kind == "number":
            return Value(_number(text))
        try:
            value = unquoted(text)
        except ValueError as error:
            raise self._bad(str(error)) from error
        return Value(ord(value) if kind == "char" else value)

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


class _Word(NamedTuple):
    kind: str
    text: str
    place: int


class _Words:
    """The words of one action, one after the other."""

    def __init__(self, words: list[_Word], text: str, base: int) -> None:
        self._words = words
        self._text = text
        self._base = base
        self.at = 0

    @property
    def kind(self) -> str:
        return self._words[self.at].kind if self.at < len(self._words) else ""

    @property
    def text(self) -> str:
        return self._words[self.at].text if self.at < len(self._words) else ""

    def rest(self, count: int) -> list[_Word]:
        return self._words[self.at : self.at + count]

    def skip(self, count: int) -> None:
        self.at += count

    def next(self) -> str:
        text = self.text
        self.at += 1
        return text

    def took(self, text: str) -> bool:
        if self.kind == "sign" and self.text == text:
            self.at += 1
            return True
        return False

    def place(self, index: int) -> int:
        """Where a word stands in the template."""
        return self._base + self._words[index].place

    def written(self, start: int) -> str:
        """The words from one to the last read, with single spaces where there is any."""
        words = self._words[start : self.at]
        text = self._text[words[0].place : words[-1].place + len(words[-1].text)]
        return text if '"' in text or "`" in text else " ".join(text.split())


def _joined(words: list[_Word]) -> list[_Word]:
    """Words without the spaces; a field that follows something without a space belongs to it."""
    found: list[_Word] = []
    for place, word in enumerate(words):
        before = words[place - 1] if place else _Word("space", "", 0)
        belongs = word.kind == "field" and (before.kind in {"field", "variable"} or before.text == ")")
        if word.kind != "space":
            found.append(word._replace(kind="glued") if belongs else word)
    return found


def _number(text: str) -> int | float:
    try:
        return int(text, 0)
    except ValueError:
        return parse_float(text)
