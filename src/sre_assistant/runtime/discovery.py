"""Which systems this program can be connected to: the integration folders, read without importing them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

    from sre_assistant.contracts.house import House
    from sre_assistant.contracts.integration import Integration
    from sre_assistant.contracts.tool import Tool
    from sre_assistant.kit.clock import Clock

_PACKAGE = "sre_assistant.integrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an integration folder says of itself."""

    kind: str
    """The folder's name, e.g. ``prometheus``."""
    title: str
    env_prefix: str
    """What its settings begin with, e.g. ``PROMETHEUS``; empty for what combines other systems' contracts."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Fields by the names other programs already know them by, e.g. ``DOCKER_HOST``."""
    shared: tuple[str, ...] = ()
    """Our own names that other programs read too, beside the aliases."""
    foreign: tuple[str, ...] = ()
    """Names that begin like ours and belong to other programs."""
    least_permission: str
    grant: tuple[str, ...] = ()
    """The commands that make a credential which may only read what is needed."""
    grant_changes: tuple[str, ...] = ()
    """The commands that make the one for changes."""


def manifests() -> tuple[Manifest, ...]:
    """All systems that can be connected, by name; nothing of them is imported."""
    return tuple(manifest for manifest in _folders() if manifest.env_prefix)


def composites() -> tuple[Manifest, ...]:
    """The folders whose tools combine what other systems offer, by name."""
    return tuple(manifest for manifest in _folders() if not manifest.env_prefix)


@cache
def _folders() -> tuple[Manifest, ...]:
    folders = resources.files(_PACKAGE).iterdir()
    return tuple(
        sorted(
            (_read(folder) for folder in folders if folder.joinpath("manifest.toml").is_file()),
            key=lambda manifest: manifest.kind,
        )
    )


def config_type(kind: str) -> type:
    """The frozen dataclass that holds one connected system's settings."""
    found: type = import_module(f"{_PACKAGE}.{kind}.config").Config
    return found


def connector(kind: str) -> Callable[..., Integration]:
    """The function that turns settings and a wire into an integration."""
    found: Callable[..., Integration] = import_module(f"{_PACKAGE}.{kind}").connect
    return found


def composer(kind: str) -> Callable[[House, Clock], tuple[Tool, ...]]:
    """The function that makes tools over the contracts of a house."""
    found: Callable[[House, Clock], tuple[Tool, ...]] = import_module(f"{_PACKAGE}.{kind}").compose
    return found


def _read(folder: Traversable) -> Manifest:
    text = folder.joinpath("manifest.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Manifest(
        kind=folder.name,
        title=data["title"],
        env_prefix=data.get("env_prefix", ""),
        aliases=data.get("aliases", {}),
        shared=tuple(data.get("shared", ())),
        foreign=tuple(data.get("foreign", ())),
        least_permission=data["least_permission"],
        grant=tuple(data.get("grant", ())),
        grant_changes=tuple(data.get("grant_changes", ())),
    )
