"""The labels of one line on its way through a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ERROR: Final = "__error__"
DETAILS: Final = "__error_details__"
PRESERVE: Final = "__preserve_error__"
SUFFIX: Final = "_extracted"
SPECIAL: Final = frozenset({ERROR, DETAILS, PRESERVE})


@dataclass(frozen=True, slots=True)
class Hints:
    """What a metric query will look at, so that parsers need not extract the rest.

    ``required`` None means that everything may matter; ``nothing`` that no label does.
    """

    nothing: bool = False
    required: frozenset[str] | None = None
    preserve: bool = False

    def wants(self, name: str) -> bool:
        """Whether a label is to be extracted."""
        return self.required is None or name in self.required

    def satisfied(self, parsed: Mapping[str, str]) -> bool:
        """Whether all that is wanted has been found, so that a parser would have stopped."""
        return bool(self.required) and self.required is not None and self.required <= parsed.keys()

    def wants_prefix(self, prefix: str) -> bool:
        """Whether a label that begins so is to be extracted."""
        return self.required is None or any(name.startswith(prefix) for name in self.required)


ALL: Final = Hints()


class Row:
    """Labels of three kinds (stream, structured metadata, parsed) and the error that happened, if one did."""

    __slots__ = ("base", "deleted", "details", "error", "hints", "metadata", "parsed", "taken")

    def __init__(self, base: Mapping[str, str], metadata: Mapping[str, str], hints: Hints = ALL) -> None:
        self.base = base
        self.parsed: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.error = self.details = ""
        self.hints = hints
        self.metadata: dict[str, str] = {}
        self.taken: set[str] = set()
        for name, value in metadata.items():
            if name == ERROR:
                self.error = value
            elif name == DETAILS:
                self.details = value
            else:
                self.metadata[name + SUFFIX if name in base else name] = value
        self.taken.update(self.metadata)

    def get(self, name: str) -> str | None:
        """The value of a label, None without one."""
        for some in (self.parsed, self.metadata):
            if name in some:
                return some[name]
        return None if name in self.deleted else self.base.get(name)

    def set(self, name: str, value: str) -> None:
        """Gives a label as a parsed one; it hides others of the name."""
        self.metadata.pop(name, None)
        self.parsed[name] = value
        self.taken.add(name)

    def resolved(self, name: str) -> str:
        """The name that something found in a line gets: others of its name are kept, and it is renamed."""
        return name + SUFFIX if name in self.base or name in self.metadata else name

    def extract(self, name: str, value: str) -> None:
        """Gives a label that a parser found; what was found first stays, even if it was dropped since."""
        name = self.resolved(name)
        if name not in self.taken and self.hints.wants(name):
            self.parsed[name] = value
            self.taken.add(name)

    def delete(self, name: str) -> None:
        """Takes a label away."""
        self.parsed.pop(name, None)
        self.metadata.pop(name, None)
        self.deleted.add(name)

    def fail(self, error: str, details: str = "") -> None:
        """Remembers what went wrong with the line."""
        self.error = error
        if details:
            self.details = details

    def fail_parsing(self, error: str, details: str = "") -> None:
        """The same for a parser: an error that the query asks for is marked as wanted."""
        self.fail(error, details)
        if self.hints.preserve:
            self.set(PRESERVE, "true")

    def labels(self) -> dict[str, str]:
        """All labels in one, the error's among them."""
        found = self.stream() | self.metadata | self.parsed
        return found | self._errors() if self.error or self.details else found

    @property
    def _touched(self) -> bool:
        return bool(self.deleted or self.parsed or self.metadata)

    def stream(self) -> dict[str, str]:
        """The stream's own labels, as far as they are still there."""
        if not self._touched:
            return dict(self.base)
        return {
            name: value
            for name, value in self.base.items()
            if name not in self.deleted and name not in self.parsed and name not in self.metadata
        }

    def found(self) -> dict[str, str]:
        """The parsed labels and the error's."""
        return self.parsed | self._errors()

    def _errors(self) -> dict[str, str]:
        found = {ERROR: self.error} if self.error else {}
        # Details without their error show only where a label has been touched.
        shown = self.details and (self.error or self._touched)
        return found | {DETAILS: self.details} if shown else found
