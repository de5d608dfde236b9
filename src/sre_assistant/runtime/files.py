"""Private files: written whole or not at all, and readable by their owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sre_assistant.domain.errors import ConfigError

_FOLDER = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, data: bytes) -> None:
    """Puts ``data`` at ``path`` with mode 0600; a reader sees the old file or the new one, never a part.

    Raises:
        ConfigError: the folder cannot be written.
    """
    with _draft(path, data) as draft:
        draft.replace(path)


def create_private(path: Path, data: bytes) -> bool:
    """Like ``write_private``, but leaves a file that is already there alone; tells whether it wrote.

    Of several processes that start at once exactly one creates the file, and none sees it half written.
    """
    with _draft(path, data) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    return True


@contextmanager
def _draft(path: Path, data: bytes) -> Iterator[Path]:
    """A finished private file beside ``path``, gone at the end unless it was moved there."""
    draft: Path | None = None
    try:
        path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def open_to_others(path: Path) -> bool:
    """Whether anybody but the owner may read, write or run the file."""
    return bool(path.stat().st_mode & _OTHERS)


def open_to_world(path: Path) -> bool:
    """Whether users outside the file's group may read, write or run it."""
    return bool(path.stat().st_mode & stat.S_IRWXO)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    """What to tell the operator when the state folder refuses a file."""
    return ConfigError(
        "SRE_STATE_DIR",
        f"cannot hold {path}: {error.strerror or error}",
        "Point it at a folder this user may write.",
    )
