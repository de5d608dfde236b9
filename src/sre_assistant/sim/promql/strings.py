"""String literals, and patterns hidden from a parser that reads them otherwise than Go."""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\'\"])|x(?P<hex>[0-7][0-9a-fA-F])|(?P<octal>[01][0-7]{2})"
    r"|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8}))"
)
_PLAIN: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HIDDEN: Final = re.compile(r"(?:\(\?:)?pattern_(?P<hex>[0-9a-f]*)(?:\)\?)?")


def unquoted(literal: str) -> str | None:
    """The content of a literal in quotes; None when it holds an escape that this module does not read."""
    inner = literal[1:-1]
    if "\\" in _ESCAPE.sub("", inner):
        return None
    return _ESCAPE.sub(_character, inner)


def hidden(pattern: str, *, empty: bool) -> str:
    """A pattern as another that every reader takes, and that fits nothing just as the first does or not."""
    word = f"pattern_{pattern.encode('utf-8', 'surrogatepass').hex()}"
    return f"(?:{word})?" if empty else word


def shown(word: str) -> str:
    """What was hidden in a word, or the word itself."""
    found = _HIDDEN.fullmatch(word)
    return bytes.fromhex(found["hex"]).decode("utf-8", "surrogatepass") if found else word


def _character(found: re.Match[str]) -> str:
    if found["plain"]:
        return _PLAIN.get(found["plain"], found["plain"])
    if found["octal"]:
        return chr(int(found["octal"], 8))
    return chr(int(found["hex"] or found["four"] or found["eight"], 16))
