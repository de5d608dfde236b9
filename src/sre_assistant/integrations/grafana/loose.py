"""JSON whose shape nobody promises, such as dashboards and the query models of plugins, and texts from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sre_assistant.kit.redaction import bounded, redact

SHORT: Final = 200
"""Characters of a name or a title."""
_LONGEST: Final = 600
_WHOLE: Final = 10**15
"""Whole numbers below this are written out, without a fraction or an exponent."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A part of such JSON: what is not there, or is of another type, reads as nothing."""

    value: object = None

    def __getitem__(self, name: str) -> Loose:
        """A field; nothing where there is none."""
        return Loose(self.value.get(name)) if isinstance(self.value, dict) else Loose()

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def items(self) -> tuple[Loose, ...]:
        """The entries of a list."""
        return tuple(Loose(each) for each in self.value) if isinstance(self.value, list) else ()

    @property
    def fields(self) -> Mapping[str, Loose]:
        """The fields of an object."""
        found = self.value if isinstance(self.value, dict) else {}
        return {str(name): Loose(value) for name, value in found.items()}

    @property
    def text(self) -> str:
        """A text or a number as it is written; empty for anything else."""
        if isinstance(self.value, str):
            return self.value
        number = self.number
        return "" if number is None else written(number)

    @property
    def line(self) -> str:
        """The text, short and fit to be shown."""
        return fit(self.text, SHORT)

    @property
    def number(self) -> float | None:
        """A number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            return None
        try:
            return float(self.value)
        except OverflowError:
            return None

    @property
    def flag(self) -> bool:
        """Whether it is ``true``; only that is."""
        return self.value is True

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of a list, or the one text there is."""
        one = (self.text,) if self.text else ()
        return tuple(each.text for each in self.items if each.text) or one


def written(number: float) -> str:
    """A number as people write it in a rule: ``90``, ``0.9``, ``1000000``."""
    return str(int(number)) if number == int(number) and abs(number) < _WHOLE else repr(number)


def fit(text: str, limit: int = _LONGEST) -> str:
    """On one line, without credentials."""
    return bounded(redact(text), limit)
