"""Every setting, where it came from, and what is wrong with it: the only reader of the environment.

Flags win over the environment, that over ``.env`` in the working directory, that over ``config.yaml``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime import discovery
from sre_assistant.runtime.fields import Fields, Filled
from sre_assistant.runtime.layers import from_dotenv, from_environment, from_flags, from_yaml, too_open
from sre_assistant.runtime.names import check_keys, check_names
from sre_assistant.runtime.values import POSIX_ZONE, Given
from sre_assistant.runtime.zones import machine_zone

APP = "sre-assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What concerns the assistant itself. Each field's metadata ``doc`` is its line in the reference."""

    host: str = field(default="127.0.0.1", metadata={"doc": "Address that `sre serve` listens on."})
    port: int = field(default=8000, metadata={"doc": "Port that `sre serve` listens on; 0 takes a free one."})
    state_dir: Path = field(metadata={"doc": "Folder of the API token, bundles and sessions."})
    token: Secret | None = field(
        default=None, metadata={"doc": "Token of the HTTP API; one is made on the first start otherwise."}
    )
    allowed_hosts: tuple[str, ...] = field(
        default=(), metadata={"doc": "Further names the API may be called by, separated by commas."}
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata={"doc": "Least severe log line that `sre serve` writes."}
    )
    site: str = field(default="home", metadata={"doc": "Name of the house this installation looks after."})
    timezone: str = field(
        default="", metadata={"doc": "Zone of the times on screen; otherwise the machine's own."}
    )

    @property
    def zone(self) -> tzinfo:
        """The zone to show times in."""
        named = self.timezone and not POSIX_ZONE.fullmatch(self.timezone)
        return ZoneInfo(self.timezone.removeprefix(":")) if named else machine_zone()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system to connect to."""

    name: str
    kind: str
    config: object
    """The integration's own frozen settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One effective setting, fit to be shown."""

    setting: str
    value: str
    """Hidden for a secret."""
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that is configured."""

    own: Own
    systems: tuple[System, ...] = ()
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()
    config_file: Path
    """Where ``config.yaml`` was looked for."""


def ambient() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ  # noqa: TID251 - the one place; everything else is handed its settings


def load(
    environ: Mapping[str, str], *, flags: Mapping[str, str] | None = None, folder: Path = Path()
) -> Settings:
    """Reads, merges and checks all settings.

    Args:
        environ: the environment, as a mapping.
        flags: settings given on the command line, by their environment name.
        folder: where ``.env`` is looked for.

    Raises:
        ConfigError: a value is wrong, a name is unknown, or settings contradict each other.
    """
    environment, dotenv = from_environment(environ), from_dotenv(folder / ".env")
    flat = {**dotenv, **environment, **from_flags(flags or {})}
    path = config_path(flat)
    document = from_yaml(path, required="SRE_CONFIG" in flat)

    own_fields = own_table(environ)
    tables = _system_tables(flat, document)
    check_names(environment, dotenv, own_fields, tuple(tables.values()))
    check_keys(document, path, own_fields, tuple(manifest.kind for manifest in discovery.manifests()))

    own = own_fields.fill(own_fields.merged(_own_part(document, own_fields), flat, str(path)))
    systems, passed_over = _connectable(tables, document, flat, str(path))
    return Settings(
        own=cast("Own", own.value),
        systems=tuple(
            System(name=name, kind=kind, config=filled.value) for name, kind, filled in _unique(systems)
        ),
        lines=tuple(
            Line(setting=line.setting, value=line.value, origin=line.origin)
            for filled in (own, *(system[2] for system in systems))
            for line in filled.lines
        ),
        warnings=(
            *passed_over,
            *_warnings((own, *(system[2] for system in systems)), folder / ".env", path),
        ),
        config_file=path,
    )


def config_path(flat: Mapping[str, Given]) -> Path:
    """Where the config file is: ``SRE_CONFIG``, or the XDG place."""
    if "SRE_CONFIG" in flat:
        return Path(str(flat["SRE_CONFIG"].value)).expanduser()
    return _xdg(flat, "XDG_CONFIG_HOME", ".config") / "config.yaml"


def own_table(environ: Mapping[str, str]) -> Fields:
    """The table of the assistant's own settings; the state folder depends on the user's environment."""
    state_dir = _xdg(from_environment(environ), "XDG_STATE_HOME", ".local/state")
    return Fields.of(
        Own,
        prefix="SRE",
        section="",
        renamed={"timezone": "TZ"},
        aliases={"SRE_API_PORT": "port"},
        defaults={"state_dir": state_dir},
        extra=("SRE_CONFIG",),
    )


def system_table(manifest: discovery.Manifest) -> Fields:
    """The table of one integration's settings; imports its config module."""
    return Fields.of(
        discovery.config_type(manifest.kind),
        prefix=manifest.env_prefix,
        section=manifest.kind,
        aliases=manifest.aliases,
        extra=manifest.foreign,
    )


