"""`sre inventory`: what is there?"""

from __future__ import annotations

from typing import Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson


def inventory(
    kind: Annotated[
        str,
        typer.Argument(help="Only this kind, e.g. guest, container, pod, pool, disk.", show_default=False),
    ] = "",
    *,
    as_json: AsJson = False,
) -> int:
    """List what the connected systems hold.

    Machines, guests, containers, pods, pools, disks and more; what is not well comes first.
    """
    from typing import get_args

    from sre_assistant.cli import screen
    from sre_assistant.cli.door import with_program
    from sre_assistant.domain.inventory import ResourceKind
    from sre_assistant.kit.choice import check_choice
    from sre_assistant.runtime.settings import ambient, load

    if kind:
        check_choice("kind", kind, ResourceKind)
    settings = load(ambient())
    with screen.progress("asking") as emit:
        found = with_program(settings, lambda program: program.inventory(emit=emit))
    wanted = (kind,) if kind else get_args(ResourceKind)
    if as_json:
        from dataclasses import replace

        systems = tuple(
            replace(s, resources=tuple(r for r in s.resources if r.kind in wanted)) for s in found.systems
        )
        screen.show_json(replace(found, systems=systems))
        return exits.OK
    from sre_assistant.cli.render_connected import inventory_page

    screen.show(inventory_page(found.systems, wanted, width=screen.width()))
    return exits.OK
