"""tools.md: what a person, or later a model, may call on a connected system."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from reference.markdown import code, plain, table
from sre_assistant.contracts.tool import Tool
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.runtime import discovery

_INTRO = """\
# Tools

Each is a typed function on a connected system, with an effect: `read` asks, `change` changes. Whether a call
needs approval follows from the effect, never from the name. This version has no tool that changes anything.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *(part for m in discovery.manifests() for part in _system(m))])


def _system(manifest: discovery.Manifest) -> Iterable[str]:
    config = discovery.config_type(manifest.kind)(url=f"http://{manifest.kind}.example")
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    connected = discovery.connector(manifest.kind)(
        config, ReplayWire(manifest.kind, ()), clock, manifest.kind
    )
    readme = f"../../src/sre_assistant/integrations/{manifest.kind}/README.md"
    yield f"## {manifest.title}\n\nWhat it sees and the least permission it needs: [README]({readme}).\n"
    yield from map(_tool, connected.tools)


def _tool(tool: Tool) -> str:
    hints = get_type_hints(tool.call, include_extras=True)
    rows = [
        (code(name), _type(hints[name]), _default(parameter), _meaning(hints[name]))
        for name, parameter in inspect.signature(tool.call).parameters.items()
    ]
    parts = [f"### `{tool.name}`\n", f"{plain(inspect.getdoc(tool.call) or '')} Effect: {tool.effect}.\n"]
    if rows:
        parts.append(table(("Parameter", "Type", "Default", "Meaning"), rows))
    return "\n".join(parts)


def _type(hint: object) -> str:
    arms = get_args(hint)
    if get_origin(hint) is Annotated:
        return _type(arms[0])
    if get_origin(hint) is Literal:
        return " or ".join(code(arm) for arm in arms)
    if arms:
        return " or ".join(_type(arm) for arm in arms if arm is not NoneType)
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(hint, "") if isinstance(hint, type) else str(hint)


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "required"
    return "" if parameter.default in (None, "") else code(parameter.default)


def _meaning(hint: object) -> str:
    return plain(get_args(hint)[1]) if get_origin(hint) is Annotated else ""
