"""`sre ask`: a question, answered from live data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson, Full, KeepBundle, ServerToken, ServerUrl

if TYPE_CHECKING:
    from pathlib import Path

    from sre_assistant.domain.answer import Answer
    from sre_assistant.domain.events import Emit
    from sre_assistant.runtime.settings import Settings


def ask(
    question: Annotated[
        list[str], typer.Argument(help="The question; quotes are not needed.", show_default=False)
    ],
    *,
    session: Annotated[
        str, typer.Option("--session", metavar="NAME", help="Conversation that a follow-up belongs to.")
    ] = "default",
    as_json: AsJson = False,
    full: Full = False,
    keep: KeepBundle = None,
    url: ServerUrl = "",
    token: ServerToken = "",
) -> int:
    """Answer a question from live data.

    For 30 minutes the next question may follow up: "and memory on the same machine?"
    """
    from sre_assistant.cli import screen
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    text = " ".join(question)
    with screen.progress("asking") as emit:
        if url:
            from sre_assistant.cli.remote import ask_remotely

            answer = ask_remotely(url, token, settings, text, session)
        else:
            answer = _asked(settings, text, session, emit, keep)
    if as_json:
        screen.show_json(answer)
    else:
        from sre_assistant.cli.render_answer import answer_page

        screen.show(answer_page(answer, zone=settings.own.zone, width=screen.width(), full=full))
    return exits.OK


def _asked(settings: Settings, question: str, session: str, emit: Emit, keep: Path | None) -> Answer:
    """The answer, with the session's last one in mind; it becomes the last one."""
    from sre_assistant.cli.door import with_program
    from sre_assistant.kit.clock import SystemClock
    from sre_assistant.runtime.sessions import SessionFiles

    clock = SystemClock()
    sessions = SessionFiles(settings.own.state_dir / "sessions")
    previous = sessions.recall(session, clock.now())
    answer = with_program(
        settings,
        lambda program: program.ask(question, emit=emit, previous=previous, session_id=session, keep=keep),
    )
    sessions.remember(session, answer, clock.now())
    return answer
