"""tools.md: what a person, or later a model, may call on a connected system."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from reference.markdown import code, plain, table
from sre_assistant.contracts.house import House
from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import Tool
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.runtime import discovery

_CLOCK = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
_CHARACTERS_A_TOKEN = 4
"""Roughly what today's tokenizers make of JSON and English."""
_INTRO = """\
# Tools

Each is a typed function on a connected system, with an effect: `read` asks, `change` changes. Whether a call
needs approval follows from the effect, never from the name. Tools that change something do not exist until
the operator sets `…_ALLOW_CHANGES=true` for that system, and each call of one needs a yes.

`sre tool` lists those of the connected systems, `sre tool NAME parameter=value` calls one. A text that shows
a part of its result ends with the reference under which `sre show` has all of it.

{count} tools; as a language model is told of them, all together take about {tokens:,} tokens.
"""


def page() -> str:
    """The whole page."""
    systems = [(manifest, _connected(manifest)) for manifest in discovery.manifests()]
    house = House(tuple(system for _, system in systems))
    tools = [(manifest, system.tools) for manifest, system in systems]
    tools += [(one, discovery.composer(one.kind)(house, _CLOCK)) for one in discovery.composites()]
    schemas = [tool.schema for _, owned in tools for tool in owned]
    size = len(json.dumps(schemas, separators=(",", ":")))
    intro = _INTRO.format(count=len(schemas), tokens=round(size / _CHARACTERS_A_TOKEN / 100) * 100)
    parts = (part for manifest, owned in tools for part in _system(manifest, owned))
    return "\n".join([intro, *parts])


def _connected(manifest: discovery.Manifest) -> Integration:
    """A system that is connected to nothing, with everything allowed that can be."""
    kind = discovery.config_type(manifest.kind)
    changing = {"allow_changes": True} if "allow_changes" in {one.name for one in fields(kind)} else {}
    config = kind(url=f"http://{manifest.kind}.example", **changing)
    return discovery.connector(manifest.kind)(config, ReplayWire("x", ()), _CLOCK, manifest.kind)


def _system(manifest: discovery.Manifest, tools: Iterable[Tool]) -> Iterable[str]:
    readme = f"../../src/sre_assistant/integrations/{manifest.kind}/README.md"
    yield f"## {manifest.title}\n\nWhat it sees and the least permission it needs: [README]({readme}).\n"
    yield from map(_tool, tools)


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
