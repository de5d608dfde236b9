"""Regular expressions as RE2 has them, translated for Python; what cannot be translated is an error."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

Ranges = tuple[tuple[int, int], ...]

_TOP: Final = sys.maxunicode
_MOST_REPEATS: Final = 1000
_PERL: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_POSIX: Final[dict[str, Ranges]] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _PERL["d"],
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _PERL["w"],
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CONTROLS: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ASSERTIONS: Final = {"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?a:\b)", "B": r"(?a:\B)"}
_REPEAT: Final = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}", re.ASCII)
_GROUP_NAME: Final = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_EXPANSION: Final = re.compile(r"\$(?:\$|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))", re.ASCII)


class BadPattern(ValueError):
    """Not an RE2 expression, or one that cannot be had here; the text is Go's."""

    def __init__(self, problem: str, fragment: str) -> None:
        super().__init__(f"error parsing regexp: {problem}: `{fragment}`")


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The expression, ready to search.

    Raises:
        BadPattern: it is none.
    """
    return re.compile(translated(pattern))


@lru_cache(maxsize=512)
def translated(pattern: str) -> str:
    """The same expression in Python's words, for use without flags.

    Raises:
        BadPattern: it is none.
    """
    if any(0xDC80 <= ord(one) <= 0xDCFF for one in pattern):
        raise BadPattern("invalid UTF-8", pattern)
    text = _Translation(pattern).all()
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(f"unsupported here ({error})", pattern) from error
    return text


def expanded(template: str, found: re.Match[str]) -> str:
    """A replacement with ``$1``, ``${1}`` and ``$name`` filled in; what is not captured is empty."""

    def value(piece: re.Match[str]) -> str:
        if piece[0] == "$$":
            return "$"
        name = piece[1] or piece[2]
        if name.isdigit():
            return (found[int(name)] or "") if int(name) <= found.re.groups else ""
        return (found[name] or "") if name in found.re.groupindex else ""

    return _EXPANSION.sub(value, template)


def replaced(pattern: str, text: str, template: str, *, literal: bool = False) -> str:
    """All matches replaced; the template's references are filled in unless it is literal."""
    return compiled(pattern).sub(lambda found: template if literal else expanded(template, found), text)


