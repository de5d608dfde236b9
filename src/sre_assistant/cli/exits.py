"""What `sre` tells the shell: one table from outcome to exit code."""

from __future__ import annotations

from sre_assistant.domain.errors import (
    ActionRefused,
    BudgetSpent,
    CallError,
    ConfigError,
    SourceError,
    SreError,
)

OK = 0
"""Answered; what was found is in the output."""
PROBLEMS = 1
"""`sre doctor` found a system that cannot be read as it should, or `sre eval run` stayed below a floor."""
USAGE = 2
"""The command was not understood: a wrong option, an unknown alert, an unreadable file."""
SETTINGS = 3
"""A setting is missing or wrong."""
SOURCE = 4
"""A connected system, or the server named by --url, gave nothing to work with."""
BUDGET = 5
"""A bound on requests, time or size was reached before there was an answer."""
REFUSED = 6
"""Policy or a person said no."""
EXPLAINED = 10
"""With --exit-code: something is wrong and its cause is named."""
UNKNOWN = 11
"""With --exit-code: nothing may be said, because too little could be seen."""
INTERNAL = 70
"""A defect of `sre` itself."""
INTERRUPTED = 130
"""Ctrl-C."""
CLOSED_PIPE = 141
"""The reader of our output went away."""

_OF_ERROR: dict[type[SreError], int] = {
    CallError: USAGE,
    ConfigError: SETTINGS,
    SourceError: SOURCE,
    BudgetSpent: BUDGET,
    ActionRefused: REFUSED,
}


def exit_code(error: SreError) -> int:
    """The code for an error, by the nearest class in its ancestry."""
    return next((_OF_ERROR[kind] for kind in type(error).__mro__ if kind in _OF_ERROR), INTERNAL)