_Found = tuple[str, str, Filled]


def _system_tables(flat: Mapping[str, Given], document: Mapping[str, object]) -> dict[str, Fields]:
    """The tables of the integrations that are mentioned anywhere; the others stay unimported."""
    return {
        manifest.kind: system_table(manifest)
        for manifest in discovery.manifests()
        if manifest.kind in document
        or any(name.startswith(f"{manifest.env_prefix}_") or name in manifest.aliases for name in flat)
    }


def _own_part(document: Mapping[str, object], table: Fields) -> dict[str, object]:
    return {key: value for key, value in document.items() if key in table.keys}


def _connectable(
    tables: Mapping[str, Fields], document: Mapping[str, object], flat: Mapping[str, Given], path: str
) -> tuple[list[_Found], list[str]]:
    """All configured systems, and why one is not that only other programs' names speak of.

    ``DOCKER_HOST`` and ``KUBECONFIG`` are there for other programs: what they say may be of no use here, and
    must not keep everything else from working. With nothing else configured it is an error as any other.
    """
    manifests = {manifest.kind: manifest for manifest in discovery.manifests()}
    found: list[_Found] = []
    passed_over: list[tuple[str, ConfigError]] = []
    for kind, table in tables.items():
        manifest, mentioned = manifests[kind], set(table.mentioned(flat))
        borrowed = kind not in document and mentioned <= {*manifest.aliases, *manifest.shared}
        if borrowed and not mentioned & set(manifest.aliases):
            continue
        try:
            found += _systems(kind, table, document, flat, path)
        except ConfigError as error:
            if not borrowed:
                raise
            names = ", ".join(sorted(mentioned))
            passed_over.append((f"{manifest.title} is not connected, though {names} is set", error))
    if passed_over and not found:
        raise passed_over[0][1]
    return found, [f"{what}: {error}" for what, error in passed_over]


def _systems(
    kind: str, table: Fields, document: Mapping[str, object], flat: Mapping[str, Given], path: str
) -> list[_Found]:
    """The configured systems of one kind: at most one from the environment, any number from the file."""
    node = document.get(kind)
    overrides = table.mentioned(flat)
    if node is None:
        if not overrides:
            return []
        return [(kind, kind, table.fill(table.merged({}, flat, path)))]
    entries = _entries(node, kind, path)
    if overrides and len(entries) > 1 and kind not in {name for name, _ in entries}:
        raise ConfigError(
            overrides[0],
            f"is set, but {path} lists several systems under {kind!r} and none is named {kind!r}",
            "Remove it, or name the one it is meant for.",
        )
    found = []
    for name, entry in entries:
        meant = len(entries) == 1 or name == kind
        label = kind if len(entries) == 1 else f"{kind}[{name}]"
        merged = table.named(label).merged(entry, flat if meant else {}, path)
        found.append((name, kind, table.named(label).fill(merged)))
    return found


def _entries(node: object, kind: str, path: str) -> list[tuple[str, dict[str, object]]]:
    nodes = node if isinstance(node, list) else [node]
    entries = []
    for entry in nodes:
        if not isinstance(entry, dict):
            raise ConfigError(
                kind, f"is {entry!r} ({path})", f"Write it as\n  {kind}:\n    url: http://{kind}.lan"
            )
        rest = {str(key): value for key, value in entry.items() if key != "name"}
        name = entry.get("name", kind if len(nodes) == 1 else None)
        if not isinstance(name, str) or not name.isprintable() or not name.strip():
            raise ConfigError(
                f"{kind}.name", f"is {name!r} ({path})", "Give each of several systems a name of its own."
            )
        entries.append((name, rest))
    return entries


def _unique(systems: Sequence[_Found]) -> Sequence[_Found]:
    seen: set[str] = set()
    for name, kind, _ in systems:
        if name in seen:
            raise ConfigError(
                f"{kind}.name", f"{name!r} is used by two systems", "Give each a name of its own."
            )
        seen.add(name)
    return systems


def _warnings(filled: Sequence[Filled], dotenv: Path, config: Path) -> tuple[str, ...]:
    """What is allowed but unwise: files with secrets that everybody may read."""
    places = {str(dotenv): dotenv, str(config): config}
    files = {path for one in filled for path in one.secret_files}
    files |= {places[origin] for one in filled for origin in one.secret_origins if origin in places}
    found = (too_open(path) for path in sorted(files))
    return tuple(warning for warning in found if warning)


def _xdg(flat: Mapping[str, Given], variable: str, otherwise: str) -> Path:
    """A folder of ours below an XDG base; a relative base is ignored, as that specification asks."""
    base = Path(str(flat[variable].value)) if variable in flat else None
    if base is None or not base.is_absolute():
        home = Path(str(flat["HOME"].value)) if "HOME" in flat else Path.home()
        base = home / otherwise
    return base / APP
