"""Texts and YAML values turned into typed settings, or an error that says which, what and how to mend it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, NamedTuple, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.secret import Secret

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_MAX_PORT = 65_535
_MAX_SHOWN = 80
POSIX_ZONE = re.compile(r":?[A-Za-z<>+-]{3,}[+-]?\d[\d:]*.*")
"""A zone written as a rule (``CET-1CEST``): the C library knows it, the zone database does not."""


class Given(NamedTuple):
    """A value as somebody wrote it."""

    value: object
    setting: str
    """What they called it, e.g. ``PROMETHEUS_URL`` or ``prometheus.url``."""
    origin: str
    """Where they wrote it: ``environment``, a file or ``command line``."""
    rank: int
    """The higher wins: config file, env file, environment, command line."""


def is_secret(hint: object) -> bool:
    """Whether a field of this type must never be shown."""
    return Secret in _arms(hint)


def convert(given: Given, field: str, hint: object) -> object:
    """The typed value of a field.

    Args:
        given: what was written.
        field: the field's name; ``port`` and ``timezone`` have rules beyond their type.
        hint: the field's type.

    Raises:
        ConfigError: it is not of that type, or breaks the field's rule.
    """
    arms = _arms(hint)
    if get_origin(arms[0]) is Literal:
        return _choice(given, get_args(arms[0]))
    value = _READERS[arms[0]](given)
    rule = _RULES.get(field)
    if rule is not None:
        rule(given, value)
    return value


def written(given: Given) -> str:
    """The value as text; numbers and booleans of a YAML file are texts too.

    Raises:
        ConfigError: it is a list, a mapping or nothing.
    """
    if isinstance(given.value, bool):
        return "true" if given.value else "false"
    if isinstance(given.value, str | int | float):
        return str(given.value)
    raise ConfigError(given.setting, f"is {type(given.value).__name__} ({given.origin})", "Write one value.")


def _arms(hint: object) -> tuple[object, ...]:
    """The types a hint allows, without None."""
    if get_origin(hint) in {Union, UnionType}:
        return tuple(arm for arm in get_args(hint) if arm is not NoneType)
    return (hint,)


def _wrong(given: Given, remedy: str, problem: str = "") -> ConfigError:
    shown = bounded(repr(given.value), _MAX_SHOWN)
    return ConfigError(given.setting, f"is {shown}{problem} ({given.origin})", remedy)


def _text(given: Given) -> str:
    text = written(given).strip()
    if not text.isprintable():
        raise _wrong(given, "Write it without control characters.")
    return text


def _secret(given: Given) -> Secret:
    text = written(given)
    if not text.isprintable():
        raise ConfigError(
            given.setting,
            f"holds a line break or another control character ({given.origin})",
            "Write the secret alone.",
        )
    return Secret(text)


def _flag(given: Given) -> bool:
    text = written(given).strip().lower()
    if text not in _TRUE | _FALSE:
        raise _wrong(given, "Write true or false.")
    return text in _TRUE


def _whole(given: Given) -> int:
    try:
        number = int(written(given))
    except ValueError as error:
        raise _wrong(given, "Write a whole number.") from error
    if number < 0:
        raise _wrong(given, "Write a number that is not negative.")
    return number


def _number(given: Given) -> float:
    try:
        number = float(written(given))
    except ValueError as error:
        raise _wrong(given, "Write a number.") from error
    if not math.isfinite(number) or number <= 0:
        raise _wrong(given, "Write a number above 0.")
    return number


def _path(given: Given) -> Path:
    return Path(_text(given)).expanduser()


def _texts(given: Given) -> tuple[str, ...]:
    if isinstance(given.value, list):
        items = [_text(given._replace(value=item)) for item in given.value]
    else:
        items = [item.strip() for item in _text(given).split(",")]
    return tuple(item for item in items if item)


def _choice(given: Given, choices: tuple[str, ...]) -> str:
    text = _text(given).lower()
    if text not in choices:
        raise _wrong(given, f"Write one of: {', '.join(choices)}.")
    return text


def _check_port(given: Given, value: object) -> None:
    if not isinstance(value, int) or value > _MAX_PORT:
        raise _wrong(given, f"Write a port from 0 (any free one) to {_MAX_PORT}.")


def _check_zone(given: Given, value: object) -> None:
    if POSIX_ZONE.fullmatch(str(value)):
        return
    try:
        ZoneInfo(str(value).removeprefix(":"))
    except (OSError, ValueError, KeyError) as error:
        raise _wrong(given, "Write a zone name such as Europe/Berlin; tzdata must be installed.") from error


def _check_file(given: Given, value: object) -> None:
    if not Path(str(value)).is_file():
        raise _wrong(given, "Point it at a readable file.", ": no such file")


_READERS: Mapping[object, Callable[[Given], object]] = {
    str: _text,
    bool: _flag,
    int: _whole,
    float: _number,
    Path: _path,
    Secret: _secret,
    tuple[str, ...]: _texts,
}
_RULES: Mapping[str, Callable[[Given, object], None]] = {
    "port": _check_port,
    "timezone": _check_zone,
    "ca_cert": _check_file,
}
