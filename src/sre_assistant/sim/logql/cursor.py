"""Reads the words of a query one by one and says what was expected."""

from __future__ import annotations

from sre_assistant.sim.logql.errors import ParseError
from sre_assistant.sim.logql.tokens import Kind, Token, tokens_of

MAX_INPUT = 131_072


class Cursor:
    """A place among the words of a query."""

    def __init__(self, text: str) -> None:
        size = len(text.encode())
        if size >= MAX_INPUT:
            raise ParseError(f"input size too long ({size} > {MAX_INPUT})")
        self._words, self._problem = tokens_of(text)
        self._at = 0

    @property
    def token(self) -> Token:
        """The word here."""
        return self._word(self._at)

    @property
    def following(self) -> Token:
        """The word after it."""
        return self._word(self._at + 1)

    def _word(self, place: int) -> Token:
        if place < len(self._words):
            return self._words[place]
        if self._problem is not None:
            raise self._problem
        return self._words[-1]

    def at(self, *texts: str) -> bool:
        """Whether one of these keywords or signs stands here."""
        return self.token.kind == "WORD" and self.token.text in texts

    def at_function(self, name: str) -> bool:
        """Whether this function's name stands here."""
        return self.token.kind == "FUNCTION" and self.token.text == name

    def next(self) -> Token:
        """The word here; goes on."""
        token = self.token
        self._at += 1
        return token

    def took(self, *texts: str) -> str:
        """The keyword or sign here if it is one of these, and goes on; else nothing."""
        return self.next().text if self.at(*texts) else ""

    def expect(self, text: str, *others: str) -> Token:
        """A sign that must stand here; ``others`` could too, and are named in the error.

        Raises:
            ParseError: something else stands here.
        """
        if not self.at(text):
            raise self.unexpected(*(others or (text,)))
        return self.next()

    def expect_kind(self, kind: Kind, *others: str) -> Token:
        """A word of a kind that must stand here.

        Raises:
            ParseError: something else stands here.
        """
        if self.token.kind != kind:
            raise self.unexpected(*(others or (kind,)))
        return self.next()

    def string(self, *others: str) -> str:
        """A string that must stand here."""
        return str(self.expect_kind("STRING", *others).value)

    def unexpected(self, *expected: str) -> ParseError:
        """The error about the word here."""
        token = self.token
        hint = f", expecting {' or '.join(expected)}" if expected else ""
        return ParseError(f"syntax error: unexpected {token.name}{hint}", token.line, token.column)
