"""settings.md: every setting of the assistant and of the systems it connects to."""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from reference.markdown import code, plain, table
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime import discovery, settings
from sre_assistant.runtime.fields import Fields

_INTRO = """\
# Settings

A flag wins over the environment, that over `.env` in the working directory, that over the config file
(`$XDG_CONFIG_HOME/sre-assistant/config.yaml`, or where `SRE_CONFIG` points). An unknown name is an error
that names the nearest known one. `sre config` shows what is in force and where each value comes from.

Every secret can be given as a file instead: the same name with `_FILE` behind it.

In the config file a system is a section, and several systems of one kind are a list with a `name` each:

```yaml
timezone: Europe/Berlin
prometheus:
  - name: house
    url: http://prom.lan:9090
  - name: cluster
    url: https://prom.cluster.example
    bearer_token_file: /run/secrets/prom-token
alertmanager:
  url: http://alerts.lan:9093
```
"""


def page() -> str:
    """The whole page."""
    own = settings.own_table({"HOME": "~"})
    parts = [_INTRO, "## The assistant itself\n", _table(own)]
    for manifest in discovery.manifests():
        parts += [f"## {manifest.title}\n", _table(settings.system_table(manifest))]
    return "\n".join(parts)


def _table(known: Fields) -> str:
    names: dict[str, list[str]] = {}
    for name, field in known.names.items():
        names.setdefault(field, []).append(name)
    rows = [
        (
            " ".join(code(name) for name in names[one.name]),
            code(f"{known.section}.{one.name}" if known.section else one.name),
            _type(known.hints[one.name]),
            _default(known, one.name),
            plain(one.metadata["doc"]),
        )
        for one in fields(known.kind)
    ]
    return table(("Environment", "Config file", "Type", "Default", "Meaning"), rows)


def _type(hint: object) -> str:
    arms = [arm for arm in get_args(hint) if arm is not NoneType]
    if get_origin(hint) in {Union, UnionType}:
        return ", ".join(_type(arm) for arm in arms)
    if get_origin(hint) is Literal:
        return " or ".join(code(choice) for choice in arms)
    if get_origin(hint) is tuple:
        return "list, or text with commas"
    if hint is Secret:
        return "secret"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(hint, "path") if isinstance(hint, type) else str(hint)


def _default(known: Fields, name: str) -> str:
    one = next(one for one in fields(known.kind) if one.name == name)
    value = known.defaults.get(name, one.default)
    if value is MISSING:
        return "required"
    if value in (None, "", ()):
        return ""
    return code(str(value).lower() if isinstance(value, bool) else value)
