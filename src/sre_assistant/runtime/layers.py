"""The places settings come from, each as names and values that know where they were written."""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sre_assistant.domain.errors import ConfigError
from sre_assistant.runtime.files import open_to_world
from sre_assistant.runtime.values import Given

if TYPE_CHECKING:
    import yaml

CONFIG, DOTENV, ENVIRONMENT, FLAGS = range(4)
"""Ranks of the places: a later one wins."""
_MAX_FILE = 1_048_576


def from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """The variables that hold something; an empty one counts as not set, as Compose files expect."""
    return {name: Given(value, name, "environment", ENVIRONMENT) for name, value in environ.items() if value}


def from_flags(flags: Mapping[str, str]) -> dict[str, Given]:
    """Settings given on the command line, by their environment name."""
    return {name: Given(value, name, "command line", FLAGS) for name, value in flags.items()}


def from_dotenv(path: Path) -> dict[str, Given]:
    """The lines of an env file; nothing is interpolated, so a ``$`` in a password stays one.

    Raises:
        ConfigError: a line cannot be read, or the file is too large.
    """
    text = read_text(path, "The file", missing="")
    if not text:
        return {}
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

    found: dict[str, Given] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise ConfigError(
                f"{path}, line {binding.original.line}", "cannot be read", "Write NAME=value, one to a line."
            )
        if binding.key and binding.value:
            found[binding.key] = Given(binding.value, binding.key, str(path), DOTENV)
    return found


def from_yaml(path: Path, *, required: bool) -> dict[str, object]:
    """The top level of a config file; an empty or absent one has no keys.

    Raises:
        ConfigError: it is no YAML, not a mapping, names a key twice, or is absent though ``required``.
    """
    text = read_text(path, "The config file", missing=None if required else "")
    if not text.strip():
        return {}
    import yaml  # noqa: PLC0415 - only where there is such a file

    try:
        document = yaml.load(text, Loader=_strict_loader())  # noqa: S506 - derives from SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"The config file {path}", f"is not YAML: {error}", "Mend that place.") from error
    except RecursionError as error:
        raise ConfigError(f"The config file {path}", "is nested too deeply", "Flatten it.") from error
    if document is None:
        return {}
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise ConfigError(
            f"The config file {path}", "is not a mapping of names", "Start with a line like: prometheus:"
        )
    return cast("dict[str, object]", document)


def read_text(path: Path, what: str, *, missing: str | None = None) -> str:
    """The text of a small file; ``missing`` stands in for an absent one, None makes that an error.

    Raises:
        ConfigError: it cannot be read, is larger than 1 MiB or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise ConfigError(f"{what} {path}", "does not exist", "Correct the path, or create it.") from error
    except OSError as error:
        raise ConfigError(
            f"{what} {path}", f"cannot be read: {error.strerror}", "Let this user read it."
        ) from error
    if len(data) > _MAX_FILE:
        raise ConfigError(
            f"{what} {path}", f"is larger than {_MAX_FILE} bytes", "Point it at the right file."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{what} {path}", f"is not UTF-8 text: {error}", "Save it as UTF-8.") from error


def too_open(path: Path) -> str:
    """A warning when a file that holds secrets can be read by everybody, or nothing.

    Container engines mount secrets under /run/secrets for a single user's processes; there it means nothing.
    """
    if path.is_file() and open_to_world(path) and not path.is_relative_to("/run/secrets"):
        return f"{path} holds a secret and everybody on this machine can read it. Run: chmod 600 {path}"
    return ""


def _strict_loader() -> type[yaml.SafeLoader]:
    """A safe YAML loader that refuses a key that is written twice: the first would be lost unseen."""
    import yaml  # noqa: PLC0415 - only where there is such a file

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
            seen: set[object] = set()
            for key_node, _ in node.value:
                key = key_node.value
                if isinstance(key, str) and key in seen:
                    raise yaml.MarkedYAMLError(None, None, f"{key!r} is written twice", key_node.start_mark)
                seen.add(key if isinstance(key, str) else id(key_node))
            return cast("dict[Hashable, object]", super().construct_mapping(node, deep=deep))

    return Strict
