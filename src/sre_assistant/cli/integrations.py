"""`sre integrations`: what is connected, and what can be asked of it?"""

from __future__ import annotations

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson


def integrations(*, as_json: AsJson = False) -> int:
    """List the connected systems.

    With version, what the credential may do, and the tools of each.
    """
    from sre_assistant.cli import screen
    from sre_assistant.cli.door import with_program
    from sre_assistant.runtime.discovery import manifests
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    found = with_program(settings, lambda program: program.connected())
    if as_json:
        screen.show_json(found)
        return exits.OK
    from sre_assistant.cli.render_connected import connected_page

    others = tuple((m.title, m.env_prefix) for m in manifests())
    kinds = {m.kind: m.title for m in manifests()}
    screen.show(connected_page(found.systems, kinds, others, width=screen.width()))
    return exits.OK
