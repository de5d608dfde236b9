"""Bundles: everything one task asked and heard, in one private file that replays it offline."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import msgspec

from sre_assistant import __version__
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import CallError, ConfigError, SourceError
from sre_assistant.kit import codec
from sre_assistant.kit.recording import Exchange
from sre_assistant.kit.redaction import bounded
from sre_assistant.runtime import discovery
from sre_assistant.runtime.files import write_private
from sre_assistant.runtime.settings import System
from sre_assistant.workflows.investigate import Selection

SCHEMA = 1
SUFFIX = ".bundle"
_MAX_FILE = 64 * 1024 * 1024
MAX_CONTENT = 128 * 1024 * 1024
_PLAIN = (str, bool, int, float, tuple[str, ...])
_WHO_WE_ARE = frozenset({"username"})
_GZIP = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for."""

    command: Literal["investigate", "ask"]
    selection: Selection = field(default_factory=Selection)
    question: str = ""
    previous: Answer | None = None
    """The answer that the question followed."""
    session_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSystem:
    """A system as it was configured, without anything secret."""

    name: str
    kind: str
    settings: Mapping[str, str | bool | int | float | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The content of a bundle file. The JSON form is this class, field by field."""

    schema: int = SCHEMA
    program: str = __version__
    """The version that recorded it."""
    asked: Asked
    at: datetime
    """What the assistant's clock said."""
    ids: tuple[str, ...]
    """The ids that were handed out, in order."""
    site: str
    zone: str
    """Name or offset of the time zone that answers were worded in."""
    systems: tuple[RecordedSystem, ...]
    exchanges: tuple[Exchange, ...]
    result: str
    """SHA-256 of the result's JSON, by which a replay tells whether it came to the same."""


def digest(result: bytes) -> str:
    """What ``Bundle.result`` holds for a result."""
    return hashlib.sha256(result).hexdigest()


def save(bundle: Bundle, path: Path) -> None:
    """Writes the file, private and whole; the same bundle gives the same bytes.

    Raises:
        ConfigError: the folder cannot be written.
    """
    write_private(path, gzip.compress(codec.encode(bundle), mtime=0))


def load(path: Path) -> Bundle:
    """Reads a bundle, which may come from anybody.

    Raises:
        CallError: it is no bundle, of an unknown version, too large, or does not hold together.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise CallError(f"the bundle {str(path)!r} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_FILE:
        raise CallError(f"{str(path)!r} is larger than any bundle ({_MAX_FILE} bytes).")
    try:
        bundle = codec.decode(_unpacked(data, path), Bundle)
    except codec.DecodeError as error:
        raise CallError(f"{str(path)!r} is no bundle: {bounded(str(error), 200)}") from error
    _check(bundle, path)
    return bundle


def folder(state_dir: Path) -> Path:
    """Where bundles are kept."""
    return state_dir / "bundles"


def located(name: str, state_dir: Path) -> Path:
    """The file meant: a path, or the bare name of a bundle that is kept."""
    path = Path(name)
    kept = folder(state_dir) / f"{path.name}{SUFFIX}"
    return kept if path.name == name and not path.exists() and kept.exists() else path


def recorded_system(system: System) -> RecordedSystem:
    """A system's settings as far as they can shape its answers: no secret, no path, no user name."""
    return RecordedSystem(
        name=system.name,
        kind=system.kind,
        settings={name: getattr(system.config, name) for name in _plain_fields(type(system.config))},
    )


def restored_system(recorded: RecordedSystem) -> System:
    """The system again, to be connected to a replayed wire.

    Raises:
        CallError: this program does not know such a system, or its settings make no sense.
    """
    if recorded.kind not in {manifest.kind for manifest in discovery.manifests()}:
        raise CallError(
            f"the bundle speaks of a system of the kind {bounded(recorded.kind, 80)!r}, unknown here."
        )
    kind = discovery.config_type(recorded.kind)
    known = _plain_fields(kind)
    settings = {}
    for name, value in recorded.settings.items():
        try:
            settings[name] = msgspec.convert(value, known[name])
        except (KeyError, msgspec.ValidationError) as error:
            raise CallError(f"the bundle gives {recorded.kind} a setting {name!r} it cannot have.") from error
    try:
        config = kind(**settings)
    except (ConfigError, TypeError) as error:
        raise CallError(f"the bundle's settings of {recorded.kind} make no sense: {error}") from error
    return System(name=recorded.name, kind=recorded.kind, config=config)


def prune(kept: Path, most: int) -> None:
    """Deletes all but the newest bundles of a folder; their names begin with their time."""
    for path in sorted(kept.glob(f"*{SUFFIX}"), reverse=True)[most:]:
        path.unlink(missing_ok=True)


def _plain_fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {
        one.name: hints[one.name]
        for one in fields(kind)
        if (hints[one.name] in _PLAIN or get_origin(hints[one.name]) is Literal)
        and one.name not in _WHO_WE_ARE
    }


def _unpacked(data: bytes, path: Path) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpacker.decompress(data, MAX_CONTENT)
    except zlib.error as error:
        raise CallError(f"{str(path)!r} is no bundle: it is not gzip ({error}).") from error
    if unpacker.unconsumed_tail:
        raise CallError(f"{str(path)!r} is no bundle: unpacked it is larger than {MAX_CONTENT} bytes.")
    if not unpacker.eof or unpacker.unused_data:
        raise CallError(f"{str(path)!r} is no bundle: it is cut off, or something follows it.")
    return content


def _check(bundle: Bundle, path: Path) -> None:
    """Refuses what the types allow but a replay could not use."""
    problem = ""
    names = [system.name for system in bundle.systems]
    if bundle.schema != SCHEMA:
        problem = f"it has schema {bundle.schema}, this program ({__version__}) reads {SCHEMA}"
    elif len(set(names)) != len(names):
        problem = "two of its systems have one name"
    elif bundle.at.tzinfo is None:
        problem = "its time has no zone"
    elif not all(_sound(exchange) for exchange in bundle.exchanges):
        problem = "an exchange in it has neither an answer nor a known error"
    if problem:
        raise CallError(f"{str(path)!r} cannot be replayed: {problem}.")


def _sound(exchange: Exchange) -> bool:
    if exchange.error:
        return exchange.error in {kind.__name__ for kind in SourceError.__subclasses__()}
    try:
        base64.b64decode(exchange.base64, validate=True)
    except (binascii.Error, ValueError):
        return False
    return 100 <= exchange.status <= 599
