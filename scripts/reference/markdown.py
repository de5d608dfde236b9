"""Markdown that survives what stands in the code: pipes, newlines, reStructuredText quotes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Sequence
from itertools import pairwise
from types import ModuleType


def plain(text: str) -> str:
    """A docstring as running text, with single back quotes."""
    return " ".join(text.split()).replace("``", "`")


def first_sentence(documented: object) -> str:
    """The first paragraph of a docstring."""
    return plain((inspect.getdoc(documented) or "").split("\n\n")[0])


def code(text: object) -> str:
    """Inline code; nothing for an empty text."""
    shown = str(text)
    return f"`{shown}`" if shown else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a pipe in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def fence(text: str, language: str = "") -> str:
    """A code block."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def constant_docs(module: ModuleType) -> dict[str, str]:
    """The sentence under each constant of a module."""
    found: dict[str, str] = {}
    for before, after in pairwise(ast.parse(inspect.getsource(module)).body):
        match (before, after):
            case (ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text)))):
                found[name] = plain(text)
    return found
