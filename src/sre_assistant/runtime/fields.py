"""A table of settings made from a dataclass: its names, its types, and how it is filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple, get_type_hints

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime.layers import CONFIG, read_text
from sre_assistant.runtime.names import nearest
from sre_assistant.runtime.values import Given, convert, is_secret, written

DEFAULT = "default"
_HIDDEN = "(hidden)"


class Effective(NamedTuple):
    """One setting as it took effect, fit to be shown."""

    setting: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A finished dataclass with the story of its fields."""

    value: object
    lines: tuple[Effective, ...]
    secret_files: tuple[Path, ...]
    """Files that were named to hold a secret."""
    secret_origins: tuple[str, ...]
    """Where secrets were written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The settings of one dataclass."""

    kind: type
    prefix: str
    section: str
    """What its settings begin with in the config file; empty for the top level."""
    hints: Mapping[str, object]
    """Type by field name."""
    names: Mapping[str, str]
    """Field by environment name, aliases and ``_FILE`` names included."""
    keys: Mapping[str, str]
    """Field by config file key, ``_file`` keys included."""
    defaults: Mapping[str, object] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    """Names that are known but fill no field."""

    @classmethod
    def of(
        cls,
        kind: type,
        *,
        prefix: str,
        section: str,
        renamed: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        defaults: Mapping[str, object] | None = None,
        extra: tuple[str, ...] = (),
    ) -> Fields:
        """The table for a dataclass whose fields are all settings."""
        hints = get_type_hints(kind)
        names: dict[str, str] = {}
        keys: dict[str, str] = {}
        for one in fields(kind):
            name = (renamed or {}).get(one.name, f"{prefix}_{one.name.upper()}")
            names[name] = keys[one.name] = one.name
            if is_secret(hints[one.name]):
                names[f"{name}_FILE"] = keys[f"{one.name}_file"] = one.name
        return cls(
            kind=kind,
            prefix=prefix,
            section=section,
            hints=hints,
            names=names | dict(aliases or {}),
            keys=keys,
            defaults=defaults or {},
            extra=extra,
        )

    def named(self, section: str) -> Fields:
        """The same table under another heading of the config file."""
        return replace(self, section=section)

    def mentioned(self, flat: Mapping[str, Given]) -> tuple[str, ...]:
        """Which of this table's environment names are set."""
        return tuple(name for name in self.names if name in flat)

    def merged(self, entry: Mapping[str, object], flat: Mapping[str, Given], path: str) -> dict[str, Given]:
        """The winning value of each field: flat settings over the config file's entry.

        Raises:
            ConfigError: a key is unknown, or a setting is written twice in one place.
        """
        found: dict[str, Given] = {}
        for key, value in entry.items():
            setting = f"{self.section}.{key}" if self.section else key
            if key not in self.keys:
                raise ConfigError(f"{setting} in {path}", "is not a setting", nearest(key, tuple(self.keys)))
            if value is not None:
                self._put(found, self.keys[key], Given(value, setting, path, CONFIG))
        for name in self.names:
            if name in flat:
                self._put(found, self.names[name], flat[name])
        return found

    def fill(self, merged: Mapping[str, Given]) -> Filled:
        """The finished dataclass.

        Raises:
            ConfigError: a value is wrong or a required one is missing.
        """
        values: dict[str, object] = dict(self.defaults)
        lines: list[Effective] = []
        files: list[Path] = []
        origins: list[str] = []
        for one in fields(self.kind):
            given, secret = merged.get(one.name), is_secret(self.hints[one.name])
            if given is None:
                lines += self._default(one.name, values, secret=secret)
                continue
            if secret and _names_a_file(given):
                path = Path(written(given)).expanduser()
                files.append(path)
                given = given._replace(value=_file_secret(path, given.setting))
            elif secret:
                origins.append(given.origin)
            values[one.name] = convert(given, one.name, self.hints[one.name])
            shown = _HIDDEN if secret else _shown(values[one.name])
            lines.append(Effective(given.setting, shown, given.origin))
        return Filled(
            value=self.kind(**values),
            lines=tuple(lines),
            secret_files=tuple(files),
            secret_origins=tuple(origins),
        )

    def environment_name(self, field_name: str) -> str:
        """What a field is called in the environment."""
        return next(name for name, known in self.names.items() if known == field_name)

    def _default(self, name: str, values: Mapping[str, object], *, secret: bool) -> list[Effective]:
        one = next(one for one in fields(self.kind) if one.name == name)
        if name in values:
            default = values[name]
        elif one.default is not MISSING:
            default = one.default
        else:
            raise ConfigError(
                self.environment_name(name),
                f"is not set, but another setting of {self.section or 'it'} is",
                f"Set it, e.g. {self.environment_name(name)}=http://{self.section}.lan",
            )
        if default is None or secret:
            return []
        return [Effective(self.environment_name(name), _shown(default), DEFAULT)]

    def _put(self, found: dict[str, Given], name: str, given: Given) -> None:
        """Keeps what ranks higher; one place that says two different things is an error."""
        before = found.get(name)
        if before is not None and before.rank == given.rank and before.value != given.value:
            raise ConfigError(
                given.setting, f"and {before.setting} are both set ({given.origin})", "Keep one of the two."
            )
        if before is None or given.rank >= before.rank:
            found[name] = given


def _names_a_file(given: Given) -> bool:
    return given.setting.lower().endswith("_file")


def _file_secret(path: Path, setting: str) -> str:
    secret = read_text(path, f"{setting}:").strip("\r\n")
    if not secret:
        raise ConfigError(setting, f"names an empty file: {path}", "Write the secret into it.")
    return secret


def _shown(value: object) -> str:
    if isinstance(value, Secret):
        return _HIDDEN
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
