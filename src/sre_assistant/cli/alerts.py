"""`sre alerts`: what is firing?"""

from __future__ import annotations

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson, ServerToken, ServerUrl


def alerts(*, as_json: AsJson = False, url: ServerUrl = "", token: ServerToken = "") -> int:
    """List the active alerts.

    The worst come first, silenced ones last.
    """
    from sre_assistant.cli import screen
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    with screen.progress("asking") as emit:
        if url:
            from sre_assistant.cli.remote import alerts_remotely

            found = alerts_remotely(url, token, settings)
        else:
            from sre_assistant.cli.door import with_program

            found = with_program(settings, lambda program: program.alerts(emit=emit))
    if as_json:
        screen.show_json(found)
        return exits.OK
    from sre_assistant.cli.render_alerts import alerts_page

    page = alerts_page(
        found.alerts, found.coverage, at=found.at, zone=settings.own.zone, width=screen.width()
    )
    screen.show(page)
    return exits.OK
