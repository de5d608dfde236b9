"""`sre investigate`: why is this alert firing?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson, Full, KeepBundle, ServerToken, ServerUrl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sre_assistant.domain.diagnosis import Diagnosis
    from sre_assistant.runtime.results import Investigation
    from sre_assistant.runtime.settings import Settings
    from sre_assistant.workflows.investigate import Selection


def investigate(
    name: Annotated[
        str, typer.Argument(help="Name or fingerprint of an active alert.", show_default=False)
    ] = "",
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All active alerts, or the whole house when nothing is firing.")
    ] = False,
    file: Annotated[
        str,
        typer.Option("--file", metavar="PATH", help="Alerts from a JSON file or webhook body; - is stdin."),
    ] = "",
    as_json: AsJson = False,
    full: Full = False,
    keep: KeepBundle = None,
    url: ServerUrl = "",
    token: ServerToken = "",
    by_verdict: Annotated[
        bool, typer.Option("--exit-code", help="Exit 0 when healthy, 10 when explained, 11 when unknown.")
    ] = False,
) -> int:
    """Explain an alert from live data.

    The cause comes first, then its evidence, what to do, and what could not be seen.
    """
    from sre_assistant.cli import screen
    from sre_assistant.runtime.settings import ambient, load

    selection = _selection(name, everything=everything, file=file)
    settings = load(ambient())
    with screen.progress("investigating") as emit:
        if url:
            from sre_assistant.cli.remote import investigate_remotely

            found = investigate_remotely(url, token, settings, selection)
        else:
            from sre_assistant.cli.door import with_program

            found = with_program(
                settings, lambda program: program.investigate(selection, emit=emit, keep=keep)
            )
    if as_json:
        screen.show_json(found.document)
    else:
        again = bundle_command(found.bundle, kept=keep is None)
        _show(found, settings, full=full, again=again)
    if found.unrecorded:
        screen.note(f"not recorded: {found.unrecorded}")
        if keep is not None:
            return exits.SETTINGS
    return _verdict_code(found.diagnoses) if by_verdict else exits.OK


def bundle_command(bundle: Path | None, *, kept: bool) -> str:
    """The command that replays a bundle; one that is ``kept`` in the state folder is known by its name."""
    from shlex import quote

    from sre_assistant.cli.screen import own_name

    if bundle is None:
        return ""
    return f"{own_name()} replay {quote(bundle.stem if kept else str(bundle))}"


def _show(found: Investigation, settings: Settings, *, full: bool, again: str) -> None:
    from sre_assistant.cli import screen
    from sre_assistant.cli.results import result_pages

    zone, width = settings.own.zone, screen.width()
    for page in result_pages(found.document, zone=zone, width=width, full=full, again=again):
        screen.show(page)


def _selection(name: str, *, everything: bool, file: str) -> Selection:
    from sre_assistant.domain.errors import CallError
    from sre_assistant.workflows.investigate import Selection

    if sum((bool(name), everything, bool(file))) != 1:
        raise CallError(
            "say what to investigate: an alert's NAME or fingerprint, --all, or --file ALERT.json"
        )
    if file:
        from datetime import UTC, datetime

        from sre_assistant.runtime.alertfile import read_alerts

        return Selection(alerts=read_alerts(*_content(file), datetime.now(UTC)))
    return Selection(name=name, everything=everything)


def _content(file: str) -> tuple[bytes, str]:
    """The bytes of a file or of stdin, and what to call it."""
    import sys

    from sre_assistant.domain.errors import CallError

    most = 4 * 1024 * 1024
    place = "stdin" if file == "-" else file
    try:
        if file == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(most + 1)
    except OSError as error:
        raise CallError(f"{file!r} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise CallError(f"{place} is larger than {most} bytes: no alerts need that much.")
    return data, place


def _verdict_code(diagnoses: Sequence[Diagnosis]) -> int:
    verdicts = {str(diagnosis.verdict) for diagnosis in diagnoses}
    if "explained" in verdicts:
        return exits.EXPLAINED
    return exits.UNKNOWN if "unknown" in verdicts else exits.OK
