"""Which systems this program can be connected to: the integration folders, read without importing them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

    from sre_assistant.contracts.integration import Integration

_PACKAGE = "sre_assistant.integrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an integration folder says of itself."""

    kind: str
    """The folder's name, e.g. ``prometheus``."""
    title: str
    env_prefix: str
    """What its settings begin with, e.g. ``PROMETHEUS``."""


@cache
def manifests() -> tuple[Manifest, ...]:
    """All integration folders, by name; nothing of them is imported."""
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


def _read(folder: Traversable) -> Manifest:
    text = folder.joinpath("manifest.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Manifest(kind=folder.name, title=data["title"], env_prefix=data["env_prefix"])
