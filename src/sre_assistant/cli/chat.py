"""`sre chat`: a conversation in the terminal."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from sre_assistant.cli import exits

if TYPE_CHECKING:
    import asyncio

    from sre_assistant.domain.answer import Answer
    from sre_assistant.runtime.program import Program
    from sre_assistant.runtime.settings import Settings

_GOODBYES = frozenset({"quit", "exit", "q", ":q"})
_PROMPT = "sre> "


def chat() -> int:
    """Ask one question after another.

    Leave with quit or Ctrl-D.
    """
    import asyncio

    from sre_assistant.cli import screen
    from sre_assistant.cli.door import program_on_machine
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    if sys.stdin.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 - its presence gives input() history and editing
        screen.note(
            "Ask about the state of a host, why something is high, what is alerting. Leave with quit."
        )
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        program = runner.run(stack.enter_async_context(program_on_machine(settings)))
        try:
            _converse(runner, program, settings)
        finally:
            runner.run(stack.aclose())
    return exits.OK


def _converse(runner: asyncio.Runner, program: Program, settings: Settings) -> None:
    """One question after another; one that fails leaves the conversation where it was."""
    from sre_assistant.cli.guard import outcome

    previous: Answer | None = None

    def turn(question: str) -> int:
        nonlocal previous
        previous = _answered(runner, program, settings, question, previous)
        return exits.OK

    while True:
        question = _question()
        if question is None or question.lower() in _GOODBYES:
            return
        if question and not sys.stdin.isatty():
            sys.stdout.write(f"{_PROMPT}{question}\n")
        code = outcome(partial(turn, question)) if question else exits.OK
        if code == exits.INTERRUPTED:
            sys.stderr.write("\n(given up)\n")
        if code == exits.CLOSED_PIPE:
            return


def _question() -> str | None:
    """The next line, empty after Ctrl-C, None at the end of the input."""
    try:
        return input(_PROMPT if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
    except KeyboardInterrupt:
        sys.stderr.write("\n(leave with quit or Ctrl-D)\n")
        return ""
    except UnicodeDecodeError as error:
        from sre_assistant.cli.guard import complain

        complain(f"that line is not {error.encoding} text")
        return ""


def _answered(
    runner: asyncio.Runner, program: Program, settings: Settings, question: str, previous: Answer | None
) -> Answer:
    from sre_assistant.cli import screen
    from sre_assistant.cli.render_answer import answer_page

    with screen.progress("asking") as emit:
        answer = runner.run(program.ask(question, emit=emit, previous=previous))
    screen.show(answer_page(answer, zone=settings.own.zone, width=screen.width()))
    return answer
