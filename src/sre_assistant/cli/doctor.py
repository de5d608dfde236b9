"""`sre doctor`: can the systems be read, and what would mend it?"""

from __future__ import annotations

from typing import Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson


def doctor(
    system: Annotated[
        str, typer.Argument(help="Check only the system of this name or kind.", show_default=False)
    ] = "",
    *,
    fix_hints: Annotated[
        bool,
        typer.Option("--fix-hints", help="Add the exact commands for roles and tokens that are missing."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check each connected system.

    Reachable, TLS, authorised, rights too narrow or broader than needed, version, clock, exporters. The exit
    code is 1 when one cannot be read as it should.
    """
    from sre_assistant.cli import screen
    from sre_assistant.cli.door import with_program
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    names = (system,) if system else ()
    with screen.progress("checking") as emit:
        report = with_program(settings, lambda program: program.doctor(names, emit=emit))
    if as_json:
        screen.show_json(report)
    else:
        from sre_assistant.cli.render_checkup import checkup_page
        from sre_assistant.runtime.discovery import manifests

        grants = {m.kind: m.grant for m in manifests()} if fix_hints else {}
        screen.show(checkup_page(report.systems, settings.warnings, grants=grants, width=screen.width()))
    broken = any(finding.level == "error" for one in report.systems for finding in one.findings)
    return exits.PROBLEMS if broken else exits.OK