@dataclass(frozen=True, slots=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False

    def changed(self, on: str, off: str) -> _Flags:
        return _Flags(**{name: (getattr(self, name) or name in on) and name not in off for name in "imsU"})


@dataclass(slots=True)
class _Group:
    """A group under translation: the flags outside, those Python knows of inside, and what it holds."""

    opened: int
    outer: _Flags
    prefix: str
    ambient: bool
    pieces: list[str] = field(default_factory=list)
    repeatable: bool = False


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._flags = _Flags()
        self._groups = [_Group(0, self._flags, "", ambient=False)]
        self._names: set[str] = set()
        self._repeated = -1

    def all(self) -> str:
        while self._at < len(self._text):
            self._step()
        if len(self._groups) > 1:
            raise BadPattern("missing closing )", self._text)
        return self._closed(self._groups[0])

    def _step(self) -> None:
        one = self._text[self._at]
        if one == "(":
            self._open()
        elif one == ")":
            self._close()
        elif one == "|":
            self._group.pieces.append("|")
            self._group.repeatable = False
            self._at += 1
        elif one in "*+?" or (one == "{" and _REPEAT.match(self._text, self._at)):
            self._repeat()
        elif one == "[":
            self._add(self._class())
        elif one == "\\":
            self._escape()
        else:
            self._plain(one)

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _plain(self, one: str) -> None:
        self._at += 1
        if one == "^":
            self._add("(?m:^)" if self._flags.m else r"(?:\A)")
        elif one == "$":
            self._add("(?m:$)" if self._flags.m else r"(?:\Z)")
        elif one == ".":
            self._add("(?s:.)" if self._flags.s else r"[^\n]")
        else:
            self._literal(ord(one))

    def _literal(self, code: int) -> None:
        self._add(re.escape(chr(code)), folds=chr(code).isalpha())

    def _add(self, piece: str, *, folds: bool = True) -> None:
        if folds and self._flags.i != self._group.ambient:
            piece = f"(?i:{piece})" if self._flags.i else f"(?-i:{piece})"
        self._group.pieces.append(piece)
        self._group.repeatable = True

    def _open(self) -> None:
        rest, at = self._text, self._at
        prefix = "("
        if found := _GROUP_NAME.match(rest, at):
            prefix = self._named(found)
            self._at = found.end()
        elif rest.startswith("(?", at):
            flags = _FLAGS.match(rest, at)
            if not flags or flags[0] in {"(?", "(?-)"}:
                raise BadPattern("invalid or unsupported Perl syntax", rest[at : at + 3])
            self._at = flags.end()
            if flags[3] == ")":
                self._switch(flags[1], flags[2] or "")
                return
            self._enter(at, "(?:")
            self._switch(flags[1], flags[2] or "")
            return
        else:
            self._at += 1
        self._enter(at, prefix)

    def _named(self, found: re.Match[str]) -> str:
        name = found[1]
        if not re.fullmatch(r"[A-Za-z0-9_]+", name, re.ASCII):
            raise BadPattern("invalid named capture", found[0])
        if name in self._names:
            raise BadPattern("duplicate capture group name", name)
        self._names.add(name)
        if not name.isidentifier():
            raise BadPattern("unsupported here (a group's name that begins with a digit)", found[0])
        return f"(?P<{name}>"

    def _enter(self, at: int, prefix: str) -> None:
        self._groups.append(_Group(at, self._flags, prefix, self._group.ambient))

    def _switch(self, on: str, off: str) -> None:
        self._flags = self._flags.changed(on, off)
        group = self._group
        if not group.pieces:
            group.ambient = self._flags.i

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise BadPattern("unexpected )", self._text)
        group = self._groups.pop()
        self._flags = group.outer
        self._group.pieces.append(f"{group.prefix}{self._closed(group, self._group.ambient)})")
        self._group.repeatable = True
        self._at += 1

    @staticmethod
    def _closed(group: _Group, outside: bool = False) -> str:
        text = "".join(group.pieces)
        if group.ambient == outside:
            return text
        return f"(?i:{text})" if group.ambient else f"(?-i:{text})"

    def _repeat(self) -> None:
        start = self._at
        if found := _REPEAT.match(self._text, start):
            self._at = found.end()
            low, high = int(found[1]), int(found[3] or found[1])
            if max(low, high) > _MOST_REPEATS or (found[3] and high < low):
                raise BadPattern("invalid repeat count", found[0])
            operator = found[0]
        else:
            operator = self._text[start]
            self._at += 1
        lazy = self._text.startswith("?", self._at)
        self._at += lazy
        written = self._text[start : self._at]
        if self._repeated >= 0 and self._repeated == start:
            raise BadPattern("invalid nested repetition operator", self._text[self._begun : self._at])
        if not self._group.repeatable:
            raise BadPattern("missing argument to repetition operator", written)
        piece = self._group.pieces[-1]
        self._group.pieces[-1] = f"(?:{piece}){operator}" + "?" * (lazy != self._flags.U)
        self._begun, self._repeated = start, self._at

    def _escape(self) -> None:
        text, at = self._text, self._at
        if at + 1 >= len(text):
            raise BadPattern("trailing backslash at end of expression", "")
        one = text[at + 1]
        if one == "Q":
            end = text.find("\\E", at + 2)
            for literal in text[at + 2 : end if end >= 0 else len(text)]:
                self._literal(ord(literal))
            self._at = end + 2 if end >= 0 else len(text)
        elif one in _ASSERTIONS:
            self._at += 2
            self._add(_ASSERTIONS[one])
        elif one.lower() in _PERL or one in "pP":
            self._add(_written(self._named_class()))
        else:
            self._literal(self._escaped())

    def _named_class(self) -> Ranges:
        """The class that an escape for digits, words, spaces or a Unicode category stands for."""
        text, one = self._text, self._text[self._at + 1]
        if one.lower() in _PERL:
            self._at += 2
            return _PERL[one] if one in _PERL else _inverted(_PERL[one.lower()])
        found = re.compile(r"\\[pP](?:\{(\^?)([A-Za-z_]+)\}|([A-Za-z]))").match(text, self._at)
        if not found:
            raise BadPattern("invalid character class range", text[self._at : self._at + 3])
        self._at = found.end()
        ranges = _category(found[2] or found[3], found[0])
        return _inverted(ranges) if (one == "P") != bool(found[1]) else ranges

    def _escaped(self) -> int:
        """The character that an escape stands for."""
        text, at = self._text, self._at
        one = text[at + 1 : at + 2]
        if one in _CONTROLS:
            self._at += 2
            return _CONTROLS[one]
        if found := re.compile(
            r"\\(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}|(0[0-7]{0,2}|[1-7][0-7]{1,2}))"
        ).match(text, at):
            code = int(found[3], 8) if found[3] else int(found[1] or found[2], 16)
            if code <= _TOP:
                self._at = found.end()
                return code
        elif one and one.isascii() and not one.isalnum():
            self._at += 2
            return ord(one)
        raise BadPattern("invalid escape sequence", text[at : at + 2])

    def _class(self) -> str:
        start = self._at
        self._at += 1
        inverted = self._text.startswith("^", self._at)
        self._at += inverted
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._text.startswith("]", self._at):
            if self._at >= len(self._text):
                raise BadPattern("missing closing ]", self._text[start:])
            ranges += self._member()
            first = False
        self._at += 1
        merged = _merged(ranges)
        return _written(_inverted(merged) if inverted else merged)

    def _member(self) -> Ranges:
        text = self._text
        if found := re.compile(r"\[:(\^?)([a-z]*):\]").match(text, self._at):
            if found[2] not in _POSIX:
                raise BadPattern("invalid character class range", found[0])
            self._at = found.end()
            return _inverted(_POSIX[found[2]]) if found[1] else _POSIX[found[2]]
        if text[self._at] == "\\" and text[self._at + 1 : self._at + 2] in {*"dswDSWpP"}:
            return self._named_class()
        start = self._at
        low = self._character()
        if text.startswith("-", self._at) and text[self._at + 1 : self._at + 2] not in {"]", ""}:
            self._at += 1
            high = self._character()
            if high < low:
                raise BadPattern("invalid character class range", text[start : self._at])
            return ((low, high),)
        return ((low, low),)

    def _character(self) -> int:
        if self._at >= len(self._text):
            raise BadPattern("missing closing ]", self._text)
        if self._text[self._at] == "\\":
            return self._escaped()
        self._at += 1
        return ord(self._text[self._at - 1])

    _begun = 0


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _inverted(ranges: Ranges) -> Ranges:
    found, low = [], 0
    for begin, end in ranges:
        if begin > low:
            found.append((low, begin - 1))
        low = end + 1
    return (*found, (low, _TOP)) if low <= _TOP else tuple(found)


def _written(ranges: Ranges) -> str:
    if not ranges:
        return r"(?!)"
    return "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]"


@cache
def _category(name: str, written: str) -> Ranges:
    """The characters of one Unicode category; scripts are not to be had here."""
    if name == "Any":
        return ((0, _TOP),)
    known = {"L", "M", "N", "P", "S", "Z", "C"}
    if name[0] not in known or len(name) > 2:
        raise BadPattern("invalid character class range", written)
    members = [(code, code) for code in range(_TOP + 1) if unicodedata.category(chr(code)).startswith(name)]
    if not members:
        raise BadPattern("invalid character class range", written)
    return _merged(members)
