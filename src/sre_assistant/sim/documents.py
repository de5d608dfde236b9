"""Worlds and scenarios from YAML: strictly typed; an error names file, line and the nearest right word."""

from __future__ import annotations

import difflib
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim import quantities

T = TypeVar("T")

_PATH: Final = re.compile(r" - at `(?P<path>[^`]*)`$")
_STEP: Final = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+)\]|\[(?P<any>\.\.\.)\]")
_UNKNOWN: Final = re.compile(r"unknown field `(?P<field>[^`]*)`|Invalid value '(?P<tag>[^']*)'")


_LOADER: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where the package was built with it: the standard house takes 30 ms instead of 500."""


class Document:
    """A YAML text and where it came from."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._text = text
        try:
            self._data: object = yaml.load(text, Loader=_LOADER)  # noqa: S506  it is a safe one
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or str(error)
            raise ConfigError(
                f"{name}:{line}", f"is no YAML: {problem}", "Check indentation and quotes."
            ) from error

    @classmethod
    def read(cls, path: Path) -> Document:
        """The document in a file."""
        try:
            return cls(path.read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise ConfigError(str(path), f"cannot be read: {error.strerror}", "Check the path.") from error

    def typed(self, kind: type[T]) -> T:
        """The content as ``kind``.

        Raises:
            ConfigError: it has another shape; the message says where.
        """
        try:
            return msgspec.convert(self._data, kind, dec_hook=quantities.read)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), kind) from error

    def error(self, path: str, problem: str, remedy: str) -> ConfigError:
        """An error about the part at ``path``, written like ``$.timeline[0].host``."""
        return ConfigError(f"{self.name}:{self.line(path, problem)}", problem, remedy)

    def line(self, path: str, hint: str = "") -> int:
        """The line of the part at ``path`` (or the deepest above it that exists), from 1.

        Where the path leaves open which entry is meant (``[...]``), ``hint`` is the text of the wrong one.
        """
        nodes, line = [tree] if (tree := self._tree) else [], 1
        for step in _STEP.finditer(path):
            line = nodes[0].start_mark.line + 1
            nodes = [child for node in nodes for child in _children(node, step)]
            if not nodes:
                return line
        meant = [node for node in nodes if hint and repr(node.value) in hint]
        return next((node.start_mark.line + 1 for node in meant or nodes), line)

    @cached_property
    def _tree(self) -> yaml.Node | None:
        """The text with its lines; only errors need it."""
        return yaml.compose(self._text, Loader=_LOADER)

    def _explained(self, message: str, kind: type[object]) -> ConfigError:
        found = _PATH.search(message)
        path = found["path"] if found else "$"
        problem = message[: found.start()] if found else message
        unknown = _UNKNOWN.search(problem)
        remedy = f"Found at {path}."
        if unknown:
            word = unknown["field"] or unknown["tag"]
            path = f"{path}.{word}" if unknown["field"] else path
            others = [one for one in _words(kind) if one != word]  # right elsewhere, wrong here
            remedy = _suggestion(word, others) or remedy
        return self.error(path, problem[0].lower() + problem[1:], remedy)


def nearest(word: str, known: object) -> str:
    """A sentence with the known word most like ``word``, or with all of them."""
    words = sorted(map(str, known)) if isinstance(known, list | tuple | set | frozenset | dict) else []
    return _suggestion(word, words) or f"Known: {', '.join(words)}."


def _suggestion(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else ""


def _children(node: yaml.Node, step: re.Match[str]) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode) and step["index"]:
        return list(node.value[int(step["index"]) : int(step["index"]) + 1])
    if isinstance(node, yaml.MappingNode):
        return [value for key, value in node.value if step["any"] or key.value == step["key"]]
    return []


def _words(kind: type[object]) -> list[str]:
    """Every field name and tag that can occur in a document of this kind."""
    found: set[str] = set()

    def visit(info: Any) -> None:
        if isinstance(info, msgspec.inspect.StructType):
            found.update(field.encode_name for field in info.fields)
            if isinstance(info.tag, str):
                found.add(info.tag)
            for field in info.fields:
                visit(field.type)
        for name in ("item_type", "value_type", "key_type"):
            if hasattr(info, name):
                visit(getattr(info, name))
        for part in (*getattr(info, "types", ()), *getattr(info, "item_types", ())):
            visit(part)

    visit(msgspec.inspect.type_info(kind))
    return sorted(found)
