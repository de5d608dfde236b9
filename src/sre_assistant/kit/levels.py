"""How grave a log line is: words and numbers of many programs as one of five levels.

A line may state its level (``level=warn``, ``"level":50``, ``E0101``, ``[error]``, ``ERROR``), or only use a
word that tells of one ("an error occurred"). What is denied ("0 errors", "no error", ``error=null``) tells
of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.redaction import printable

LEVELS: Final = ("critical", "error", "warning", "info", "debug")
"""Gravest first."""
GRAVE: Final = ("critical", "error", "warning")

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "critical": ("critical", "crit", "fatal", "emergency", "emerg", "alert", "panic", "dpanic", "ftl"),
    "error": ("error", "err", "eror", "severe"),
    "warning": ("warning", "warn", "wrn"),
    "info": ("info", "inf", "information", "informational", "notice"),
    "debug": ("debug", "dbg", "trace", "trc", "verbose"),
}
_PRIORITIES: Final = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
"""The syslog numbers 0 to 7."""
_PINO: Final = {10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "critical"}
_KLOG: Final = {"F": "critical", "E": "error", "W": "warning", "I": "info"}
_LOOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "critical": ("fatal", "critical", "panic", "panicked", "panics"),
    "error": ("error", "errors", "err", "exception", "exceptions", "traceback", "segfault"),
    "warning": ("warning", "warnings", "warn"),
}
"""Words that tell of a level without stating it."""

_OF_WORD: Final = {word: level for level, words in _WORDS.items() for word in words}
_OF_LOOSE: Final = {word: level for level, words in _LOOSE.items() for word in words}
_OTEL: Final = frozenset({"severity_number", "severitynumber"})

_KEYS = r"(?:level|lvl|severity|severity_?text|log_?level|log\.level|level_?name|priority)"
_JSON: Final = re.compile(rf'(?i)"{_KEYS}"\s*:\s*"?([a-z]+|[0-9]{{1,2}})\b', re.ASCII)
_LOGFMT: Final = re.compile(rf"(?i)(?:^|[\s,;|({{\[])(?:{_KEYS})=[\"']?([a-z]+|[0-9]{{1,2}})\b", re.ASCII)
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\s"
_KLOG_HEAD: Final = re.compile(rf"^([IWEF]){_DAY}", re.ASCII)
_STATED = "|".join(sorted(_OF_WORD, key=len, reverse=True))
_ENCLOSED: Final = re.compile(rf"(?i)[\[<|]\s*({_STATED})\s*[\]>|]", re.ASCII)
_UPPER: Final = re.compile(rf"(?<![\w/.-])({_STATED.upper()})(?![\w/-]|\.\w)", re.ASCII)
_LEADING: Final = re.compile(rf"(?i)(?:^|\s)({_STATED}):(?=\s)", re.ASCII)
_LOOSELY: Final = re.compile(
    rf"(?i)(?<![\w/.-])({'|'.join(sorted(_OF_LOOSE, key=len, reverse=True))})(?![\w/-]|\.\w)", re.ASCII
)
_DENIED_BEFORE: Final = re.compile(
    r"(?i)(?:\b(?:no|not|non|zero|without|any|never|free\s+of|not\s+an?|any\s+more)|(?<![\w.,])0+)[\s(\[\"']{1,3}"
    r"(?:(?:new|more|other|known|fatal|critical|hard|soft|warnings?|errors?)\s+(?:or\s+|and\s+|nor\s+)?)?$",
    re.ASCII,
)
_NOTHING = r"[\"']?(?:0+|null|nil|<nil>|none|no|false|nan)[\"']?"
_EMPTY = r"\"\"|''|\[\]|\{\}"
_COUNTED_AFTER: Final = re.compile(
    rf"(?i)[\"']?\s*(?:=\s*{_NOTHING}(?=[\s,;)}}\]|]|$)|[=:]\s*(?:{_NOTHING}(?=\s*(?:[,;)}}\]|]|$))|{_EMPTY}))",
    re.ASCII,
)
_PLURAL_AFTER: Final = re.compile(r"s[\"']?\s*:\s*0+(?=\s)", re.IGNORECASE | re.ASCII)
"""``errors: 0 warnings: 0``; a single "error: 0 bytes left" is one."""
_HEAD: Final = 200
"""Characters at the begin of a line in which a level stands."""
_WHOLE: Final = 4_000
"""Characters of a line that are looked at."""


def level_named(text: str, label: str = "") -> str:
    """The level that a word or number means, or nothing.

    Args:
        text: as a label or field has it, e.g. ``warn``, ``ERR`` or ``3``.
        label: its name; decides what numbers mean.
    """
    word = text.strip().lower()
    if word.isascii() and word.isdecimal() and len(word) < 3:
        return _numbered(int(word), otel=label.lower() in _OTEL)
    return _OF_WORD.get(word, "")


def levels_wanted(words: Iterable[str]) -> tuple[str, ...]:
    """The levels that a caller means, gravest first.

    Raises:
        CallError: a word means none.
    """
    found = set()
    for word in words:
        level = level_named(word)
        if not level:
            raise CallError(f"{word!r} is no level: give {', '.join(LEVELS)}.")
        found.add(level)
    return tuple(level for level in LEVELS if level in found)


def stated_level(line: str) -> str:
    """The level that a line states of itself, or nothing."""
    text = _plain(line)
    for pattern in (_JSON, _LOGFMT):
        for match in pattern.finditer(text):
            if level := level_named(match[1]):
                return level
    if klog := _KLOG_HEAD.match(text):
        return _KLOG[klog[1]]
    head = text[:_HEAD]
    stated = [
        (match.start(1), match[1].lower())
        for pattern in (_ENCLOSED, _UPPER, _LEADING)
        for match in pattern.finditer(head)
        if not _denied(head, match)
    ]
    return _OF_WORD[min(stated)[1]] if stated else ""


def told_level(line: str) -> str:
    """The gravest level that words of a line tell of, from warning upwards, or nothing."""
    text = _plain(line)
    found = {_OF_LOOSE[match[1].lower()] for match in _LOOSELY.finditer(text) if not _denied(text, match)}
    return next((level for level in GRAVE if level in found), "")


def only_denies(line: str) -> bool:
    """Whether a line has words that tell of a level, and denies them all: ``0 errors``."""
    return bool(_LOOSELY.search(_plain(line))) and not told_level(line) and not stated_level(line)


def of_line(line: str) -> str:
    """The level of a line of which nothing but its text is known."""
    return stated_level(line) or told_level(line)


@cache
def line_pattern(levels: tuple[str, ...]) -> str:
    """A regular expression (RE2) that matches every line ``of_line`` puts in one of the levels.

    It matches more than those, since RE2 cannot see what stands around a word.
    """
    words = sorted({word for level in levels for word in (*_WORDS[level], *_LOOSE.get(level, ()))})
    numbers = [str(n) for n, level in enumerate(_PRIORITIES) if level in levels]
    numbers += [str(n) for n, level in _PINO.items() if level in levels]
    letters = "".join(letter for letter, level in _KLOG.items() if level in levels)
    numeric = rf"(?i:{_KEYS})[\"']?\s*[=:]\s*[\"']?0?(?:{'|'.join(numbers)})\b"
    klog = rf"|^[{letters}]{_DAY}" if letters else ""
    # A colour ends in the letter m, right before the word.
    return rf"(?i:(?:\b|m)(?:{'|'.join(words)})\b)|{numeric}{klog}"


@cache
def label_pattern(levels: tuple[str, ...], label: str) -> str:
    """A regular expression (RE2) for the values of a label that mean one of the levels."""
    words = [word for word, level in _OF_WORD.items() if level in levels]
    otel = label.lower() in _OTEL
    numbers = [str(n) for n in range(100) if _numbered(n, otel=otel) in levels]
    return f"(?i:{'|'.join([*words, *numbers])})"


def _numbered(number: int, *, otel: bool) -> str:
    if otel:
        grades = ("debug", "debug", "info", "warning", "error", "critical")
        return grades[(number - 1) // 4] if 1 <= number <= 24 else ""
    return _PRIORITIES[number] if number < len(_PRIORITIES) else _PINO.get(number, "")


def _plain(line: str) -> str:
    """As much of a line as is looked at, without the colours that programs give to their levels."""
    text = line[:_WHOLE]
    return printable(text) if "\x1b" in text else text


def _denied(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start(1) - 40) : match.start(1)]
    return bool(
        _DENIED_BEFORE.search(before)
        or _COUNTED_AFTER.match(text, match.end(1))
        or _PLURAL_AFTER.match(text, match.end(1) - 1)
    )
