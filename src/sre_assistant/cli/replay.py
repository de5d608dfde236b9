"""`sre replay`: a recorded investigation once more, without the systems."""

from __future__ import annotations

from typing import Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson, Full


def replay(
    bundle: Annotated[str, typer.Argument(help="A bundle's path, or its name in the state folder.")],
    *,
    as_json: AsJson = False,
    full: Full = False,
) -> int:
    """Repeat a recorded case offline.

    The same version comes to the same bytes; where it does not, stderr says so.
    """
    from sre_assistant import __version__
    from sre_assistant.cli import screen
    from sre_assistant.cli.door import wait_for
    from sre_assistant.runtime import bundles
    from sre_assistant.runtime.replay import replay as play
    from sre_assistant.runtime.settings import ambient, load

    own = load(ambient()).own
    recorded = bundles.load(bundles.located(bundle, own.state_dir))
    played = wait_for(play(recorded))
    if as_json:
        screen.show_json(played.result)
    else:
        from sre_assistant.cli.results import result_pages

        for page in result_pages(played.result, zone=own.zone, width=screen.width(), full=full):
            screen.show(page)
    if not played.same:
        from sre_assistant.kit.redaction import bounded

        version = bounded(recorded.program, 40)
        screen.note(f"differs from what sre {version} came to when it was recorded; this is {__version__}")
    return exits.OK
