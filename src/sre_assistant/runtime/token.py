"""The API's own token: made once, kept private, read ever after."""

from __future__ import annotations

import secrets
from pathlib import Path

from sre_assistant.domain.errors import ConfigError
from sre_assistant.runtime.files import create_private, open_to_others

MIN_LENGTH = 20
_MAX_LENGTH = 4096
_BYTES = 32


def token_path(state_dir: Path) -> Path:
    """Where the token is kept."""
    return state_dir / "api-token"


def ensure_token(state_dir: Path) -> str:
    """The token, created on the first call.

    Raises:
        ConfigError: the file is open to others, too short to be a secret, or cannot be read or written.
    """
    path = token_path(state_dir)
    if not path.exists():
        create_private(path, f"{secrets.token_urlsafe(_BYTES)}\n".encode())
    return read_token(path)


def read_token(path: Path) -> str:
    """The token in a private file.

    Raises:
        ConfigError: the file is missing, open to others, or holds no usable token.
    """
    setting = "The API token"
    try:
        if open_to_others(path):
            mode = path.stat().st_mode & 0o777
            raise ConfigError(
                setting, f"in {path} can be read by others (mode {mode:04o})", f"Run: chmod 600 {path}"
            )
        with path.open("rb") as file:
            data = file.read(_MAX_LENGTH + 1)
    except OSError as error:
        raise ConfigError(
            setting, f"cannot be read from {path}: {error.strerror}", "Start `sre serve` once to create it."
        ) from error
    return usable_token(data, setting, str(path))


def usable_token(data: bytes, setting: str, place: str) -> str:
    """The token in ``data`` once it is known to be fit for a header and long enough to resist guessing.

    Raises:
        ConfigError: it is not.
    """
    try:
        token = data.strip().decode("ascii")
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or " " in token or not MIN_LENGTH <= len(token) <= _MAX_LENGTH:
        raise ConfigError(
            setting,
            f"in {place} is not a token ({MIN_LENGTH} to {_MAX_LENGTH} ASCII characters without spaces)",
            "Make one with: openssl rand -hex 32",
        )
    return token
