"""errors.md: who must act, and what the shell and HTTP clients are told."""

from __future__ import annotations

import inspect

from reference.markdown import code, constant_docs, fence, first_sentence, table
from sre_assistant.api.errors import status_of
from sre_assistant.cli import exits
from sre_assistant.domain import errors
from sre_assistant.domain.errors import SreError

_INTRO = """\
# Errors

Every error says what failed, with which value, and what to do. The class says who must act:
"""


def page() -> str:
    """The whole page."""
    tree = (inspect.getdoc(errors) or "").split("\n\n", 1)[1]
    return "\n".join([_INTRO, fence(tree), _classes(), _exits()])


def _classes() -> str:
    rows = [
        (
            code(kind.__name__),
            first_sentence(kind),
            code(exits.exit_code(SreError.__new__(kind))),
            code(int(status_of(SreError.__new__(kind)))),
        )
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, SreError) and kind is not SreError
    ]
    return "## Classes\n\n" + table(("Class", "When", "Exit code", "HTTP status"), rows)


def _exits() -> str:
    docs = constant_docs(exits)
    rows = [(code(getattr(exits, name)), text) for name, text in docs.items() if name.isupper()]
    return "## Exit codes\n\n" + table(("Code", "Meaning"), rows)
