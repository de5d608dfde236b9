"""The content of kubeconfig files, found and merged as kubectl merges them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.redaction import bounded, redact

LARGEST: Final = 1024 * 1024
"""Bytes of a file that is read."""
_MOST_FILES: Final = 20


class Cluster(msgspec.Struct, rename="kebab"):
    """Where an API server is, and who signed its certificate."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""


class User(msgspec.Struct, rename="kebab"):
    """Who asks, in one of many ways."""

    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    username: str = ""
    password: str = ""
    exec: dict[str, object] | None = None
    auth_provider: dict[str, object] | None = None
    impersonated: str = msgspec.field(name="as", default="")


class Context(msgspec.Struct):
    """A cluster and a user that go together."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: Cluster | None = None


class _NamedUser(msgspec.Struct):
    name: str
    user: User | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: Context | None = None


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


N = TypeVar("N", bound=_Named)


@dataclass(frozen=True, slots=True)
class Merged:
    """All files as one; each entry with the folder that its relative paths start from."""

    current: str
    clusters: dict[str, tuple[_NamedCluster, Path]]
    users: dict[str, tuple[_NamedUser, Path]]
    contexts: dict[str, tuple[_NamedContext, Path]]


def read_files(paths: str, setting: str, *, needed: bool) -> Merged | None:
    """All files, the first to name something wins; None when there is none and none is needed."""
    names = [name for name in paths.split(os.pathsep) if name]
    if len(names) > _MOST_FILES:
        raise ConfigError(setting, f"names {len(names)} files", f"Name at most {_MOST_FILES}.")
    there = [path for path in (Path(name).expanduser() for name in names) if path.exists()]
    if not there and not needed:
        return None
    if not there:
        raise ConfigError(
            setting, f"is {paths!r}: there is no such file", "Point it at a kubeconfig, e.g. ~/.kube/config."
        )
    merged = Merged("", {}, {}, {})
    current = ""
    for path in there:
        file, folder = _parsed(path, setting), path.absolute().parent
        current = current or file.current_context or ""
        _add(merged.clusters, file.clusters, folder)
        _add(merged.users, file.users, folder)
        _add(merged.contexts, file.contexts, folder)
    return Merged(current, merged.clusters, merged.users, merged.contexts)


def _add(known: dict[str, tuple[N, Path]], more: Sequence[N] | None, folder: Path) -> None:
    for one in more or ():
        known.setdefault(one.name, (one, folder))


def _parsed(path: Path, setting: str) -> _File:
    import yaml  # noqa: PLC0415  costs 15 ms; only who has a kubeconfig pays

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(
            setting, f"names {path}, which cannot be read: {error.strerror}", "Let us read it."
        ) from error
    if len(data) > LARGEST:
        raise ConfigError(
            setting, f"names {path}, which is larger than any kubeconfig (1 MiB)", "Name another file."
        )
    try:
        loaded: Any = yaml.safe_load(data)
        return msgspec.convert(loaded, _File)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise ConfigError(
            setting, f"names {path}, which is no YAML{line}", "Write it again, or name another file."
        ) from error
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        problem = bounded(redact(str(error)), 200)
        raise ConfigError(
            setting, f"names {path}, which is no kubeconfig: {problem}", "Name another file."
        ) from error
